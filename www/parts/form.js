/* form.js - fields with their labels, help and errors
 *
 *   const name = field({ label: "Name", required: true, help: "…" });
 *   form.append(name.root); … if (checkAll([name, role])) post(…, { name: name.value });
 *
 * A field is { root, input, value, fail(text), check() }. type: an input's, or "textarea", or
 * "select" with options [[value, text]], or "checkbox" (value is then a boolean). validate(value)
 * gives what is wrong, or null. An error is tied to its input and read aloud; it goes when the
 * input changes.
 */
import { fill, h, uniqueId } from "./dom.js";

function makeInput(type, attributes, options, value) {
	if (type === "select")
		return h("select", { ...attributes, value }, options.map(([of, text]) =>
			h("option", { value: of }, text)));
	if (type === "textarea")
		return h("textarea", { rows: 3, ...attributes, value });
	if (type === "checkbox")
		return h("input", { type, ...attributes, checked: Boolean(value) });
	return h("input", { type, ...attributes, value });
}

export function field({ label, type = "text", value = "", required = false, help = null,
			options = [], validate = () => null, onchange = null, ...attributes }) {
	const id = uniqueId("field");
	const error = h("span", { class: "error", id: `${id}-error` });
	const hint = help && h("span", { class: "help", id: `${id}-help` }, help);
	const input = makeInput(type, {
		id, required, "aria-describedby": `${hint ? `${id}-help ` : ""}${id}-error`,
		...attributes,
	}, options, value);
	const text = h("label", { for: id }, label,
		       !required && type !== "checkbox" && type !== "select" &&
		       h("span", { class: "optional" }, " (optional)"));
	const one = {
		input,
		root: h("div", { class: type === "checkbox" ? "field check" : "field" },
			type === "checkbox" ? [input, text] : [text, input], hint, error),
		get value() {
			return type === "checkbox" ? input.checked : input.value;
		},
		set value(to) {
			input[type === "checkbox" ? "checked" : "value"] = to;
		},
		/** Shows what is wrong; null clears it. */
		fail(message) {
			fill(error, message);
			if (message)
				input.setAttribute("aria-invalid", "true");
			else
				input.removeAttribute("aria-invalid");
			return !message;
		},
		/** Whether the value will do. */
		check() {
			if (required && (type === "checkbox" ? !input.checked : !input.value.trim()))
				return one.fail(`${label}: please fill this in`);
			return one.fail(validate(one.value));
		},
	};

	/* a list tells its choice by "change" wherever it comes from, by "input" not always */
	input.addEventListener(type === "select" ? "change" : "input", () => {
		one.fail(null);
		onchange?.(one.value);
	});
	return one;
}

/** Checks all fields; the first one that will not do gets the focus. */
export function checkAll(fields) {
	const wrong = fields.filter((one) => !one.check());

	wrong[0]?.input.focus();
	return wrong.length === 0;
}
