/* table.js - items as lines, with headings that sort
 *
 *   const lines = table({ caption: "Packages", columns, items });   // lines.root, lines.rows
 *
 * A column: { name, label, cell(item) -> node or text, kind: "number", "wide" or "minor" (left out
 * where it is narrow), sort: true or "desc" (what the first click gives) }. href(item) makes the
 * first cell a link. group(item) gives headings between lines. sort is "name" or "-name",
 * onsort(sort) is told what to be. check: { has(item), set(item, on), label(item) } puts a box
 * before each line, and one over all. The first cell and wide ones are cut after two lines. On a narrow screen lines become cards, with the labels at
 * their values.
 */
import { h } from "./dom.js";

function nextSort(column, sort) {
	const first = column.sort === "desc" ? `-${column.name}` : column.name;
	const other = column.sort === "desc" ? column.name : `-${column.name}`;

	return sort === first ? other : first;
}

function heading(column, sort, onsort) {
	const by = sort === column.name ? "ascending" : sort === `-${column.name}` ? "descending" : null;
	const attributes = { scope: "col", class: column.kind, "aria-sort": by };

	if (!column.label) /* its cells have buttons that say what they are */
		return h("td", { class: column.kind });
	if (!column.sort || !onsort)
		return h("th", attributes, column.label);
	return h("th", attributes, h("button", {
		type: "button", class: "sort", onclick: () => onsort(nextSort(column, sort)),
	}, column.label, h("span", { class: "arrow", "aria-hidden": "true" },
			   by === "ascending" ? "↑" : by === "descending" ? "↓" : "")),
		 h("span", { class: "on-paper" }, column.label));
}

function checkAllBox(items, check, rows) {
	const box = h("input", { type: "checkbox", "aria-label": "Select all on this page" });
	const show = () => {
		const n = items.filter((item) => check.has(item)).length;

		box.checked = n > 0 && n === items.length;
		box.indeterminate = n > 0 && n < items.length;
	};

	box.addEventListener("change", () => {
		for (const row of rows)
			row.check(box.checked);
	});
	show();
	return { box, show };
}

function makeRow(item, columns, href, check, changed) {
	const box = check && h("input", { type: "checkbox", checked: check.has(item),
					  "aria-label": `Select ${check.label(item)}` });
	const cells = columns.map((column, i) => {
		const inside = column.cell(item);
		const linked = i === 0 && href ? h("a", { href: href(item) }, inside) : inside;
		const cell = i === 0 || /wide/.test(column.kind) ?
			h("div", { class: "clip" }, linked) : linked;

		return i === 0 ? h("th", { scope: "row", class: column.kind }, cell) :
			h("td", { class: column.kind, "data-label": column.label }, cell);
	});
	const root = h("tr", null, box && h("td", { class: "box-cell" }, box), cells);
	const row = {
		item, root,
		focus: () => (root.querySelector("a") ?? root.querySelector("button, input") ?? root).focus(),
		check(on) {
			box.checked = on;
			check.set(item, on);
			root.classList.toggle("selected", on);
			changed();
		},
		toggle: () => row.check(!box.checked),
	};

	root.classList.toggle("selected", Boolean(box?.checked));
	box?.addEventListener("change", () => row.check(box.checked));
	return row;
}

export function table({ caption, columns, items, href = null, group = null, sort = null,
			onsort = null, check = null }) {
	const rows = [];
	const all = check && checkAllBox(items, check, rows);
	const root = h("table", { class: "lines" }, h("caption", { class: "hidden" }, caption),
		h("thead", null, h("tr", null, all && h("td", { class: "box-cell" }, all.box),
				   columns.map((column) => heading(column, sort, onsort)))));
	const width = columns.length + (check ? 1 : 0);
	let body = null, name;

	for (const item of items) {
		const of = group ? group(item) : null;

		if (!body || of !== name) {
			body = h("tbody", null, of && h("tr", { class: "group" },
				h("th", { colspan: width, scope: "rowgroup" }, of)));
			root.append(body);
			name = of;
		}
		rows.push(makeRow(item, columns, href, check, () => all?.show()));
		body.append(rows.at(-1).root);
	}
	return { root, rows };
}
