/* updates.js - the updates there are: find them, select them, decide */
import { h } from "../parts/dom.js";
import * as badge from "../parts/badge.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { bytes, number, time } from "../parts/words.js";

export const fullName = (one) => `${one.upstream}/${one.name}=${one.version}`;

const COLUMNS = [
	{ name: "name", label: "Update", sort: true, cell: (one) =>
		[one.name, " ", h("span", { class: "quiet" }, one.version)] },
	{ name: "summary", label: "Summary", kind: "wide", cell: (one) => one.summary },
	{ name: "rating", label: "Rating", sort: "desc", cell: (one) => badge.rating(one.rating) },
	{ name: "state", label: "State", sort: true, cell: (one) => badge.state(one.state) },
	{ name: "needed", label: "Needed by", kind: "number", sort: "desc",
	  cell: (one) => number(one.needed) },
	{ name: "size", label: "Size", kind: "number minor", sort: "desc",
	  cell: (one) => bytes(one.size) },
	{ name: "released_at", label: "Released", sort: "desc", cell: (one) =>
		time(one.released_at || one.seen_at, "day") },
];

export function show(page) {
	page.head("Updates");
	const list = listing({
		page, path: "updates", noun: ["update", "updates"], columns: COLUMNS,
		sort: "-released_at",
		filters: [{ name: "text", label: "Find", type: "search" }],
		href: (one) => to("update", { name: fullName(one) }),
		empty: () => emptyBox("No updates yet", "They come with an upstream's first sync."),
	});

	page.root.append(list.root);
	return list.update;
}
