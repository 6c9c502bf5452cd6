/* filters.js - the filters of a listing: a form whose state is the link's
 *
 * root is the form (label is what it is called where there are several), chips what a listing shows
 * beside its total.
 * list: [{ name, label, type: "search", "text", "date" or "select", options: [[value, text]] or an
 * async function that gives them, placeholder }]. change({ name: value }) is called while somebody
 * types, a moment after. show(query) brings the form to what a link says; arguments that have no
 * field are shown with a button that removes them, so that no filter works unseen.
 */
import { fill, h, uniqueId } from "./dom.js";

const TYPING_MS = 250;
const WIDE = "(min-width: 48rem)";
const NO_FILTER = new Set(["sort", "offset", "limit"]);

async function addOptions(select, options) {
	const given = typeof options === "function" ? await options().catch(() => []) : options;
	const value = select.value;

	fill(select, h("option", { value: "" }, "any"),
	     given.map(([of, text]) => h("option", { value: of }, text)));
	choose(select, value);
}

/* Also what is no option: a link may name it, and the server will say what it thinks of it. */
function choose(select, value) {
	if (value && ![...select.options].some((one) => one.value === value))
		select.append(h("option", { value }, value));
	select.value = value;
}

function makeField(filter, change) {
	const id = uniqueId("filter");
	let timer = null;
	const input = filter.type === "select" ? h("select", { id }) :
		h("input", { id, type: filter.type, placeholder: filter.placeholder,
			     autocomplete: "off", spellcheck: "false" });
	const tell = () => change({ [filter.name]: input.value });

	if (filter.type === "select") {
		addOptions(input, filter.options);
		input.addEventListener("change", tell);
	} else {
		input.addEventListener("input", () => {
			clearTimeout(timer);
			timer = setTimeout(tell, filter.type === "date" ? 0 : TYPING_MS);
		});
	}
	return { name: filter.name, input,
		 root: h("div", { class: `filter ${filter.type}` }, h("label", { for: id },
								      filter.label), input) };
}

export function filters({ list, query, change, label = null }) {
	const fields = list.map((filter) => makeField(filter, change));
	const first = fields.filter((one) => one.root.classList.contains("search"));
	const others = fields.filter((one) => !first.includes(one));
	const others_box = h("details", { class: "more", open: matchMedia(WIDE).matches },
			     h("summary", null, "Filters"),
			     h("div", { class: "fields" }, others.map((one) => one.root)));
	const chips = h("div", { class: "chips" });
	const root = h("form", { class: "filters", role: "search", "aria-label": label || null,
				 onsubmit: (event) => event.preventDefault() },
		       first.map((one) => one.root), others.length > 0 && others_box);

	function showChips(given) {
		const unseen = [...given.keys()].filter((name) =>
			!NO_FILTER.has(name) && !fields.some((one) => one.name === name));
		const any = [...given.keys()].filter((name) => !NO_FILTER.has(name));

		fill(chips, unseen.map((name) => h("span", { class: "chip" },
			h("span", null, `${name}: `, h("bdi", null, given.get(name))),
			h("button", { type: "button", class: "icon", "aria-label": `Remove ${name}`,
				      onclick: () => change({ [name]: null }) }, "×"))),
		     any.length > 0 && h("button", { type: "button", class: "link", onclick: () =>
			change(Object.fromEntries(any.map((name) => [name, null]))) },
			"Clear filters"));
	}

	const one = {
		root, chips,
		show(given) {
			for (const { name, input } of fields) {
				const value = given.get(name) ?? "";

				if (input.tagName === "SELECT")
					choose(input, value);
				else if (input !== document.activeElement || !value)
					input.value = value;
				if (value && input.closest("details"))
					others_box.open = true;
			}
			showChips(given);
		},
		focus: () => fields[0]?.input.focus(),
		/** Whether a link filters at all. */
		isFiltering: (given) => [...given.keys()].some((name) => !NO_FILTER.has(name)),
	};

	one.show(query);
	return one;
}
