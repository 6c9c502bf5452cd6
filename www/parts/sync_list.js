/* sync_list.js - the listing of syncs that ended, and of those under way
 *
 *   const list = syncList(page, { work, upstream });
 *
 * of one upstream or, without its name, of all: below the list of these, with a prefix of its own.
 * work is what starts one (syncs.js).
 */
import { actionButton } from "./ask.js";
import { h } from "./dom.js";
import { listing } from "./listing.js";
import { emptyBox } from "./notice.js";
import { to } from "./route.js";
import { said } from "./said.js";
import { OUTCOMES, outcome } from "./syncs.js";
import { duration, time, who } from "./words.js";

function runCell(run) {
	const { text, hint, tone } = outcome(run);

	return h("div", null, h("p", { class: `text-${tone}` }, text),
		 run.message && said(run.message, "mono"), hint && h("p", { class: "quiet" }, hint));
}

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Who asked, or words of the message" },
	{ name: "outcome", label: "Outcome", type: "select", options: OUTCOMES },
];
const UPSTREAM = { name: "upstream", label: "Upstream", sort: true, cell: (run) =>
	h("a", { href: to(["upstreams", run.upstream]) }, h("bdi", null, run.upstream)) };
const COLUMNS = [
	{ name: "started_at", label: "When", kind: "nowrap", sort: "desc", cell: (run) =>
		time(run.started_at) },
	{ name: "outcome", label: "What came of it", kind: "wide whole", sort: true, cell: runCell },
	{ name: "seconds", label: "Took", kind: "minor nowrap", sort: "desc", cell: (run) =>
		duration(run.seconds) },
	{ name: "person", label: "By", sort: true, cell: (run) => who(run.person) },
];

export function syncList(page, { work, upstream = null }) {
	return listing({
		page, path: "syncs", noun: ["sync", "syncs"], filters: FILTERS, sort: "-started_at",
		...(upstream ? { args: { upstream }, columns: COLUMNS } :
			{ prefix: "syncs.", columns: [UPSTREAM, ...COLUMNS], keys: null }),
		empty: () => emptyBox("Never synced", "Updates come with the first sync.",
			page.may("certify") && actionButton("Sync now", () => work.start(upstream))),
	});
}
