/* update.js - one update, whole */
import { get } from "../api.js";
import { h } from "../parts/dom.js";

export async function show(page) {
	const update = await get("update", { name: page.query.get("name") ?? "" },
				 { signal: page.signal });

	page.head(`${update.name} ${update.version}`);
	page.root.append(h("p", null, update.summary));
}
