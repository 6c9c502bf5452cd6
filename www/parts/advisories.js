/* advisories.js - the Debian security tracker's list of advisories, brought in as a file
 *
 *   if (await importAdvisories(page)) page.refresh();
 *
 * It says which CVEs each update fixes, and of what was there at the first sync when it came.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { notice } from "./notice.js";
import { bytes, count } from "./words.js";

const SIZE_MAX = 16 * 1024 * 1024; /* bytes: as much as the API takes */

const tooLarge = (size) => `This file has ${bytes(size)}; the server takes ${bytes(SIZE_MAX)} at most.`;

export async function importAdvisories(page) {
	const file = field({
		label: "Advisory list", type: "file", required: true,
		help: "The file data/DSA/list of the Debian security tracker.",
		validate: () => (file.input.files[0]?.size > SIZE_MAX ?
			tooLarge(file.input.files[0].size) : null),
	});
	const done = await dialog({
		title: "Import advisories", signal: page.signal,
		body: [h("p", null, "Each update then says which CVEs it fixes, is found by them, and of " +
			 "those that were there at the first sync it is known when they came. The list is " +
			 "matched with what later syncs bring, too; import it again to have the newest."),
			file.root],
		actions: [{ label: "Import", run: () => checkAll([file]) &&
			post("advisories", file.input.files[0]) }],
	});

	if (done)
		notice(`${count(done.advisories, "advisory", "advisories")} imported: ` +
		       `${count(done.updates, "update has one", "updates have one")}.`);
	return Boolean(done);
}
