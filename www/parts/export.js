/* export.js - the same as a file: for spreadsheets, for programs
 *
 * exportLinks("computers", { group: "office" }, "computers") is a link to all of it as CSV and one to
 * JSON, whatever page is shown; `of` is read after the links' words where a page has several.
 */
import { ALL, address } from "../api.js";
import { h } from "./dom.js";

export function exportLinks(path, args, name, { of = null } = {}) {
	const { limit, offset, ...rest } = args;
	const about = () => of && h("span", { class: "hidden" }, ` of ${of}`);

	return [
		h("a", { href: address(path, { ...rest, format: "csv" }), download: `${name}.csv` }, "CSV",
		  about()),
		h("a", { href: address(path, { ...rest, limit: ALL }), target: "_blank" }, "JSON",
		  about()),
	];
}
