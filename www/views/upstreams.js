/* upstreams.js - where updates come from: add, sync and watch; #/upstreams/NAME is one of them */
import { del, get, post } from "../api.js";
import { actionButton, ask } from "../parts/ask.js";
import { badge } from "../parts/badge.js";
import { fill, h } from "../parts/dom.js";
import { exportLinks } from "../parts/export.js";
import { facts, folded } from "../parts/facts.js";
import { jobCard } from "../parts/job.js";
import { emptyBox, notice } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { table } from "../parts/table.js";
import { addUpstream, changeKeys, changeUpstream, outcome } from "../parts/upstream.js";
import { count, duration, time } from "../parts/words.js";

const RUNS = 20;

/* Syncs as they go; the view is shown anew when the last has ended. */
function syncs(page) {
	const root = h("section", { class: "card", hidden: true, "aria-label": "Syncs under way" });
	let running = 0;

	async function add(id) {
		const card = jobCard(id, { signal: page.signal, may: page.may("certify") });

		root.hidden = false;
		root.append(card.root);
		running += 1;
		const job = await card.done;

		running -= 1;
		notice(job.state === "done" ? `Synced ${job.subject}` :
			`Sync of ${job.subject ?? "an upstream"}: ${job.error ?? job.state}`,
		       { tone: job.state === "done" ? "good" : "bad" });
		if (running === 0)
			page.refresh();
	}

	const watch = (ids) => ids.forEach((id) => add(id).catch((problem) =>
		problem.name !== "AbortError" && notice(problem.message, { tone: "bad" })));

	get("jobs", {}, { signal: page.signal }).then(({ items }) => watch(items
		.filter((job) => job.kind === "sync" && !job.finished_at).map((job) => job.id)), () => {});
	return { root, start: async (upstream = null) =>
		watch((await post("syncs", upstream ? { upstream } : {})).jobs) };
}

async function lastRuns(signal) {
	const { items } = await get("syncs", { limit: 200 }, { signal });

	return (name) => items.find((run) => run.upstream === name && run.outcome !== "running");
}

function lastCell(run) {
	if (!run)
		return h("span", { class: "quiet" }, "never synced");
	const { text, tone } = outcome(run);

	return [badge(run.outcome, { tone, text }), " ", time(run.started_at + run.seconds)];
}

const listColumns = (last) => [
	{ name: "name", label: "Upstream", cell: (one) => h("bdi", null, one.name) },
	{ name: "suite", label: "Suite", cell: (one) => h("bdi", null, one.suite) },
	{ name: "enabled", label: "State", cell: (one) => (one.enabled ? badge("enabled", { tone: "good" }) :
		badge("disabled")) },
	{ name: "last", label: "Last sync", kind: "wide", cell: (one) => lastCell(last(one.name)) },
	{ name: "next", label: "Next", cell: (one) => time(one.next_sync_at, "ago", "by hand") },
];

async function showAll(page) {
	const [{ items }, last] = await Promise.all([
		get("upstreams", {}, { signal: page.signal }), lastRuns(page.signal)]);
	const work = syncs(page);
	const add = () => page.may("own") && actionButton("Add an upstream …", async () => {
		const name = await addUpstream(page);

		if (name)
			location.hash = to(["upstreams", name]);
	}, { class: items.length === 0 ? "primary" : null });

	page.head("Upstreams", items.some((one) => one.enabled) && page.may("certify") &&
		  actionButton("Sync all now", () => work.start(), { class: "primary" }), add());
	page.root.append(work.root, items.length > 0 ? h("div", null,
		h("div", { class: "listing-head" },
		  h("p", { class: "total" }, count(items.length, "upstream")),
		  h("span", { class: "links" }, exportLinks("upstreams", {}, "upstreams"))),
		table({ caption: "Upstreams", columns: listColumns(last), items,
			href: (one) => to(["upstreams", one.name]) }).root) :
		emptyBox("No upstreams yet", "An upstream is where updates come from: the security suite " +
			"of a Debian archive, say. Its metadata is checked against the keys you give it.",
			add()));
}

