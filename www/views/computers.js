/* computers.js - the computers: find them, see what they lack; #/computers/ID is one of them */
import { get, WHOLE } from "../api.js";
import * as badge from "../parts/badge.js";
import { actionButton } from "../parts/ask.js";
import { acceptComputers, moveComputers, removeComputers } from "../parts/computer.js";
import { h } from "../parts/dom.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { RATING_CHOICES } from "../parts/rating.js";
import { to } from "../parts/route.js";
import { STANDINGS } from "../parts/standing.js";
import { number, time } from "../parts/words.js";

/* Nothing is counted of who waits to be accepted. */
const figure = (name, label, { sort = false, tone = null } = {}) => ({
	name, label, sort, kind: "number", cell: (one) =>
		h("span", { class: one[name] > 0 ? tone : "quiet" },
		  number(one.coverage === null ? null : one[name])),
});

const COLUMNS = [
	{ name: "name", label: "Computer", sort: true, cell: (one) => h("bdi", null, one.name) },
	{ name: "group", label: "Group", sort: true, cell: (one) =>
		h("bdi", null, one.group) },
	{ name: "channel", label: "Channel", kind: "minor", cell: (one) => one.channel },
	{ name: "coverage", label: "Coverage", cell: (one) =>
		(one.state === "active" ? badge.status(one.coverage) : badge.status(one.state)) },
	figure("missing", "Missing", { sort: "desc" }),
	figure("failed", "Failed", { tone: "text-bad" }),
	figure("overdue", "Overdue", { tone: "text-bad" }),
	{ name: "system", label: "System", kind: "minor", cell: (one) =>
		h("bdi", null, `${one.os_id} ${one.os_version || one.os_codename}`) },
	{ name: "seen_at", label: "Last seen", sort: "desc", cell: (one) => time(one.seen_at) },
];

/* With a filter for one update: how that one is with it. */
const FOR_ONE_UPDATE = [
	{ name: "status", label: "Status", cell: (one) => badge.status(one.status) },
	{ name: "message", label: "What it said", kind: "wide", cell: (one) =>
		h("bdi", { class: "said" }, one.message) },
];

const groupChoices = async () =>
	(await get("groups", { limit: WHOLE })).items.map((one) => [one.name, one.name]);
const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name, address or system" },
	{ name: "group", label: "Group", type: "select", options: groupChoices },
	{ name: "channel", label: "Channel", type: "select",
	  options: [["certification", "certification"], ["production", "production"]] },
	{ name: "coverage", label: "Coverage", type: "select", options:
		[...STANDINGS, ["lacking", "missing updates or failed"]] },
	{ name: "state", label: "State", type: "select", options: [
		["active", "active"], ["pending", "waits to be accepted"], ["silent", "silent"],
		["conflict", "in conflict"], ["left", "has left"]] },
	{ name: "overdue", label: "Overdue", type: "select", options: [["any", "with anything"],
		...RATING_CHOICES] },
];

/* What may be done with those selected; only pending ones can be accepted. */
function decisions(page, items, done) {
	const pending = items.filter((one) => one.state === "pending");
	const button = (label, action, computers, attributes) => actionButton(label, async () =>
		await action({ page, computers }) && done(), attributes);

	return [
		pending.length > 0 && button(`Accept ${pending.length} …`, acceptComputers, pending),
		button("Move …", moveComputers, items, { class: "primary" }),
		button("Remove …", removeComputers, items),
	];
}

const asksForUpdate = (query) => query.has("missing") || query.has("update");

function showList(page) {
	const forUpdate = asksForUpdate(page.query);

	page.head("Computers");
	const list = listing({
		page, path: "computers", noun: ["computer", "computers"], few: 0, filters: FILTERS,
		columns: forUpdate ? [COLUMNS[0], ...FOR_ONE_UPDATE, ...COLUMNS.filter((one) =>
			["group", "channel", "seen_at"].includes(one.name))] : COLUMNS,
		sort: "name",
		href: (one) => to(["computers", one.id_text]),
		select: page.may("approve") && {
			key: (one) => one.id_text,
			label: (one) => one.name,
			bar: (items) => decisions(page, items, () => {
				list.clear();
				list.reload();
			}),
		},
		empty: () => emptyBox("No computers yet", "A computer comes here when it is enrolled: add a group, " +
			"make a token for it, and run on the computer the command that it comes with.",
			h("a", { class: "button primary", href: to("groups") }, "See the groups")),
	});

	page.root.append(list.root);
	if (!forUpdate)
		page.root.append(h("p", { class: "quiet small-text below" }, "What a silent computer has by now is " +
			"not known: missing is what it last said, and whatever is past its deadline counts as " +
			"overdue."));
	return (query) => (asksForUpdate(query) === forUpdate ? list.update(query) : page.refresh());
}

export async function show(page) {
	if (page.path.length === 0)
		return showList(page);
	return (await import("./computer.js")).show(page);
}
