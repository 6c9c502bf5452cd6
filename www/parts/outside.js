/* outside.js - the form on a page of its own that is shown before anybody is signed in */
import { fill, h } from "./dom.js";
import { said } from "./said.js";

/** What run throws is shown; it may be called again. */
export function outsideForm({ title, lead = null, body, label, run, foot = null }) {
	const alert = h("div", { class: "alert", role: "alert" });
	const button = h("button", { type: "submit", class: "primary" }, label);
	const form = h("form", { class: "outside-form", novalidate: true, onsubmit: async (event) => {
		event.preventDefault();
		fill(alert);
		button.disabled = true;
		try {
			await run();
		} catch (problem) {
			fill(alert, said(problem.message));
		} finally {
			button.disabled = false;
		}
	} },
	h("div", { class: "brand" }, h("img", { src: "icon.svg", alt: "", width: 40, height: 40 }),
	  "Sluice"),
	h("h1", null, title), lead, body, alert, button, foot);

	return form;
}
