/* jobs.js - long work: what runs, and what ended since the server started */
import { cancel } from "../api.js";
import { actionButton } from "../parts/ask.js";
import * as badge from "../parts/badge.js";
import { h } from "../parts/dom.js";
import { KINDS, jobFigures, jobTitle, mayStop } from "../parts/job.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { duration, time } from "../parts/words.js";

const REFRESH_S = 3;
const STATES = ["queued", "running", "done", "failed", "cancelled"];

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "An upstream, a channel, who asked" },
	{ name: "kind", label: "Kind", type: "select", options: Object.keys(KINDS).map((one) => [one, one]) },
	{ name: "state", label: "State", type: "select", options: STATES.map((one) => [one, one]) },
];

function progressCell(job) {
	if (job.error)
		return said(job.error, "mono small-text");
	return [job.what, jobFigures(job)].filter(Boolean).join(": ") || "–";
}

function columns(page, changed) {
	const stop = (job) => !job.finished_at && mayStop(page, job) && actionButton(
		["Stop", h("span", { class: "hidden" }, ` ${jobTitle(job)}`)],
		async () => { await cancel(job.id); await changed(); }, { class: "small" });

	return [
		{ name: "kind", label: "Job", sort: true, cell: (job) => h("bdi", null, jobTitle(job)) },
		{ name: "state", label: "State", sort: true, cell: (job) => badge.job(job.state) },
		{ name: "what", label: "How far", kind: "wide", cell: progressCell },
		{ name: "person", label: "By", sort: true, cell: (job) => h("bdi", null, job.person) },
		{ name: "started_at", label: "Started", kind: "nowrap", sort: "desc", cell: (job) =>
			time(job.started_at, "ago", "not yet") },
		{ name: "took", label: "Took", kind: "minor nowrap", cell: (job) =>
			(job.finished_at && job.started_at ? duration(job.finished_at - job.started_at) : "–") },
		page.may("certify") && { name: "stop", label: "", cell: stop },
	].filter(Boolean);
}

export function show(page) {
	page.head("Jobs");
	const list = listing({
		page, path: "jobs", noun: ["job", "jobs"], filters: FILTERS,
		columns: columns(page, () => list.reload()),
		empty: () => emptyBox("Nothing ran since the server started", "Syncs, fetching, publishing and " +
			"backups stand here while they run, and a while after.",
			h("a", { class: "button", href: to("upstreams") }, "See the upstreams")),
	});

	page.root.append(list.root);
	page.every(REFRESH_S, () => list.root.contains(document.activeElement) ||
		list.reload({ background: true }));
	return list.update;
}
