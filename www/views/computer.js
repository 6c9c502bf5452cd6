/* computer.js - one computer: what it is, what it lacks, what failed and why in its own words */
import { get } from "../api.js";
import { actionButton } from "../parts/ask.js";
import * as badge from "../parts/badge.js";
import { bar } from "../parts/bar.js";
import { acceptComputers, moveComputers, removeComputers } from "../parts/computer.js";
import { h } from "../parts/dom.js";
import { facts } from "../parts/facts.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { table } from "../parts/table.js";
import { count, number, time } from "../parts/words.js";

const STATUSES = [
	["installed", "installed"], ["needed", "needed"], ["downloaded", "downloaded"],
	["pending-reboot", "to be restarted"], ["failed", "failed"], ["unknown", "unknown"],
];
const OPEN = ["failed", "pending-reboot", "downloaded", "needed", "unknown"];

function buttons(one, page) {
	const computers = [one];
	const button = (label, action, attributes) => actionButton(label, async () =>
		await action({ page, computers }) && page.refresh(), attributes);

	return page.may("approve") && [
		one.state === "pending" && button("Accept …", acceptComputers, { class: "primary" }),
		button("Move …", moveComputers),
		actionButton("Remove …", async () => {
			if (await removeComputers({ page, computers }))
				location.hash = to("computers");
		}),
	];
}

function notes(one) {
	return [
		one.state === "pending" && h("p", { class: "warning" }, "It waits to be accepted, and is " +
			"neither counted nor offered anything before."),
		one.conflict_at > 0 && h("p", { class: "warning" }, "Two computers used this one's " +
			"identity, ", time(one.conflict_at), ": a cloned disk, most likely. Enrol the copy " +
			"again with ", h("code", null, "sluice-agent enroll"), " on it."),
		one.state === "silent" && h("p", { class: "warning" }, "It has not been heard of since ",
			time(one.seen_at, "moment"), ": what it has now is not known. Until it reports again, " +
			"each update of its channel counts as overdue once its deadline has passed."),
		one.reboot && h("p", { class: "warning" }, "It has to be restarted before what it " +
			"installed takes effect."),
		one.problem && h("div", { class: "box bad" }, h("h2", null, "It reports a problem"),
			said(one.problem, "mono")),
	];
}

function factsCard(one) {
	return h("section", { class: "card" }, h("h2", null, "Facts"), facts([
		["Group", h("a", { href: to("computers", { group: one.group }) },
			    h("bdi", null, one.group))],
		["Channel", h("a", { href: to(["channels", one.channel]) }, one.channel)],
		["State", badge.status(one.state)],
		["Last seen", time(one.seen_at)],
		["Enrolled", time(one.enrolled_at, "day")],
		["Address", h("bdi", null, one.address || "–")],
		["System", `${one.os_id} ${one.os_version} (${one.os_codename})`],
		["Kernel", h("bdi", null, one.kernel || "–")],
		["Architectures", h("bdi", null, one.architectures || "–")],
		["Packages", number(one.packages)],
		["Agent", h("bdi", null, one.agent || "–")],
	]));
}

const shortName = (update) => update.replace(/^[^/]*\//, "").replace("=", " ");
const link = (one) => h("a", { href: to("update", { name: one.update }) },
			h("bdi", null, shortName(one.update)));

/* What went wrong, in the words of the computer's package manager. */
function failuresCard(one) {
	const failures = one.updates.filter((update) => update.message);

	return failures.length > 0 && h("section", { class: "card" }, h("h2", null, "What failed, and why"),
		h("ul", { class: "rows" }, failures.map((update) => h("li", null,
			link(update), " ", update.status !== "failed" && badge.status(update.status), " ",
			h("span", { class: "quiet" }, time(update.reported_at)),
			said(update.message, "mono")))));
}

function due(one) {
	const late = one.deadline_at > 0 && one.deadline_at < Date.now() / 1000 &&
		one.status !== "installed";

	return h("span", { class: late ? "text-bad" : null }, time(one.deadline_at, "ago", "–"));
}

const COLUMNS = [
	{ name: "update", label: "Update", cell: (one) => h("bdi", null, shortName(one.update)) },
	{ name: "status", label: "Status", cell: (one) => badge.status(one.status) },
	{ name: "rating", label: "Rating", cell: (one) => badge.rating(one.rating) },
	{ name: "deadline_at", label: "Deadline", cell: due },
];

const lines = (caption, items, columns = COLUMNS) => table({
	caption, columns, items, href: (one) => to("update", { name: one.update }),
}).root;

function updatesCards(one) {
	const rank = (update) => OPEN.indexOf(update.status);
	const open = one.updates.filter((update) => rank(update) >= 0)
		.sort((a, b) => rank(a) - rank(b) || (a.deadline_at || Infinity) -
			(b.deadline_at || Infinity));
	const installed = one.updates.filter((update) => update.status === "installed");

	return [
		h("h2", { class: "between" }, open.length > 0 ?
		  count(open.length, "missing update") : "It lacks nothing",
		  one.state === "silent" && ", as far as it last said"),
		open.length > 0 ? lines("Missing updates", open) : h("p", { class: "quiet" },
			"Everything its channel has for it is installed."),
		installed.length > 0 && h("details", { class: "folded between" },
			h("summary", null, count(installed.length, "installed update")),
			lines("Installed updates", installed, COLUMNS.slice(0, 3))),
	];
}

export async function show(page) {
	const one = await get(`computers/${encodeURIComponent(page.path[0])}`, {},
			      { signal: page.signal });

	page.head(h("bdi", null, one.name), buttons(one, page));
	page.root.append(...notes(one).filter(Boolean), one.state === "pending" ? factsCard(one) :
		h("div", { class: "columns" },
		  h("div", null, h("section", { class: "card" },
			h("h2", null, "Updates of its channel"),
			bar({ label: "Updates by status", parts: STATUSES.map(([name, text]) => ({
				name, text, n: one.statuses[name] })) })),
		    failuresCard(one), updatesCards(one)),
		  h("div", null, factsCard(one))));
}
