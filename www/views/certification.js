/* certification.js - what is being tried: how it goes, what is ready, what is held */
import { get } from "../api.js";
import { actionButton } from "../parts/ask.js";
import * as badge from "../parts/badge.js";
import { bar } from "../parts/bar.js";
import { decide, hold } from "../parts/decision.js";
import { h } from "../parts/dom.js";
import { exportLinks } from "../parts/export.js";
import { soak } from "../parts/evidence.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { table } from "../parts/table.js";
import { count, time } from "../parts/words.js";

const REFRESH_S = 30;
const SHOWN = 1000;

/* Each update stands in the first that takes it. */
const SECTIONS = [
	{ title: "Ready for production", takes: (one) => one.ready && !one.held,
	  lead: "They soaked as long as their ratings ask, and failed nowhere." },
	{ title: "Held", takes: (one) => one.held,
	  lead: "Somebody keeps them out of production." },
	{ title: "Failing", takes: (one) => one.failed > 0,
	  lead: "Look at what the computers say, then recall them or have the cause put right." },
	{ title: "Soaking", takes: () => true,
	  lead: "They are on the computers of certification, and are watched for a while." },
];

function updateCell(one) {
	const [name, version = ""] = one.update.replace(/^[^/]*\//, "").split("=");

	return [h("bdi", null, name), " ", h("bdi", { class: "version" }, version)];
}

function computersCell(one) {
	const missing = (args) => to("computers", { missing: one.update, ...args });

	if (one.computers === 0)
		return h("span", { class: "quiet" }, "No computer of certification needs it");
	return [
		bar({ label: "Computers", shares: false, parts: [
			{ name: "installed", text: "installed", n: one.installed },
			{ name: "needed", text: "not yet", n: one.needed,
			  href: missing({ channel: one.channel }) },
			{ name: "failed", text: "failed", n: one.failed,
			  href: missing({ coverage: "failed" }) },
		] }),
		one.failures.length > 0 && h("p", { class: "said mono small-text clip" },
					     one.failures[0].message),
	];
}

function soakCell(one) {
	return [soak(one), one.held && h("p", { class: "small-text" }, "Held by ",
		h("bdi", null, one.held.person), " ", time(one.held.at), ": ",
		h("span", { class: "said" }, one.held.reason))];
}

function actionsCell(page, one) {
	const again = async (changed) => await changed && page.refresh();
	const about = h("span", { class: "hidden" }, ` ${one.update}`);
	const names = [one.update];

	return h("div", { class: "buttons" },
		 page.may("approve") && !one.held && actionButton(["Approve …", about], () =>
			again(decide({ page, kind: "approve", channel: "production", names })),
			{ class: one.ready ? "small primary" : "small" }),
		 actionButton([one.held ? "Unhold …" : "Hold …", about.cloneNode(true)], () =>
			again(hold({ page, name: one.update, held: !one.held })), { class: "small" }));
}

function columns(page) {
	const list = [
		{ name: "update", label: "Update", cell: updateCell },
		{ name: "rating", label: "Rating", cell: (one) => badge.rating(one.rating) },
		{ name: "computers", label: "Computers", kind: "wide open", cell: computersCell },
		{ name: "soak", label: "Soaking", kind: "wide open", cell: soakCell },
	];

	if (page.may("certify"))
		list.push({ name: "actions", label: "", cell: (one) => actionsCell(page, one) });
	return list;
}

function approveAll(page, items) {
	const names = items.filter(SECTIONS[0].takes).map((one) => one.update);

	return names.length > 1 && page.may("approve") && actionButton(
		`Approve all ${names.length} that are ready …`,
		async () => await decide({ page, kind: "approve", channel: "production", names }) &&
			page.refresh(), { class: "primary" });
}

function section(page, { title, lead }, items) {
	return items.length > 0 && h("section", { class: "section tried" },
		h("h2", null, title, " ", h("span", { class: "quiet" }, count(items.length, "update"))),
		h("p", { class: "quiet" }, lead),
		table({ caption: title, columns: columns(page), items,
			href: (one) => to("update", { name: one.update }) }).root);
}

function sorted(items) {
	const left = [...items];

	return SECTIONS.map((one) => {
		const mine = left.filter(one.takes);

		for (const item of mine)
			left.splice(left.indexOf(item), 1);
		return [one, mine];
	});
}

export async function show(page) {
	const { items } = await get("certification", { limit: SHOWN }, { signal: page.signal });
	const shown = JSON.stringify(items);

	page.head("Certification", approveAll(page, items));
	if (items.length === 0)
		page.root.append(emptyBox("Nothing is being tried",
			"What is approved for certification is tried by its computers, and stands here " +
			"until it goes to production.",
			h("a", { class: "button primary", href: to("updates", { decision: "certify" }) },
			  "Updates that wait for certification")));
	else
		page.root.append(h("div", { class: "listing-head" },
			h("p", { class: "total" }, count(items.length, "update")),
			h("span", { class: "links" }, exportLinks("certification", {}, "certification"))));
	page.root.append(...sorted(items).map(([one, mine]) => section(page, one, mine)).filter(Boolean));
	page.every(REFRESH_S, async () => {
		const now = await get("certification", { limit: SHOWN },
				      { signal: page.signal }).catch(() => null);

		/* not under somebody's hands */
		if (now && JSON.stringify(now.items) !== shown &&
		    !document.querySelector("dialog[open]") && !page.root.matches(":focus-within"))
			page.refresh();
	});
}
