/* rating_times.js - what each rating asks for: how long computers may take, how long an update soaks
 *
 * ratingsTable(items) and changeRatings(page, items), which is true when something was changed.
 */
import { post } from "../api.js";
import { ask } from "./ask.js";
import { rating } from "./badge.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { ratingWord } from "./rating.js";
import { table } from "./table.js";
import { count, duration } from "./words.js";

const HOUR_S = 3600, DAY_S = 86400;

/* As people say it: 90 days, not "2 months 29 days". */
const spell = (seconds) => (seconds > 0 && seconds % DAY_S === 0 ? count(seconds / DAY_S, "day") :
	duration(seconds));

const allowed = (seconds) => (seconds === null ? "no deadline" :
	seconds === 0 ? "none: at once" : spell(seconds));

export function ratingsTable(items) {
	return table({ caption: "Ratings", items, columns: [
		{ name: "rating", label: "Rating", cell: (one) =>
			(one.rating === "none" ? ratingWord("none") : rating(one.rating)) },
		{ name: "allow_s", label: "Time allowed", cell: (one) => allowed(one.allow_s) },
		{ name: "soak_s", label: "Soaks in certification", cell: (one) =>
			(one.soak_s === 0 ? "not at all" : spell(one.soak_s)) },
	] }).root;
}

/* A time as a number of days or hours, whatever is whole. */
function timeField(text, seconds) {
	const unit = seconds % DAY_S === 0 ? DAY_S : HOUR_S;
	const one = field({
		label: `${text} (${unit === DAY_S ? "days" : "hours"})`, type: "number", min: 0,
		max: 3650, step: "any", required: true, value: String(seconds / unit),
		validate: (value) => (value !== "" && Number(value) >= 0 ? null :
			`${text}: a number from 0`),
	});

	return { ...one, get value() {
		return Math.round(Number(one.value) * unit);
	} };
}

export function changeRatings(page, items) {
	const lines = items.map((one) => ({
		one,
		allow: one.allow_s !== null && timeField("Time allowed", one.allow_s),
		soak: timeField("Soaks", one.soak_s),
	}));

	return ask({
		page, title: "Times of the ratings", label: "Change", tone: "primary",
		body: [h("p", null, "Deadlines of what is approved already, and what counts as overdue, follow " +
			 "from this at once."),
			lines.map(({ one, allow, soak }) => h("fieldset", null,
				h("legend", null, ratingWord(one.rating)),
				h("div", { class: "two-up" }, allow && allow.root, soak.root)))],
		run: () => checkAll(lines.flatMap(({ allow, soak }) => [allow, soak]).filter(Boolean)) &&
			post("settings", { ratings: lines.map(({ one, allow, soak }) => ({
				rating: one.rating, soak_s: soak.value,
				...(allow ? { allow_s: allow.value } : {}) })) }),
		said: "Changed the times of the ratings",
	});
}
