/* words.js - numbers, sizes and times in the words people use
 *
 * Moments are seconds since 1970, as the API gives them; 0 is "never". They are shown in the
 * viewer's zone, with UTC on hover. refreshTimes() brings "3 minutes ago" up to date.
 */
import { h } from "./dom.js";

const NUMBER = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", {
	weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC",
});
const MOMENT = new Intl.DateTimeFormat("en-GB", {
	day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});
const UNITS = [
	["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600],
	["minute", 60],
];

/** 1234567 -> "1,234,567"; null -> "–" */
export function number(n) {
	return n === null || n === undefined ? "–" : NUMBER.format(n);
}

/** (1, "computer") -> "1 computer"; (2, "computer") -> "2 computers" */
export function count(n, one, many = `${one}s`) {
	return `${number(n)} ${n === 1 ? one : many}`;
}

/** A part of a whole as "97.3 %"; never "100 %" or "0 %" where that is only rounded. */
export function share(part, whole) {
	if (!whole)
		return "–";
	const percent = (100 * part) / whole;

	if (percent > 99.9 && percent < 100)
		return "> 99.9 %";
	if (percent > 0 && percent < 0.1)
		return "< 0.1 %";
	return `${SHORT.format(percent)} %`;
}

/** 1234567 -> "1.2 MB" */
export function bytes(n) {
	if (n === null || n === undefined)
		return "–";
	let power = 0;

	for (; n >= 999.5 && power < 5; power++)
		n /= 1000;
	return power === 0 ? count(n, "byte") : `${SHORT.format(n)} ${"kMGTP"[power - 1]}B`;
}

/** 604800 -> "1 week"; what is left over is said by the next unit: "1 day 4 hours" */
export function duration(seconds) {
	if (seconds < 60)
		return count(Math.max(0, Math.round(seconds)), "second");
	const at = UNITS.findIndex(([name, size]) =>
		seconds >= size && name !== "week" || seconds === size);
	const [name, size] = UNITS[at];
	const whole = Math.floor(seconds / size);
	const smaller = UNITS.slice(at + 1).find((unit) => unit[0] !== "week");
	const rest = smaller ? Math.floor((seconds - whole * size) / smaller[1]) : 0;

	return count(whole, name) + (rest && whole < 10 ? ` ${count(rest, smaller[0])}` : "");
}

/** "3 minutes ago", "in 2 hours", "yesterday" */
export function ago(at, now = Date.now() / 1000) {
	const passed = at - now;
	const unit = UNITS.find(([, size]) => Math.abs(passed) >= size);

	if (!unit)
		return passed > 0 ? "in a moment" : "just now";
	/* what is to come is rounded: "in 7 days", not "in 6 days" a second later */
	return RELATIVE.format(passed > 0 ? Math.round(passed / unit[1]) : Math.trunc(passed / unit[1]),
			       unit[0]);
}

/** "2026-11-25 13:03:22 UTC" */
export function utc(at) {
	return `${new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** "25 Nov 2026, 14:03" in the viewer's zone */
export function moment(at) {
	return MOMENT.format(new Date(at * 1000));
}

/** "Wednesday, 25 November 2026" of "2026-11-25" */
export function dayName(day) {
	const date = new Date(`${day}T00:00:00Z`);

	return Number.isNaN(date.getTime()) ? String(day) : WEEKDAY.format(date);
}

/** "25 Nov 2026" of "2026-11-25" */
export function shortDay(day) {
	return DAY.format(new Date(`${day}T12:00:00`));
}

const FORMS = {
	ago,
	moment,
	day: (at) => DAY.format(new Date(at * 1000)),
};

/** Who did it, with a name for the server that did it by itself. */
export const who = (person) => h("bdi", null, person === "schedule" ? "the server" : person);

/** A <time>: form is "ago", "moment" or "day"; `never` stands for 0. */
export function time(at, form = "ago", never = "never") {
	if (!at)
		return h("span", { class: "none" }, never);
	const title = form === "ago" ? `${moment(at)} (${utc(at)})` : utc(at);

	return h("time", { datetime: new Date(at * 1000).toISOString(), title,
			   "data-ago": form === "ago" && at }, FORMS[form](at));
}

/** Brings the relative times in the document up to date. */
export function refreshTimes() {
	for (const element of document.querySelectorAll("time[data-ago]"))
		element.textContent = ago(Number(element.dataset.ago));
}
