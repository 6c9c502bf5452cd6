/* listing.js - a list that the server pages, sorts and filters, and whose state is its link
 *
 *   const list = listing({ page, path: "computers", noun: ["computer", "computers"], columns,
 *                          filters, href: (one) => to(["computers", one.id]), empty: () => … });
 *   page.root.append(list.root);
 *   return list.update;                  // show() gives it to the page: called for a new query
 *
 * path and args go to the API, with all arguments of the link; columns, href and group as in
 * table.js; filters as in filters.js. sort: what the order is when the link says none. empty() is
 * the box shown when there is nothing at all. select: { key(item), label(item), bar(items) ->
 * nodes } lets people select many, also over pages: bar gives the buttons for what is selected.
 * keys: more keys, each told the item at hand. api: false leaves out the CSV and JSON links,
 * paged: false is for what the server gives whole.
 * update(query), reload(), clear() (the selection), current() (the item with the focus).
 */
import { address, get } from "../api.js";
import { fill, h } from "./dom.js";
import { filters as makeFilters } from "./filters.js";
import { helpButton, keys as installKeys } from "./keys.js";
import { emptyBox, problemBox } from "./notice.js";
import { selection } from "./selection.js";
import { table } from "./table.js";
import { count, number } from "./words.js";

const LIMIT = 50;

function pager(answer, offset, go) {
	const last = Math.min(offset + LIMIT, answer.total);
	const button = (text, to, possible) =>
		h("button", { type: "button", disabled: !possible, onclick: () => go(to) }, text);

	return answer.total <= LIMIT && offset === 0 ? null :
		h("nav", { class: "pages", "aria-label": "Pages" },
		  button("Previous", Math.max(0, offset - LIMIT), offset > 0),
		  h("span", null, `${number(Math.min(offset + 1, answer.total))}–${number(last)} of ` +
		    number(answer.total)),
		  button("Next", offset + LIMIT, last < answer.total));
}

function sortChoice(columns, sort, onsort) {
	const choices = columns.filter((one) => one.sort).flatMap((one) => [
		[one.name, `${one.label} ↑`], [`-${one.name}`, `${one.label} ↓`]]);

	return choices.length === 0 ? null :
		h("label", { class: "sort-choice" }, "Sort by ",
		  h("select", { value: sort, onchange: (event) => onsort(event.target.value) },
		    choices.map(([value, text]) => h("option", { value }, text))));
}

export function listing({ page, path, args = {}, noun, columns, filters = [], href = null,
			  group = null, sort = null, empty, select = null, keys = [], api = true,
			  paged = true }) {
	let query = page.query, loading = null, rows = [];
	const head = h("p", { class: "total", "aria-live": "polite" });
	const links = h("span", { class: "links" });
	const place = h("div", { class: "place" });
	const change = (changes) => page.go({ offset: null, ...changes }, { replace: true });
	const bar = makeFilters({ list: filters, query, change });
	const chosen = select && selection({ ...select, noun, changed: () => show(shown) });
	let shown = null;
	const root = h("section", { class: "listing", "aria-label": noun[1] },
		       filters.length > 0 && bar.root,
		       h("div", { class: "listing-head" }, head, bar.chips, links), place, chosen?.root);

	const given = () => ({ ...args, ...(sort ? { sort } : {}),
			       ...Object.fromEntries(query), limit: paged ? LIMIT : null });

	function showLinks() {
		const { limit, offset, ...rest } = given();

		fill(links, sortChoice(columns, rest.sort, (to) => change({ sort: to })),
		     api && h("a", { href: address(path, { ...rest, format: "csv" }),
				     download: `${noun[1]}.csv` }, "CSV"),
		     api && h("a", { href: address(path, given()), target: "_blank" }, "JSON"),
		     rows.length > 0 && h("span", { class: "for-keys" }, helpButton()));
	}

	function show(answer) {
		const at = rows.findIndex((row) => row.root.contains(document.activeElement));
		const lines = table({ caption: noun[1], columns, items: answer.items, href,
				      sort: given().sort,
				      onsort: (to) => change({ sort: to }), check: chosen?.check,
				      group: group && group(given().sort) });

		shown = answer;
		rows = lines.rows;
		fill(head, count(answer.total ?? answer.items.length, ...noun));
		showLinks();
		if (rows.length > 0)
			fill(place, lines.root,
			     pager(answer, Number(query.get("offset") ?? 0), (offset) => {
				page.go({ offset: offset || null });
				root.scrollIntoView();
			     }));
		else
			fill(place, bar.isFiltering(query) || query.get("offset") ?
			     emptyBox(`No ${noun[1]} match`, "Nothing fits all of these filters.",
				      h("button", { type: "button", onclick: () =>
					change(Object.fromEntries([...query.keys()].map((name) =>
						[name, null]))) }, "Clear filters")) : empty());
		if (at >= 0)
			rows[Math.min(at, rows.length - 1)]?.focus();
	}

	async function reload() {
		loading?.abort();
		loading = new AbortController();
		const signal = AbortSignal.any([loading.signal, page.signal]);

		place.setAttribute("aria-busy", "true");
		try {
			const answer = await get(path, given(), { signal });

			place.removeAttribute("aria-busy");
			show(answer);
		} catch (problem) {
			if (problem.name === "AbortError")
				return;
			place.removeAttribute("aria-busy");
			rows = [];
			fill(head);
			fill(place, problemBox(problem, reload));
		}
	}

	const current = () => rows.find((row) => row.root.contains(document.activeElement));
	const move = (by) => {
		const at = rows.indexOf(current());
		const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];

		next?.focus();
		next?.root.scrollIntoView({ block: "nearest" });
	};

	installKeys(page.signal, [
		{ key: "j", does: "Next line", run: () => move(1) },
		{ key: "k", does: "Line before", run: () => move(-1) },
		{ key: "x", does: select && "Select the line, or not",
		  run: () => select && current() ? current().toggle() : false },
		{ key: "/", does: filters.length > 0 && "Find", run: () => bar.focus() },
		...keys.map((one) => ({ ...one, run: () => one.run(current()?.item ?? null) })),
	]);
	reload();
	return {
		root, reload,
		update(to) {
			query = to;
			bar.show(to);
			return reload();
		},
		clear: () => chosen?.clear(),
		selected: () => chosen?.items() ?? [],
		current: () => current()?.item ?? null,
	};
}
