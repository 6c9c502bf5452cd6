/* secret.js - what is shown once: a text to be taken along
 *
 * secretBox("Token", text) is a field that cannot be changed, with a button that copies it where the
 * browser lets a page do that; .set(text) shows another text.
 */
import { h, uniqueId } from "./dom.js";

export function secretBox(label, text) {
	const id = uniqueId("secret");
	const area = h("textarea", { id, readonly: true, rows: 2, value: text, class: "mono",
				     spellcheck: "false", onfocus: () => area.select() });
	const said = h("span", { role: "status", class: "small-text quiet" });
	const copy = navigator.clipboard && h("button", { type: "button", class: "small",
		onclick: async () => {
			await navigator.clipboard.writeText(area.value).then(
				() => { said.textContent = "Copied."; },
				() => area.select());
		} }, "Copy", h("span", { class: "hidden" }, ` ${label}`));

	return {
		root: h("div", { class: "field secret" }, h("label", { for: id }, label), area,
			h("div", { class: "buttons" }, copy, said)),
		set(other) {
			area.value = other;
			said.textContent = "";
		},
	};
}
