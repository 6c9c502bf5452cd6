/* audit.js - who did what, when: find it, take it along, see that nobody changed it afterwards */
import { get, WHOLE } from "../api.js";
import { actionButton } from "../parts/ask.js";
import { words } from "../parts/badge.js";
import { h } from "../parts/dom.js";
import { listing } from "../parts/listing.js";
import { emptyBox, notice } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { count, time } from "../parts/words.js";

const ACTIONS = [
	"approve", "recall", "decline", "return", "bring back", "leave out", "rate", "hold", "unhold",
	"upstream add", "upstream change", "upstream rekey", "upstream enable", "upstream disable",
	"upstream remove", "group add", "group change", "group remove", "token new", "token revoke",
	"computer accept", "computer move", "computer remove", "setting", "person add", "person role",
	"person password", "person remove", "setup-code new", "api-token new", "api-token remove",
	"sign in", "sign out", "sign out everywhere", "login reset", "advisory import", "database",
	"restore",
];

/* What was written down beside the deed: its reason in full, then all else. */
const detailCell = ({ reason, words: rest }) => h("div", null, reason && said(reason),
	rest && said(rest.replaceAll(" -> ", " → "), "quiet small-text"));

const COLUMNS = [
	{ name: "at", label: "When", kind: "nowrap", cell: (one) => time(one.at, "moment") },
	{ name: "person", label: "Who", kind: "who", cell: (one) => h("a", { href: to("audit", { person: one.person }) },
							h("bdi", null, one.person)) },
	{ name: "action", label: "Did", kind: "nowrap", cell: (one) =>
		h("a", { href: to("audit", { action: one.action }) }, words(one.action)) },
	{ name: "object", label: "To", kind: "wide", cell: (one) => h("bdi", null, one.object || "–") },
	{ name: "detail", label: "Details", kind: "wide whole", cell: detailCell },
];

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "An update, a computer, a reason" },
	{ name: "person", label: "Who", type: "select", options: async () =>
		(await get("people", { limit: WHOLE })).items.map((one) => [one.name, one.name]) },
	{ name: "action", label: "Did", type: "select", options: ACTIONS.map((one) => [one, words(one)]) },
	{ name: "from", label: "From (UTC)", type: "date" },
	{ name: "until", label: "Before (UTC)", type: "date" },
];

async function verify() {
	const { rows } = await get("audit-verify");

	notice(`All ${count(rows, "entry", "entries")} are as they were written: each one's hash fits ` +
	       "the one before it.");
}

export function show(page) {
	page.head("Audit", actionButton("Verify", verify));
	const list = listing({
		page, path: "audit", noun: ["entry", "entries"], columns: COLUMNS, filters: FILTERS,
		empty: () => emptyBox("Nothing was done yet", "Every change somebody makes is written down " +
			"here, in the same moment."),
	});

	page.root.append(list.root);
	return list.update;
}