function factsCard(one) {
	const list = (texts, none) => (texts.length > 0 ? texts.join(" ") : none);

	return h("section", { class: "card" }, h("h2", null, "Facts"), facts([
		["Address", h("bdi", null, one.url)],
		["Suite", [h("bdi", null, one.suite), one.publish_suite !== one.suite && [
			", published as ", h("bdi", null, one.publish_suite)]]],
		["Components", list(one.components, "–")],
		["Architectures", list(one.architectures, "–")],
		["Serves", list(one.serves, "no system: no computer is offered it")],
		["Left out", list(one.exclude, "nothing")],
		["Role", one.role === "base" ? "base system: known, not approved" : "updates to approve"],
		["State", one.enabled ? badge("enabled", { tone: "good" }) : badge("disabled")],
		["Next sync", time(one.next_sync_at, "ago", "when somebody starts it")],
		["Its metadata is of", time(one.release_at, "moment", "not read yet")],
		one.valid_until > 0 && ["And valid until", time(one.valid_until, "moment")],
		["Keys", h("div", { class: "mono" }, folded(one.fingerprints))],
	]));
}

function runCell(run) {
	const { text, hint, tone } = outcome(run);

	return h("div", null, h("p", { class: `text-${tone}` }, text),
		 run.message && said(run.message, "mono"), hint && h("p", { class: "quiet" }, hint));
}

const RUN_COLUMNS = [
	{ name: "at", label: "When", cell: (run) => time(run.started_at) },
	{ name: "outcome", label: "What came of it", kind: "wide whole", cell: runCell },
	{ name: "seconds", label: "Took", kind: "minor nowrap", cell: (run) => duration(run.seconds) },
	{ name: "person", label: "By", cell: (run) => h("bdi", null, run.person) },
];

async function removeUpstream(page, one) {
	if (await ask({
		page, title: `Remove ${one.name}`, label: "Remove",
		body: h("p", null, "Its keys and its address are forgotten. Once it has brought updates it " +
			"cannot be removed, because the catalog keeps them: disable it instead."),
		run: () => del(`upstreams/${encodeURIComponent(one.name)}`), said: `Removed ${one.name}`,
	}))
		location.hash = to("upstreams");
}

function enable(page, one) {
	return ask({
		page, title: `${one.enabled ? "Disable" : "Enable"} ${one.name}`, tone: "primary",
		label: one.enabled ? "Disable" : "Enable",
		body: h("p", null, one.enabled ? "It is not synced any more until somebody enables it. What " +
			"is published stays." : "It is synced again, as the schedule says."),
		run: () => post("upstream-states", { name: one.name, enabled: !one.enabled }),
		said: `${one.enabled ? "Disabled" : "Enabled"} ${one.name}`,
	});
}

function buttons(page, one, work) {
	const own = (text, run) => page.may("own") && actionButton(text, async () =>
		await run(page, one) && page.refresh());

	return [
		page.may("certify") && actionButton("Sync now", () => work.start(one.name),
						    { class: "primary" }),
		own("Change …", changeUpstream), own("Keys …", changeKeys),
		own(one.enabled ? "Disable …" : "Enable …", enable),
		page.may("own") && actionButton("Remove …", () => removeUpstream(page, one)),
	];
}

async function showOne(page, name) {
	const { items } = await get("upstreams", {}, { signal: page.signal });
	const one = items.find((other) => other.name === name);

	if (!one) {
		page.head("Upstream");
		page.root.append(emptyBox("There is no such upstream", `None is called “${name}”.`,
			h("a", { class: "button", href: to("upstreams") }, "All upstreams")));
		return;
	}
	const work = syncs(page);
	const place = h("div");

	page.head(h("bdi", null, name), buttons(page, one, work));
	page.root.append(work.root, h("div", { class: "columns" }, place,
		h("div", null, factsCard(one))));
	const runs = await get("syncs", { upstream: name, limit: RUNS }, { signal: page.signal });

	fill(place, runs.items.length > 0 && h("div", { class: "listing-head" },
		h("p", { class: "total" }, count(runs.items.length, "sync")),
		h("span", { class: "links" }, exportLinks("syncs", { upstream: name }, "syncs"))), runs.items.length > 0 ?
		table({ caption: "Syncs", columns: RUN_COLUMNS, items: runs.items }).root :
		emptyBox("Never synced", "Its updates come with the first sync.",
			 page.may("certify") && actionButton("Sync now", () => work.start(name))),
	     runs.items.length === RUNS && h("p", { class: "quiet" }, `The last ${count(RUNS, "sync")}.`));
}

export function show(page) {
	return page.path[0] ? showOne(page, page.path[0]) : showAll(page);
}
