/* upstreams.js - where updates come from: add, sync and watch; #/upstreams/NAME is one of them */
import { get } from "../api.js";
import { importAdvisories } from "../parts/advisories.js";
import { actionButton } from "../parts/ask.js";
import { badge } from "../parts/badge.js";
import { h } from "../parts/dom.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { syncList } from "../parts/sync_list.js";
import { OUTCOMES, outcome, syncs } from "../parts/syncs.js";
import { addUpstream } from "../parts/upstream.js";
import { time } from "../parts/words.js";

function lastCell(run) {
	if (!run)
		return h("span", { class: "quiet" }, "never synced");
	const { text, tone } = outcome(run);

	return [h("p", { class: `text-${tone}` }, text), time(run.started_at + run.seconds)];
}

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name, address or suite" },
	{ name: "state", label: "State", type: "select", options: [
		["enabled", "enabled"], ["disabled", "disabled"]] },
	{ name: "outcome", label: "Last sync", type: "select", options:
		OUTCOMES.filter(([name]) => name !== "running") },
];
const COLUMNS = [
	{ name: "name", label: "Upstream", sort: true, cell: (one) => h("bdi", null, one.name) },
	{ name: "suite", label: "Suite", sort: true, cell: (one) => h("bdi", null, one.suite) },
	{ name: "state", label: "State", sort: true, cell: (one) =>
		(one.enabled ? badge("enabled", { tone: "good" }) : badge("disabled")) },
	{ name: "last_sync_at", label: "Last sync", kind: "wide", sort: "desc", cell: (one) =>
		lastCell(one.last_sync) },
	{ name: "next", label: "Next", cell: (one) => time(one.next_sync_at, "ago", "by hand") },
];

async function showAll(page) {
	const [{ total: all }, { total: enabled }] = await Promise.all([{}, { state: "enabled" }].map(
		(args) => get("upstreams", { ...args, limit: 1 }, { signal: page.signal })));
	const work = syncs(page);
	const add = (attributes) => page.may("own") && actionButton("Add an upstream …", async () => {
		const name = await addUpstream(page);

		if (name)
			location.hash = to(["upstreams", name]);
	}, attributes);

	page.head("Upstreams", enabled > 0 && page.may("certify") &&
		  actionButton("Sync all now", () => work.start(), { class: "primary" }), add(),
		  enabled > 0 && page.may("certify") &&
		  actionButton("Import advisories …", () => importAdvisories(page)));
	const list = listing({
		page, path: "upstreams", noun: ["upstream", "upstreams"], columns: COLUMNS, filters: FILTERS,
		sort: "name", href: (one) => to(["upstreams", one.name]),
		empty: () => emptyBox("No upstreams yet", "An upstream is where updates come from: the " +
			"security suite of a Debian archive, say. Its metadata is checked against the " +
			"keys you give it.", add({ class: "primary" })),
	});

	page.root.append(work.root, list.root);
	if (all === 0)
		return list.update;
	const runs = syncList(page, { work });

	page.root.append(h("h2", { class: "between" }, "Syncs"), runs.root);
	return (query) => Promise.all([list.update(query), runs.update(query)]);
}

export async function show(page) {
	if (page.path.length === 0)
		return showAll(page);
	return (await import("./upstream.js")).show(page);
}
