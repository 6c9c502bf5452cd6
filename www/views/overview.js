/* overview.js - how the fleet stands, and what needs a decision today */
import { get } from "../api.js";
import { h } from "../parts/dom.js";
import { number } from "../parts/words.js";

export async function show(page) {
	page.head("Overview");
	const overview = await get("overview", {}, { signal: page.signal });

	page.root.append(h("section", { class: "card" }, h("h2", null, "Missing"),
			   h("p", { class: "big" }, number(overview.missing))));
}
