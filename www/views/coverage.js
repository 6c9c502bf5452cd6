/* coverage.js - who has what was approved: curves, groups and channels, what is worst; for paper too */
import { ALL, get } from "../api.js";
import { curves, styleOf } from "../charts.js";
import * as badge from "../parts/badge.js";
import { bar } from "../parts/bar.js";
import { fill, h } from "../parts/dom.js";
import { exportLinks } from "../parts/export.js";
import { listing } from "../parts/listing.js";
import { emptyBox, loading, problemBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { table } from "../parts/table.js";
import { count, number, share, time } from "../parts/words.js";

const REFRESH_S = 30;
const WORST = 10;
const CHOICES = [["all", "All updates together"], ["rating", "By rating"], ["channel", "By channel"],
		 ["update", "One update"]];
const TONES = { critical: "--fill-bad", high: "--fill-warn", medium: "--fill-note", low: "--edge" };
const STANDINGS = ["covered", "missing", "pending-reboot", "failed", "unknown", "silent"];

const shortName = (update) => update.replace(/^[^/]*\//, "").replace("=", " ");

/* An update has a line in each of its channels. */
const NAMES = { all: "all updates", none: "not rated" };
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

async function curvesCard(page, updates) {
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

/* Of groups or channels; link(one) is what narrows computers to one of them. */
const standings = (label, link) => [
		{ name: "name", label, sort: true, cell: (one) => h("a", {
			href: to("computers", link(one)) }, h("bdi", null, one.name)) },
		{ name: "computers", label: "Computers", kind: "number", sort: "desc", cell: (one) =>
			number(one.computers) },
		{ name: "share", label: "Covered", kind: "number", sort: true, cell: (one) =>
			share(one.covered, one.computers) },
		{ name: "states", label: "States", kind: "wide states", cell: (one) => bar({
			label: `States of ${one.name}`, parts: STANDINGS.map((name) => ({
				name, text: badge.words(name), n: one[name],
				href: to("computers", { ...link(one), coverage: name }) })) }) },
];

const COMPUTERS = [
	{ name: "name", label: "Computer", sort: true, cell: (one) => h("bdi", null, one.name) },
	{ name: "group", label: "Group", sort: true, cell: (one) => h("bdi", null, one.group) },
	{ name: "missing", label: "Missing", kind: "number", sort: "desc", cell: (one) =>
		number(one.missing) },
	{ name: "failed", label: "Failed", kind: "number", cell: (one) => number(one.failed) },
	{ name: "overdue", label: "Overdue", kind: "number", cell: (one) => number(one.overdue) },
	{ name: "seen_at", label: "Last seen", kind: "minor", sort: "desc", cell: (one) =>
		time(one.seen_at) },
];
const UPDATES = [
	{ name: "name", label: "Update", sort: true, cell: (one) => h("bdi", null, shortName(one.name)) },
	{ name: "channel", label: "Channel", sort: true, cell: (one) => one.channel },
	{ name: "rating", label: "Rating", sort: true, cell: (one) => badge.rating(one.rating) },
	{ name: "open", label: "Not covered", kind: "number", sort: "desc", cell: (one) =>
		`${number(one.open)} of ${number(one.computers)}` },
	{ name: "failed", label: "Failed", kind: "number", sort: "desc", cell: (one) =>
		number(one.failed) },
	{ name: "overdue", label: "Overdue", kind: "number", sort: "desc", cell: (one) =>
		number(one.overdue) },
];

const exported = (path, args, name) => h("span", { class: "links" },
	exportLinks(path, args, name, { of: name }));

const titled = (title, links, ...nodes) => h("section", { class: "section" },
	h("div", { class: "titled" }, h("h2", null, title), links), nodes);

async function showChannels(page, place, background) {
	const { items } = await get("coverage", { by: "channel" }, { signal: page.signal, background });

	/* what has the focus is not taken away under it */
	if (!place.contains(document.activeElement))
		fill(place, titled("Channels", exported("coverage", { by: "channel" }, "channels"),
			table({ caption: "Channels", items,
				columns: standings("Channel", (one) => ({ channel: one.name }))
					.map(({ sort, ...column }) => column) }).root));
}

/* The lists of the view, each with its title; of two channels there is nothing to sort or turn over. */
const lists = (page) => [{
	caption: "Groups", path: "coverage", args: { by: "group" }, prefix: "groups.",
	noun: ["group", "groups"], columns: standings("Group", (one) => ({ group: one.name })), sort: "name",
	empty: () => emptyBox("No groups yet", "A group says which channel its computers follow.",
		h("a", { class: "button", href: to("groups") }, "See the groups")),
}, {
	caption: "Computers that lack most", path: "coverage-worst", args: { of: "computers" },
	prefix: "computers.", noun: ["computer", "computers"], columns: COMPUTERS, sort: "-missing",
	limit: WORST, keys: null, href: (one) => to(["computers", one.id_text]),
	empty: () => emptyBox("No computer lacks anything", "Whatever their channels have is installed.",
		h("a", { class: "button", href: to("computers") }, "See the computers")),
}, {
	caption: "Updates that are missing most", path: "coverage-worst", args: { of: "updates" },
	prefix: "updates.", noun: ["update", "updates"], columns: UPDATES, sort: "-open",
	limit: WORST, keys: null, href: (one) => to("update", { name: one.name }),
	empty: () => emptyBox("No update is missing anywhere", "Every computer has what its channel has.",
		h("a", { class: "button", href: to("updates", { state: "known" }) },
		  "Updates that nobody approved yet")),
}].map((options) => ({ title: options.caption, list: listing({ page, ...options }) }));

function showNothing(page, updates) {
	const [view, text] = updates.length === 0 ? ["updates", "See the updates"] :
		["groups", "See the groups"];

	page.root.append(emptyBox("Nothing is counted yet", "Coverage begins with the first " +
		"update that is approved and the first computer that reports.",
		h("a", { class: "button primary", href: to(view) }, text)));
}

export async function show(page) {
	const read = (by) => get("coverage", { by, limit: ALL }, { signal: page.signal });
	const [{ items: updates }, { items: channels }] =
		await Promise.all([read("update"), read("channel")]);
	const nothing = updates.length === 0 || channels.every((one) => one.computers === 0);
	const curvesOf = (query) => [query.get("by"), query.get("name")].join();

	page.head("Coverage", !nothing && h("button", { type: "button", onclick: () => print() },
					     "Print"));
	if (nothing)
		return void showNothing(page, updates);
	const card = await curvesCard(page, updates);
	const channels_place = h("div"), all = lists(page);
	const load = (background) => Promise.all([
		card.load(background), showChannels(page, channels_place, background)]);

	page.root.append(h("p", { class: "on-paper" }, "As of ", time(Date.now() / 1000, "moment"), ", ",
			   count(updates.length, "approval"), "."), card.root,
			 h("div", { class: "between" }, channels_place,
			   all.map(({ title, list }) => titled(title, null, list.root))));
	page.every(REFRESH_S, () => Promise.all([
		...all.map(({ list }) => list.root.contains(document.activeElement) ||
			list.reload({ background: true })),
		load(true).catch((problem) => problem.kind !== "offline" &&
			problem.name !== "AbortError" &&
			fill(channels_place, problemBox(problem, page.refresh)))]));
	await load(false);
	return (query) => (curvesOf(query) === curvesOf(page.query) ?
		Promise.all(all.map(({ list }) => list.update(query))) : page.refresh());
}
