/* coverage.js - who has what was approved: curves, groups and channels, what is worst; for paper too */
import { get, WHOLE } from "../api.js";
import * as badge from "../parts/badge.js";
import { curvesCard } from "../parts/curves.js";
import { fill, h } from "../parts/dom.js";
import { exportLinks } from "../parts/export.js";
import { listing } from "../parts/listing.js";
import { emptyBox, problemBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { standingBar } from "../parts/standing.js";
import { table } from "../parts/table.js";
import { shortName } from "../parts/update.js";
import { count, number, share, time } from "../parts/words.js";

const REFRESH_S = 30;
const WORST = 10;

/* Of groups or channels; link(one) is what narrows computers to one of them. */
const standings = (label, link) => [
		{ name: "name", label, sort: true, cell: (one) => h("a", {
			href: to("computers", link(one)) }, h("bdi", null, one.name)) },
		{ name: "computers", label: "Computers", kind: "number", sort: "desc", cell: (one) =>
			number(one.computers) },
		{ name: "share", label: "Covered", kind: "number", sort: true, cell: (one) =>
			share(one.covered, one.computers) },
		{ name: "states", label: "States", kind: "wide states", cell: (one) =>
			standingBar(`States of ${one.name}`, one, link(one)) },
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
	const read = (by) => get("coverage", { by, limit: WHOLE }, { signal: page.signal });
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
