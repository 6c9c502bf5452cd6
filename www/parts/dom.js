/* dom.js - elements made from code: text stays text
 *
 * h("a", { href: "#/updates", class: "quiet", onclick: f }, "text", node, [more], null)
 *
 * Children that are strings or numbers become text nodes, arrays are flattened, null, undefined and
 * false are left out. Attributes: `on...` is a listener; true sets an attribute empty, null and
 * false leave it out; `value`, `checked`, `disabled`, `selected` and `open` are set as properties.
 * Markup has no way in, nor has `style`; an address is one of ours (relative, `#...`) or https, any
 * other is left out.
 */

const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "indeterminate"]);
const REFUSED = new Set(["style", "srcdoc"]);
const ADDRESSES = new Set(["href", "src", "action", "formaction"]);

/** Whether a link may lead there. */
export function isSafeAddress(address) {
	return /^https:\/\//.test(address) || !/^[^/?#]*:|^[/\\]{2}/.test(address.trim());
}

function setAttribute(element, name, value) {
	if (value === null || value === undefined || value === false)
		return;
	if (REFUSED.has(name))
		throw new TypeError(`attribute ${name} is not for h()`);
	if (ADDRESSES.has(name) && !isSafeAddress(String(value)))
		return;
	if (name.startsWith("on"))
		element.addEventListener(name.slice(2), value);
	else if (PROPERTIES.has(name))
		element[name] = value;
	else
		element.setAttribute(name, value === true ? "" : String(value));
}

function append(element, children) {
	for (const child of children) {
		if (Array.isArray(child))
			append(element, child);
		else if (child instanceof Node)
			element.append(child);
		else if (child !== null && child !== undefined && child !== false)
			element.append(String(child));
	}
}

/** An element with attributes and children; see above. */
export function h(tag, attributes, ...children) {
	const element = document.createElement(tag);

	append(element, children);
	/* after the children, because a select's value needs its options */
	for (const [name, value] of Object.entries(attributes ?? {}))
		setAttribute(element, name, value);
	return element;
}

/** Puts these children in place of what an element has. */
export function fill(element, ...children) {
	const fragment = document.createDocumentFragment();

	append(fragment, children);
	element.replaceChildren(fragment);
	return element;
}

let last = 0;

/** An id that nothing else in the document has. */
export function uniqueId(word) {
	last += 1;
	return `${word}-${last}`;
}

/**
 * A drawing: shapes are [tag, attributes]. It is decoration unless a label says what it shows; it keeps
 * its proportions unless it may stretch.
 */
export function drawing(viewBox, shapes, { label = null, className = null, stretch = false } = {}) {
	const make = (tag, attributes) => {
		const element = document.createElementNS("http://www.w3.org/2000/svg", tag);

		for (const [name, value] of Object.entries(attributes))
			element.setAttribute(name, value);
		return element;
	};
	const svg = make("svg", { viewBox, focusable: "false" });

	svg.setAttribute("preserveAspectRatio", stretch ? "none" : "xMidYMid");
	if (className)
		svg.setAttribute("class", className);
	if (label) {
		svg.setAttribute("role", "img");
		svg.setAttribute("aria-label", label);
	} else {
		svg.setAttribute("aria-hidden", "true");
	}
	svg.append(...shapes.map(([tag, attributes]) => make(tag, attributes)));
	return svg;
}
