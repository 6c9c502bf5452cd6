/* selection.js - what is selected in a listing, also on pages that are not shown
 *
 * key(item) says which items are the same; bar(items) gives the buttons; check is what table.js
 * takes; changed() is called when the selection was cleared.
 */
import { fill, h } from "./dom.js";
import { count } from "./words.js";

export function selection({ key, label, bar, noun, changed }) {
	const chosen = new Map();
	const root = h("div", { class: "selection", role: "region", "aria-label": "Selection" });
	const show = () => {
		root.classList.toggle("shown", chosen.size > 0);
		fill(root, chosen.size > 0 && [
			h("strong", { role: "status" }, `${count(chosen.size, ...noun)} selected`),
			h("div", { class: "buttons" }, bar([...chosen.values()]),
			  h("button", { type: "button", class: "link", onclick: clear },
			    "Select none"))]);
	};
	const clear = () => {
		chosen.clear();
		show();
		changed();
	};

	show();
	return {
		root, clear,
		items: () => [...chosen.values()],
		check: {
			label,
			has: (item) => chosen.has(key(item)),
			set(item, on) {
				if (on)
					chosen.set(key(item), item);
				else
					chosen.delete(key(item));
				show();
			},
		},
	};
}
