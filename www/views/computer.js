/* computer.js - one computer: what it is, what it lacks, what failed and why in its own words */
import { get } from "../api.js";
import { actionButton } from "../parts/ask.js";
import * as badge from "../parts/badge.js";
import { bar } from "../parts/bar.js";
import { acceptComputers, moveComputers, removeComputers } from "../parts/computer.js";
import { h } from "../parts/dom.js";
import { facts } from "../parts/facts.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { RATING_FILTER } from "../parts/rating.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { count, number, time } from "../parts/words.js";

const STATUSES = [
	["installed", "installed"], ["needed", "needed"], ["downloaded", "downloaded"],
	["pending-reboot", "to be restarted"], ["failed", "failed"], ["unknown", "unknown"],
];
const OPEN = STATUSES.map(([name]) => name).filter((name) => name !== "installed");

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
	{ name: "update", label: "Update", sort: true, cell: (one) => h("bdi", null, shortName(one.update)) },
	{ name: "status", label: "Status", sort: true, cell: (one) => badge.status(one.status) },
	{ name: "rating", label: "Rating", sort: true, cell: (one) => badge.rating(one.rating) },
	{ name: "deadline_at", label: "Deadline", sort: true, cell: due },
];
const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name" },
	{ name: "status", label: "Status", type: "select", options: [
		["missing", "missing"], ...STATUSES] },
	RATING_FILTER,
];

const updateList = (page, one) => listing({
	page, path: "computer-updates", args: { computer: one.id_text }, prefix: "updates.",
	noun: ["update", "updates"], columns: COLUMNS, filters: FILTERS, sort: "status",
	href: (update) => to("update", { name: update.update }),
	empty: () => emptyBox("No update of its channel is for it", "Either nothing that its channel has is " +
		"for what is installed on it, or its channel has nothing yet.",
		h("a", { class: "button", href: to(["channels", one.channel]) }, `Channel ${one.channel}`)),
});

function lacks(one) {
	const n = OPEN.reduce((sum, name) => sum + one.statuses[name], 0);

	return [n > 0 ? `It lacks ${count(n, "update")}` : "It lacks nothing",
		one.state === "silent" && ", as far as it last said"];
}

export async function show(page) {
	const one = await get(`computers/${encodeURIComponent(page.path[0])}`, {},
			      { signal: page.signal });

	page.head(h("bdi", null, one.name), buttons(one, page));
	page.root.append(...notes(one).filter(Boolean));
	if (one.state === "pending") {
		page.root.append(factsCard(one));
		return null;
	}
	const list = updateList(page, one);

	page.root.append(h("div", { class: "columns" },
		h("div", null, h("section", { class: "card" },
			h("h2", null, "Updates of its channel"),
			bar({ label: "Updates by status", parts: STATUSES.map(([name, text]) => ({
				name, text, n: one.statuses[name],
				href: to(["computers", one.id_text], { "updates.status": name }) })) })),
		  failuresCard(one), h("h2", { class: "between" }, lacks(one)), list.root),
		h("div", null, factsCard(one))));
	return list.update;
}
