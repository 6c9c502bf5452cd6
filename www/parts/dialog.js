/* dialog.js - a modal dialog that asks, does, and says what went wrong
 *
 *   const done = await dialog({
 *           title: "Remove group laptops?",
 *           body: [h("p", null, "…")],
 *           actions: [{ label: "Remove", tone: "danger", run: () => del("groups/laptops") }],
 *   });
 *
 * Resolves with what `run` gave (true for nothing) once it succeeded, with null when the dialog was
 * closed. The first action is also what Enter does. While it runs the dialog cannot be used; when
 * it throws, the message appears in the dialog and everything typed is still there; when it gives
 * false, the dialog stays open. Dialogs may be opened over dialogs; going to another view closes
 * them. The focus goes to the first
 * field (or what has `autofocus`), and back to where it was. opened({ set }) is called once it is
 * shown: set(i, { label, disabled }) changes an action's button.
 */
import { fill, h, uniqueId } from "./dom.js";
import { said } from "./said.js";

const isBusy = (form) => form.getAttribute("aria-busy") === "true";

/* Its title and what went wrong can be read all the time. */
function enable(form, enabled) {
	for (const part of form.querySelectorAll(".dialog-body, .buttons"))
		part.toggleAttribute("inert", !enabled);
	form.setAttribute("aria-busy", String(!enabled));
}

/** A running action's button says so; the others wait. */
async function attempt(action, form, alert, finish) {
	const focused = document.activeElement;

	fill(alert);
	enable(form, false);
	try {
		const result = await action.run();

		if (result !== false)
			finish(result ?? true);
	} catch (problem) {
		if (problem.name === "AbortError")
			return;
		fill(alert, said(problem.message));
	} finally {
		enable(form, true);
		/* nothing in it could take the focus meanwhile: neither could the field that is wrong */
		const wrong = form.querySelector("[aria-invalid=true]");

		if (form.isConnected && (wrong || !form.contains(document.activeElement)))
			(wrong ?? focused).focus();
	}
}

/**
 * actions: [{ label, run, tone: "primary" (the first one's default), "danger" or "plain",
 * disabled }]; cancel: the text of the button that closes, null for a dialog that has to be
 * answered; wide: for tables; signal closes it from outside.
 */
export function dialog({ title, body, actions = [], cancel = "Cancel", wide = false, signal,
			 opened = null }) {
	const id = uniqueId("dialog");
	const alert = h("div", { class: "alert", role: "alert" });

	return new Promise((resolve) => {
		const leave = () => isBusy(form) || finish(null);
		const finish = (result) => {
			removeEventListener("hashchange", leave);
			resolve(result);
			element.close();
			element.remove();
			/* what had the focus may be gone meanwhile */
			if (document.activeElement === document.body)
				document.querySelector("h1")?.focus({ preventScroll: true });
		};
		const buttons = actions.map((action, i) =>
			h("button", { type: i === 0 ? "submit" : "button",
				      class: action.tone ?? (i === 0 ? "primary" : "plain"),
				      disabled: Boolean(action.disabled),
				      onclick: i === 0 ? null : () => attempt(action, form, alert, finish) },
			  action.label));
		const form = h("form", { method: "dialog", novalidate: true, onsubmit: (event) => {
			event.preventDefault();
			if (actions.length > 0 && !buttons[0].disabled)
				attempt(actions[0], form, alert, finish);
		} },
		h("h2", { id }, title), h("div", { class: "dialog-body" }, body), alert,
		h("div", { class: "buttons end" },
		  cancel && h("button", { type: "button", onclick: () => finish(null) }, cancel),
		  buttons));
		const element = h("dialog", { "aria-labelledby": id, class: wide ? "wide" : null,
			oncancel: (event) => {
				event.preventDefault();
				if (cancel && !isBusy(form))
					finish(null);
			},
			onclose: () => finish(null) /* a browser may close it all the same */ }, form);

		signal?.addEventListener("abort", () => element.open && finish(null), { once: true });
		addEventListener("hashchange", leave);
		document.body.append(element);
		element.showModal();
		(element.querySelector("[autofocus]") ??
		 element.querySelector("input:not([readonly]), select, textarea"))?.focus();
		opened?.({ set(i, { label, disabled }) {
			fill(buttons[i], label ?? buttons[i].textContent);
			buttons[i].disabled = disabled ?? buttons[i].disabled;
		} });
	});
}
