/* hold.js - an update is kept out of production, or let go
 *
 *   if (await hold({ page, name, current: one.held })) page.refresh();
 *
 * current is the hold there is, which then ends, or null.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { notice } from "./notice.js";
import { shortName } from "./update.js";

export async function hold({ page, name, current }) {
	const held = current === null;
	const reason = field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
			       required: held || current.person !== page.session.person });

	return Boolean(await dialog({
		title: `${held ? "Hold" : "Unhold"} ${shortName(name)}`,
		signal: page.signal,
		body: [h("p", null, held ?
			"It stays in certification, and out of production until somebody lets it go. " +
			"Only an emergency passes by." :
			["Held by ", h("bdi", null, current.person), ": ",
			 h("span", { class: "said" }, current.reason),
			 " It may be approved for production again then."]), reason.root],
		actions: [{
			label: held ? "Hold" : "Unhold",
			async run() {
				if (!checkAll([reason]))
					return false;
				await post("holds", { name, held, reason: reason.value.trim() });
				notice(`${held ? "Held" : "Held no longer"}: ${shortName(name)}`);
				return true;
			},
		}],
	}));
}
