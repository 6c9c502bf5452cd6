/* updates.js - the updates there are: find them, select them, decide */
import { BOTH, decide } from "../parts/decision.js";
import { h } from "../parts/dom.js";
import * as badge from "../parts/badge.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { rate } from "../parts/rate.js";
import { RATING_FILTER } from "../parts/rating.js";
import { to } from "../parts/route.js";
import { fullName } from "../parts/update.js";
import { bytes, count, dayName, number, time } from "../parts/words.js";

/** How much an update mends, as far as anybody said: "high, 3 CVEs". */
function fixes({ severity, cves }) {
	const n = cves.split(" ").filter(Boolean).length;

	return [severity !== "unknown" && severity, n > 0 && count(n, "CVE")].filter(Boolean).join(", ") || "–";
}

const COLUMNS = [
	{ name: "name", label: "Update", sort: true, cell: (one) =>
		[h("bdi", null, one.name), " ", h("bdi", { class: "version" }, one.version)] },
	{ name: "summary", label: "Summary", kind: "wide", cell: (one) => one.summary },
	{ name: "fixes", label: "Fixes", kind: "nowrap", cell: fixes },
	{ name: "rating", label: "Rating", sort: "desc", cell: (one) => badge.rating(one.rating) },
	{ name: "state", label: "State", sort: true, cell: (one) => badge.state(one.state) },
	{ name: "needed", label: "Needed by", kind: "number", sort: "desc",
	  cell: (one) => number(one.needed) },
	{ name: "size", label: "Size", kind: "number minor", sort: "desc",
	  cell: (one) => bytes(one.size) },
	{ name: "released_at", label: "Released", kind: "nowrap minor", sort: "desc",
	  cell: (one) => time(one.released_at || one.seen_at, "day") },
];

const STATES = ["known", "certification", "production", "declined", "recalled", "superseded",
		"withdrawn"];
const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name or words of the summary" },
	{ name: "cve", label: "CVE", type: "text", placeholder: "CVE-2026-1234" },
	{ name: "package", label: "Package", type: "text", placeholder: "libssl3" },
	{ name: "section", label: "Section", type: "text", placeholder: "libs" },
	RATING_FILTER,
	{ name: "state", label: "State", type: "select", options: STATES.map((one) => [one, one]) },
	{ name: "day", label: "Released on", type: "date" },
	{ name: "decision", label: "Awaits", type: "select", options: [
		["certify", "certification"], ["promote", "production"],
		["failing", "a look at why it fails"]] },
];

/* The decisions this person may take, with their keys. */
function decisions(page) {
	return [
		{ key: "a", label: "Approve", right: "certify", kind: "approve", tone: "primary" },
		{ key: "d", label: "Decline", right: "approve", kind: "decline" },
		{ key: "r", label: "Rate", right: "certify" },
		{ key: "R", label: "Recall", right: "certify", kind: "recall" },
	].filter((one) => page.may(one.right));
}

function start(page, one, items, list) {
	const names = items.map(fullName);
	const done = one.kind ? decide({
		page, kind: one.kind, names,
		channel: one.kind === "recall" ? BOTH :
			items.every((item) => item.certification === "approved") ?
			"production" : "certification",
	}) : rate({ page, names });

	return done.then((changed) => {
		if (changed) {
			list.clear();
			list.reload();
		}
	});
}

export function show(page) {
	const mine = decisions(page);

	page.head("Updates");
	const list = listing({
		page, path: "updates", noun: ["update", "updates"], few: 0, columns: COLUMNS, filters: FILTERS,
		sort: (query) => (query.get("text") ? "" :
			query.get("decision") === "certify" ? "urgency" : "-released_at"),
		orders: (query) => [...(query.get("text") ? [["", "Best match first"]] : []),
				    ["urgency", "Most urgent first"]],
		href: (one) => to("update", { name: fullName(one) }),
		/* by the server's day, which the filter and the order are of */
		group: (sort) => /released_at$/.test(sort) &&
			((one) => dayName(one.released_day ?? new Date(one.released_at * 1000)
				.toISOString().slice(0, 10))),
		select: mine.length > 0 && {
			key: fullName,
			label: (one) => `${one.name} ${one.version}`,
			bar: (items) => mine.map((one) => h("button", {
				type: "button", class: one.tone, "aria-keyshortcuts": one.key,
				onclick: () => start(page, one, items, list),
			}, `${one.label} …`)),
		},
		keys: mine.map((one) => ({
			key: one.key, does: `${one.label} what is selected, or the line`,
			run(item) {
				const items = list.selected().length > 0 ? list.selected() : [item];

				return items[0] ? void start(page, one, items, list) : false;
			},
		})),
		empty: () => emptyBox("No updates yet",
			"They come with the first sync of an upstream.",
			h("a", { class: "button primary", href: to("upstreams") }, "See the upstreams")),
	});

	page.root.append(list.root);
	return list.update;
}
