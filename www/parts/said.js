/* said.js - text that somebody or some program wrote, of whatever length
 *
 * said(text) is a paragraph that keeps its lines; of a long one it shows the beginning and a button
 * that shows all of it.
 */
import { h } from "./dom.js";

const SHOWN = 400; /* characters */

export function said(text, className = "") {
	const root = h("p", { class: `said ${className}` }, h("bdi", null, text));

	if (text.length > SHOWN) {
		const beginning = h("bdi", null, `${text.slice(0, SHOWN)}… `);
		const more = h("button", { type: "button", class: "link", onclick: () => {
			root.replaceChildren(h("bdi", { tabindex: "-1" }, text));
			root.firstChild.focus();
		} }, "Show all");

		root.replaceChildren(beginning, more);
	}
	return root;
}
