/* listing.js - a list that the server pages, sorts and filters, and whose state is its link
 *
 *   const list = listing({ page, path: "computers", noun: ["computer", "computers"], columns,
 *                          filters, href: (one) => to(["computers", one.id]), empty: () => … });
 *   page.root.append(list.root);
 *   return list.update;                  // show() gives it to the page: called for a new query
 *
 * path and args go to the API, with all arguments of the link; columns, href and group as in
 * table.js; filters as in filters.js. sort: what the order is when the link says none, or a function
 * that says it of a link's query ("": the server's own); orders(query): [[value, text]] that no
 * column has. empty() is the box shown when there is nothing at all. select: { key(item), label(item),
 * bar(items) -> nodes } lets people select many, also over pages: bar gives the buttons for what is
 * selected. keys: more keys, each told the item at hand; null: none at all.
 * caption: what the table is called (the noun). limit: how many lines a page has (50). prefix: where a
 * view has several lists, what the arguments of this one begin with in the link, "syncs."; one of them
 * has the keys. few: up to how many lines (10) there are no filters, unless a link filters.
 * update(query), reload({ background: by itself, see api.js }), clear() (the selection), current()
 * (the item with the focus).
 */
import { get } from "../api.js";
import { fill, h } from "./dom.js";
import { exportLinks } from "./export.js";
import { filters as makeFilters } from "./filters.js";
import { helpButton, keys as installKeys } from "./keys.js";
import { emptyBox, problemBox } from "./notice.js";
import { selection } from "./selection.js";
import { table } from "./table.js";
import { count, number } from "./words.js";

const LIMIT = 50;
const FEW = 10;
/* what a listing says itself, whatever a link says */
const OWN = ["format", "limit"];

function pager(answer, { offset, limit, label, go }) {
	const last = Math.min(offset + limit, answer.total);
	const button = (text, to, possible) =>
		h("button", { type: "button", disabled: !possible, onclick: () => go(to) }, text);

	return answer.total <= limit && offset === 0 ? null :
		h("nav", { class: "pages", "aria-label": label },
		  button("Previous", Math.max(0, offset - limit), offset > 0),
		  h("span", null, `${number(Math.min(offset + 1, answer.total))}–${number(last)} of ` +
		    number(answer.total)),
		  button("Next", offset + limit, last < answer.total));
}

function sortChoice(columns, orders, sort, onsort) {
	const choices = [...orders, ...columns.filter((one) => one.sort).flatMap((one) => [
		[one.name, `${one.label} ↑`], [`-${one.name}`, `${one.label} ↓`]])];

	return choices.length === 0 ? null :
		h("label", { class: orders.length > 0 ? "sort-choice wide" : "sort-choice" }, "Sort by ",
		  h("select", { value: sort ?? "", onchange: (event) => onsort(event.target.value) },
		    choices.map(([value, text]) => h("option", { value }, text))));
}

class Listing {
	constructor(options) {
		const { page, noun, filters = [], prefix = "", select = null } = options;

		this.options = options;
		this.query = this.own(page.query);
		this.rows = [];
		this.asked = null; /* AbortController of the request under way */
		this.bar = makeFilters({ list: filters, query: this.query, change: this.change,
					 label: prefix && `Find ${noun[1]}` });
		this.chosen = select && selection({ ...select, noun, changed: () => this.show() });
		this.head = h("p", { class: "total", "aria-live": "polite" });
		this.links = h("span", { class: "links" });
		this.place = h("div", { class: "place" });
		/* what is above the lines; of no use where there is nothing at all */
		this.top = h("div", null, filters.length > 0 && this.bar.root,
			     h("div", { class: "listing-head" }, this.head, this.bar.chips,
			       this.links));
		this.root = h("section", { "aria-label": noun[1] }, this.top, this.place,
			      this.chosen?.root);
		this.installKeys();
	}

	/** Of the link's arguments those that are about this list, as the API calls them. */
	own(query) {
		const { prefix = "", args = {} } = this.options;
		const isOwn = (name) => (prefix ? name.startsWith(prefix) : !name.includes("."));
		const own = [...query].filter(([name]) => isOwn(name))
			.map(([name, value]) => [name.slice(prefix.length), value]);

		return new URLSearchParams(own.filter(([name]) => !OWN.includes(name) && !(name in args)));
	}

	go(changes, how) {
		const { page, prefix = "" } = this.options;

		page.go(Object.fromEntries(Object.entries(changes).map(([name, value]) =>
			[prefix + name, value])), how);
	}

	/** Other arguments of the address: begins at the first page again. */
	change = (changes) => this.go({ offset: null, ...changes }, { replace: true });

