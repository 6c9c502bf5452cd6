/* curves.js - how coverage came about since approval: curves, their choice, and the same in figures
 *
 * curvesCard(page, updates) is { root, load(background) }: which curves is the link's to say.
 */
import { get } from "../api.js";
import { curves, styleOf } from "../charts.js";
import { fill, h } from "./dom.js";
import { loading } from "./notice.js";
import { ratingWord } from "./rating.js";
import { table } from "./table.js";
import { shortName } from "./update.js";
import { number, share, time } from "./words.js";

const CHOICES = [["all", "All updates together"], ["rating", "By rating"], ["channel", "By channel"],
		 ["update", "One update"]];
const TONES = { critical: "--fill-bad", high: "--fill-warn", medium: "--fill-note", low: "--edge" };

/* An update has a line in each of its channels. */
const NAMES = { all: "all updates", none: ratingWord("none") };
const lineName = (line) => NAMES[line.name] ??
	shortName(line.name) + (line.channel ? ` in ${line.channel}` : "");

/* The line of the chart that a line of the history is. */
function curve(line) {
	return {
		name: lineName(line), tone: TONES[line.name], deadline_at: line.deadline_at,
		points: line.points.filter((point) => point.computers > 0).map((point) => ({
			at: point.at, share: (100 * point.covered) / point.computers })),
	};
}

function swatch(i, tone) {
	const mark = h("span", { class: "swatch", "aria-hidden": "true" });
	const style = styleOf(i, tone);

	mark.style.borderTopColor = `var(${style.tone})`;
	mark.style.borderTopStyle = style.dash.length > 0 ? "dashed" : "solid";
	return mark;
}

/* The legend, which says the same in figures. */
function legend(lines) {
	const last = (line) => line.points.at(-1) ?? {};
	const figure = (name, label) => ({ name, label, kind: "number",
					   cell: (line) => number(last(line)[name]) });

	return table({ caption: "The curves in figures, as of now", items: lines, columns: [
		{ name: "name", label: "Curve", cell: (line) => [
			swatch(lines.indexOf(line), TONES[line.name]), h("bdi", null,
				lineName(line))] },
		{ name: "share", label: "Covered", kind: "number", cell: (line) =>
			share(last(line).covered, last(line).computers) },
		figure("open", "Not covered"), figure("failed", "Failed"), figure("silent", "Silent"),
		{ name: "deadline_at", label: "Deadline", cell: (line) =>
			time(line.deadline_at, "ago", "–") },
	] }).root;
}

/* Which curves: two lists whose state is the link's. */
function chooser(page, updates, by) {
	const list = (label, options, value, name) => h("label", { class: "filter" }, h("span", null,
		label), h("select", { value, onchange: (event) => page.go({
			name: null, [name]: event.target.value }) },
		options.map(([of, text]) => h("option", { value: of }, text))));
	const names = [...new Set(updates.map((one) => one.name))];

	return h("div", { class: "filters" }, list("Curves", CHOICES, by, "by"),
		 by === "update" && names.length > 0 && list("Update",
			names.map((name) => [name, shortName(name)]),
			page.query.get("name") ?? names[0], "name"));
}

export async function curvesCard(page, updates) {
	const by = page.query.get("by") ?? "all";
	const name = by === "update" ? page.query.get("name") ?? updates[0]?.name : null;
	const place = h("div");
	let chart = null;

	async function load(background) {
		const { lines } = await get("coverage-history", { by, name },
					    { signal: page.signal, background });
		const drawn = lines.map(curve);

		if (!lines.some((line) => line.points.length > 0)) {
			fill(place, h("p", { class: "quiet" }, "Nothing is known of the past yet: the " +
				"curves begin with the first computers that report."));
			chart = null;
		} else if (chart) {
			chart.update(drawn);
			place.lastChild.replaceWith(legend(lines));
		} else {
			chart = await curves({ lines: drawn, signal: page.signal,
					       label: "Share of computers covered over time; the " +
						      "table below has the figures" });
			fill(place, chart.root, legend(lines));
		}
	}

	return { load, root: h("section", { class: "card" },
			       h("h2", null, "Covered since approval"),
			       chooser(page, updates, by), loading(place),
			       by === "update" && h("p", { class: "small-text quiet below" },
				"A dashed upright is a deadline: approval plus the time the rating " +
				"allows.")) };
}
