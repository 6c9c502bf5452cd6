/* plan.js - what a decision would do, as the server's dry run says it
 *
 * planBox(plan, { kind, channel, add }) shows it; add(candidate) takes a missing dependency in.
 * changed(plan) names the updates it would change something for, each once: an item is an update in
 * one channel.
 */
import * as badge from "./badge.js";
import { h } from "./dom.js";
import { said } from "./said.js";
import { table } from "./table.js";
import { nameCell, shortName } from "./update.js";
import { bytes, count, number } from "./words.js";

const LINES_MAX = 200; /* shown; the figures are of all */

const COLUMNS = [
	{ name: "update", label: "Update", cell: (item) => nameCell(item.update) },
	{ name: "channel", label: "Channel", cell: (item) => item.channel || "–" },
	{ name: "rating", label: "Rating", cell: (item) => badge.rating(item.rating) },
	{ name: "computers", label: "Computers", kind: "number", cell: (item) =>
		number(item.computers) },
	{ name: "size", label: "Size", kind: "number", cell: (item) => bytes(item.size) },
];

export function changed(plan) {
	return [...new Set(plan.items.filter((item) => !item.unchanged).map((item) => item.update))];
}

function sentence(plan, kind) {
	const n = changed(plan).length;
	const computers = plan.computers === undefined ? "" :
		` for ${count(plan.computers, "computer")}`;

	if (n === 0)
		return "Nothing would change.";
	if (kind === "approve")
		return `${count(n, "update")}${computers}: ${bytes(plan.size)} in ` +
			`${count(plan.payloads, "payload")}, ` + (plan.to_fetch > 0 ?
			`${bytes(plan.to_fetch)} to be fetched first.` : "all of them already here.");
	if (kind === "recall")
		return `${count(n, "update")}${computers}: out of the next publication at once.`;
	return `${count(n, "update")}: no longer offered for a decision. It can be approved later.`;
}

function missingBox(plan, add) {
	return plan.missing.length === 0 ? null :
		h("div", { class: "box warn" },
		  h("h3", null, "Not everything these need is there"),
		  h("p", null, "Computers could not install them until it is approved too."),
		  h("ul", { class: "plain-list" }, plan.missing.map((one) => h("li", null,
			h("bdi", null, one.package), " needs ", h("bdi", null, one.dependency),
			", from ", nameCell(one.candidate), " ",
			h("button", { type: "button", class: "small", onclick: () =>
				add(one.candidate),
				      "aria-label": `Add ${shortName(one.candidate)}` }, "Add")))));
}

function unchangedNote(plan) {
	const n = plan.items.filter((item) => item.unchanged).length;

	return n === 0 || n === plan.items.length ? null :
		h("p", { class: "quiet" }, n === 1 ? "One is so already and stays as it is." :
			`${count(n, "update")} are so already and stay as they are.`);
}

export function planBox(plan, { kind, add }) {
	const items = plan.items.filter((item) => !item.unchanged);
	const columns = kind === "decline" ?
		COLUMNS.filter((one) => one.name === "update" || one.name === "rating") : COLUMNS;
	const lines = table({ caption: "What is decided", columns,
			      items: items.slice(0, LINES_MAX) });

	return h("div", { class: "plan" }, h("p", { class: "strong" }, sentence(plan, kind)),
		 unchangedNote(plan),
		 plan.warnings.map((text) => said(text, "warning")),
		 missingBox(plan, add),
		 items.length > 0 && h("div", { class: "scroll", tabindex: "0", role: "region",
						"aria-label": "What is decided" }, lines.root),
		 items.length > LINES_MAX &&
		 h("p", { class: "quiet" }, `and ${count(items.length - LINES_MAX, "more", "more")}`));
}
