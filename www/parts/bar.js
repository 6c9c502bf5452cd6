/* bar.js - parts of a whole as one bar, with a legend that says the figures
 *
 * bar({ label, parts: [{ name, text, n, href }] }): name gives the colour (badge.js knows the same
 * names); parts of 0 are left out. The legend alone is read aloud: colours never say more. shares: false
 * leaves out what part of the whole each is.
 */
import { drawing, h } from "./dom.js";
import { number, share } from "./words.js";

export function bar({ label, parts, shares = true }) {
	const all = parts.reduce((sum, part) => sum + (part.n ?? 0), 0);
	const shown = parts.filter((part) => part.n > 0);
	const pieces = shown.map((part) => {
		const piece = h("span", { class: `piece ${part.name}` });

		piece.style.flexGrow = part.n;
		return piece;
	});

	return h("div", { class: "parts" },
		 h("div", { class: "pieces", "aria-hidden": "true" }, pieces),
		 h("ul", { class: "legend", "aria-label": label }, shown.map((part) => h("li", null,
			h("span", { class: `dot ${part.name}`, "aria-hidden": "true" }),
			part.href ? h("a", { href: part.href }, part.text) : part.text, " ",
			h("strong", null, number(part.n)),
			shares && h("span", { class: "quiet" }, ` ${share(part.n, all)}`)))));
}

/** A line of figures over days, without axes: [{ day, n }]; the label says from where to where. */
export function trendLine(points, label) {
	const width = 240, height = 56;
	const top = Math.max(...points.map((one) => one.n), 1);
	const x = (i) => (points.length > 1 ? (i * width) / (points.length - 1) : width);
	const y = (n) => height - 2 - (n * (height - 6)) / top;
	const line = points.map((one, i) => `${x(i).toFixed(1)},${y(one.n).toFixed(1)}`).join(" ");
	const now = `M${line.slice(line.lastIndexOf(" ") + 1)}h0`; /* a line of no length is a dot */

	return drawing(`0 0 ${width} ${height}`, [
		["polygon", { points: `0,${height} ${line} ${width},${height}`, class: "area" }],
		["polyline", { points: line, class: "line", "vector-effect": "non-scaling-stroke" }],
		["path", { d: now, class: "now", "vector-effect": "non-scaling-stroke" }],
	], { label, className: "trend", stretch: true });
}
