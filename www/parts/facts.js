/* facts.js - what is known of one thing, as names and values; lists that would be too long
 *
 * facts([["Group", node], null]) leaves out what is null or false. folded(texts) shows the first
 * few and keeps the others behind "and 12 more".
 */
import { h } from "./dom.js";
import { number } from "./words.js";

export function facts(list) {
	return h("dl", { class: "facts" }, list.filter(Boolean).map(([name, value]) =>
		[h("dt", null, name), h("dd", null, value)]));
}

const entries = (texts, mark) => h("ul", { class: "plain-list" }, texts.map((text) =>
	h("li", null, mark(), h("bdi", null, text))));

/** mark() gives what is put before each */
export function folded(texts, { most = 6, mark = () => null } = {}) {
	const first = texts.length > most + 1 ? texts.slice(0, most) : texts;
	const rest = texts.slice(first.length);

	return [entries(first, mark), rest.length > 0 && h("details", { class: "folded" },
		h("summary", null, `and ${number(rest.length)} more`), entries(rest, mark))];
}
