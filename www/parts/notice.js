/* notice.js - what happened, said once: at the edge of the page, or where it went wrong
 *
 * notice("3 updates approved") is seen and read aloud, and goes after a while; bad news
 * (tone "bad") stays until it is closed. problemBox(problem, retry) is what a view shows in place
 * of what it could not load. emptyBox(...) is a listing without lines: what it means, what to do.
 */
import { fill, h } from "./dom.js";
import { said } from "./said.js";

const SHOWN_MS = 8000;

/** tone: "good", "bad"; link: [text, href] */
export function notice(text, { tone = "good", link = null } = {}) {
	const close = () => box.remove();
	const box = h("div", { class: `notice ${tone}` },
		      h("p", null, text, link && [" ", h("a", { href: link[1] }, link[0])]),
		      h("button", { type: "button", class: "icon", onclick: close,
				    "aria-label": "Close this message" }, "×"));

	document.getElementById("notices").append(box);
	if (tone !== "bad")
		setTimeout(close, SHOWN_MS);
}

const TITLES = {
	offline: "The server cannot be reached",
	conflict: "Somebody was faster",
	throttled: "Too many attempts",
};

function titleOf(problem) {
	if (TITLES[problem.kind])
		return TITLES[problem.kind];
	if (problem.status === 403)
		return "This is refused";
	if (problem.status === 404)
		return "There is no such thing";
	return problem.status === 400 ? "The server does not understand this" : "This did not work";
}

/** retry: a function, or null; actions: nodes, what else can be done */
export function problemBox(problem, retry = null, actions = []) {
	return h("div", { class: "box bad", role: "alert" },
		 h("h2", null, titleOf(problem)),
		 said(problem.message),
		 h("p", { class: "buttons" },
		   retry && h("button", { type: "button", onclick: retry }, "Try again"),
		   actions));
}

/** actions: nodes */
export function emptyBox(title, text, ...actions) {
	return h("div", { class: "box empty" }, h("h2", null, title), h("p", null, text),
		 actions.some(Boolean) && h("p", { class: "buttons" }, actions));
}

/** A line in place for something that is loading; seen only when it takes a while. */
export function loading(element, text = "Loading …") {
	return fill(element, h("p", { class: "loading" }, text));
}
