/* certification.js - what is being tried: how it goes, what is ready, what is held */
import { get, WHOLE } from "../api.js";
import { actionButton } from "../parts/ask.js";
import * as badge from "../parts/badge.js";
import { bar } from "../parts/bar.js";
import { decide } from "../parts/decision.js";
import { h } from "../parts/dom.js";
import { soak } from "../parts/evidence.js";
import { hold } from "../parts/hold.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { RATING_FILTER } from "../parts/rating.js";
import { to } from "../parts/route.js";
import { computersLink, nameCell, shortName } from "../parts/update.js";
import { time } from "../parts/words.js";

const REFRESH_S = 30;
/* As the API calls them, in the order that it sorts them in. */
const STATES = {
	ready: { title: "Ready for production", tone: "good",
		 lead: "they soaked as long as their ratings ask, and failed nowhere" },
	held: { title: "Held", tone: "warn", lead: "somebody keeps them out of production" },
	failing: { title: "Failing", tone: "bad",
		   lead: "look at what the computers say, then recall them or have the cause put right" },
	soaking: { title: "Soaking", tone: "note",
		   lead: "they are on the computers of certification, and are watched for a while" },
};

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name" },
	{ name: "state", label: "State", type: "select", options: Object.keys(STATES).map((one) =>
		[one, one]) },
	RATING_FILTER,
];

function computersCell(one) {
	const link = (status) => computersLink(one.update, status, one.channel);

	if (one.computers === 0)
		return h("span", { class: "quiet" }, "No computer of certification needs it");
	return [
		bar({ label: "Computers", shares: false, parts: [
			{ name: "installed", text: "installed", n: one.installed },
			{ name: "needed", text: "not yet", n: one.needed, href: link("needed") },
			{ name: "failed", text: "failed", n: one.failed, href: link("failed") },
		] }),
		one.failures.length > 0 && h("p", { class: "said mono small-text clip" },
					     h("bdi", null, one.failures[0].message)),
	];
}

function soakCell(one) {
	return [soak(one), one.held && h("p", { class: "small-text" }, "Held by ",
		h("bdi", null, one.held.person), " ", time(one.held.at)),
		one.held && h("p", { class: "said small-text clip" }, h("bdi", null, one.held.reason))];
}

function actionsCell(page, one, changed) {
	const again = async (done) => await done && changed();
	const about = h("span", { class: "hidden" }, ` ${shortName(one.update)}`);
	const names = [one.update];

	return h("div", { class: "buttons" },
		 page.may("approve") && !one.held && actionButton(["Approve …", about], () =>
			again(decide({ page, kind: "approve", channel: "production", names })),
			{ class: one.ready ? "small primary" : "small" }),
		 actionButton([one.held ? "Unhold …" : "Hold …", about.cloneNode(true)], () =>
			again(hold({ page, name: one.update, current: one.held })), { class: "small" }));
}

function columns(page, changed) {
	const list = [
		{ name: "name", label: "Update", sort: true, cell: (one) =>
			nameCell(one.update) },
		{ name: "state", label: "State", kind: "minor", sort: true, cell: (one) =>
			badge.badge(one.state, { tone: STATES[one.state].tone }) },
		{ name: "rating", label: "Rating", sort: true, cell: (one) => badge.rating(one.rating) },
		{ name: "failed", label: "Computers", kind: "wide open", sort: "desc",
		  cell: computersCell },
		{ name: "ready_at", label: "Soaking", kind: "wide open", sort: true, cell: soakCell },
	];

	if (page.may("certify"))
		list.push({ name: "actions", label: "", kind: "nowrap", cell: (one) => actionsCell(page, one, changed) });
	return list;
}

/* All of them, also those of other pages. */
async function approveReady(page) {
	const { items } = await get("certification", { state: "ready", limit: WHOLE },
				    { signal: page.signal });

	if (await decide({ page, kind: "approve", channel: "production",
			   names: items.map((one) => one.update) }))
		page.refresh();
}

export async function show(page) {
	const { total: ready } = await get("certification", { state: "ready", limit: 1 },
					   { signal: page.signal });

	page.head("Certification", ready > 1 && page.may("approve") && actionButton(
		`Approve all ${ready} that are ready …`, () => approveReady(page), { class: "primary" }));
	const list = listing({
		page, path: "certification", noun: ["update", "updates"], filters: FILTERS, sort: "state",
		columns: columns(page, page.refresh),
		href: (one) => to("update", { name: one.update }),
		group: (sort) => sort === "state" && ((one) =>
			`${STATES[one.state].title}: ${STATES[one.state].lead}.`),
		empty: () => emptyBox("Nothing is being tried",
			"What is approved for certification is tried by its computers, and stands here " +
			"until it goes to production.",
			h("a", { class: "button primary", href: to("updates", { decision: "certify" }) },
			  "Updates that wait for certification")),
	});

	page.root.append(list.root);
	/* not under somebody's hands */
	page.every(REFRESH_S, () => document.querySelector("dialog[open]") ||
		page.root.matches(":focus-within") || list.reload({ background: true }));
	return list.update;
}