	update = (query) => {
		this.query = this.own(query);
		this.bar.show(this.query);
		return this.reload();
	};

	/** What the API is asked for. */
	given() {
		const { args = {}, sort: order = null, limit = LIMIT } = this.options;
		const sort = typeof order === "function" ? order(this.query) : order;

		return { ...args, ...(sort ? { sort } : {}), ...Object.fromEntries(this.query),
			 limit };
	}

	reload = async ({ background = false } = {}) => {
		const { page, path } = this.options;

		this.asked?.abort();
		this.asked = new AbortController();
		this.place.setAttribute("aria-busy", "true");
		try {
			this.answer = await get(path, this.given(), {
				signal: AbortSignal.any([this.asked.signal, page.signal]), background });
			this.place.removeAttribute("aria-busy");
			this.show();
		} catch (problem) {
			if (problem.name === "AbortError")
				return;
			this.place.removeAttribute("aria-busy");
			if (!background || problem.kind !== "offline")
				this.showProblem(problem);
		}
	};

	show() {
		const { columns, href = null, group = null, noun, caption = noun[1], prefix = "", few = FEW,
			limit = LIMIT } = this.options;
		const { answer } = this;
		const at = this.rows.indexOf(this.currentRow());
		const { sort } = this.given();
		const lines = table({ caption, columns, items: answer.items, href, sort,
				      onsort: (to) => this.change({ sort: to }),
				      check: this.chosen?.check, group: group && group(sort) });

		this.rows = lines.rows;
		fill(this.head, count(answer.total ?? answer.items.length, ...noun));
		this.showLinks();
		this.top.hidden = this.rows.length === 0 && !this.isNarrowed();
		this.bar.root.hidden = answer.total <= few && !this.isNarrowed();
		if (this.rows.length === 0)
			fill(this.place, this.emptyBox());
		else
			fill(this.place, lines.root, pager(answer, {
				offset: Number(this.query.get("offset") ?? 0), limit,
				label: prefix ? `Pages of ${noun[1]}` : "Pages",
				go: (offset) => {
					this.go({ offset: offset || null });
					this.root.scrollIntoView();
				},
			}));
		if (at >= 0)
			this.rows[Math.min(at, this.rows.length - 1)]?.focus();
	}

	showLinks() {
		const { columns, orders = () => [], path, noun, prefix = "" } = this.options;
		const args = this.given();

		fill(this.links, sortChoice(columns, orders(this.query), args.sort,
					    (to) => this.change({ sort: to || null })),
		     exportLinks(path, args, noun[1], { of: prefix && noun[1] }),
		     this.rows.length > 0 && this.options.keys !== null &&
			h("span", { class: "for-keys" }, helpButton()));
	}

	showProblem(problem) {
		this.rows = [];
		this.top.hidden = false;
		fill(this.head);
		/* what the server does not understand stays so; else it may be there again */
		fill(this.place, problem.status === 400 ? problemBox(problem, null, [this.clearButton()]) :
			problemBox(problem, () => this.reload()));
	}

	clearButton() {
		return h("button", { type: "button", onclick: () => this.change(Object.fromEntries(
			[...this.query.keys()].map((name) => [name, null]))) }, "Clear filters");
	}

	/** Whether the link leaves out anything. */
	isNarrowed() {
		return this.bar.isFiltering(this.query) || this.query.has("offset");
	}

	emptyBox() {
		const { noun, empty } = this.options;

		return this.isNarrowed() ?
			emptyBox(`No ${noun[1]} match`, "Nothing fits all of these filters.",
				 this.clearButton()) : empty();
	}

	installKeys() {
		const { page, filters = [], keys = [] } = this.options;

		if (keys === null)
			return;
		installKeys(page.signal, [
			{ key: "j", does: "Next line", run: () => this.move(1) },
			{ key: "k", does: "Line before", run: () => this.move(-1) },
			{ key: "x", does: this.chosen && "Select the line, or not",
			  run: () => (this.chosen && this.currentRow() ?
				this.currentRow().toggle() : false) },
			{ key: "/", does: filters.length > 0 && "Find", run: () => this.bar.focus() },
			...keys.map((one) => ({ ...one, run: () => one.run(this.current()) })),
		]);
	}

	currentRow() {
		return this.rows.find((row) => row.root.contains(document.activeElement));
	}

	move(by) {
		const at = this.rows.indexOf(this.currentRow());
		const next = this.rows[at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by];

		next?.focus();
		next?.root.scrollIntoView({ block: "nearest" });
	}

	current = () => this.currentRow()?.item ?? null;
	selected = () => this.chosen?.items() ?? [];
	clear = () => this.chosen?.clear();
}

export function listing(options) {
	const list = new Listing(options);

	list.reload();
	return list;
}
