/* keys.js - single keys that do something, and the list of them
 *
 *   keys(page.signal, [{ key: "j", does: "Next line", run: () => … }]);
 *
 * A key does nothing while somebody types, in a dialog, or with a modifier held. "?" shows what
 * there is; helpButton() is the same for the mouse. The keys end with the signal.
 */
import { dialog } from "./dialog.js";
import { h } from "./dom.js";

const active = new Set();

function isTyping(target) {
	return target.closest?.("input:not([type=checkbox]), select, textarea, dialog") ||
		target.isContentEditable;
}

function help() {
	const lines = [...active].flat().filter((one) => one.does);

	return dialog({ title: "Keys", cancel: "Close", body: h("dl", { class: "keys" },
		[...lines, { key: "?", does: "Show this list" }].map((one) =>
			h("div", null, h("dt", null, h("kbd", null, one.name ?? one.key)),
			  h("dd", null, one.does)))) });
}

function onKey(event) {
	if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented ||
	    isTyping(event.target) || document.querySelector("dialog[open]"))
		return;
	const one = event.key === "?" ? { run: help } :
		[...active].flat().find((candidate) => candidate.key === event.key);

	if (one && one.run(event) !== false)
		event.preventDefault();
}

/** list: [{ key, does, run, name: what the key is called if not itself }] */
export function keys(signal, list) {
	if (active.size === 0)
		document.addEventListener("keydown", onKey);
	active.add(list);
	signal.addEventListener("abort", () => {
		active.delete(list);
		if (active.size === 0)
			document.removeEventListener("keydown", onKey);
	}, { once: true });
}

export function helpButton() {
	return h("button", { type: "button", class: "link", onclick: help, "aria-keyshortcuts": "?" },
		 "Keys ", h("kbd", null, "?"));
}
