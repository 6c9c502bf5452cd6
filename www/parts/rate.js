/* rate.js - what this organisation thinks of updates: one rating for one or many
 *
 *   if (await rate({ page, names })) list.reload();
 *
 * names as the API takes them; rating is what the dialog begins with.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { checkAll, field } from "./form.js";
import { notice } from "./notice.js";
import { RATING_CHOICES } from "./rating.js";
import { subject } from "./update.js";

/** True also when only some were rated before one failed. */
export async function rate({ page, names, rating = "high" }) {
	const fields = {
		rating: field({ label: "Rating", type: "select", value: rating, options: RATING_CHOICES,
				help: "It sets how long computers may take; see Settings." }),
		reason: field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
				required: true }),
	};
	let left = [...names];

	return Boolean(await dialog({
		title: `Rate ${subject(names)}`,
		signal: page.signal,
		body: [fields.rating.root, fields.reason.root],
		actions: [{
			label: "Rate",
			async run() {
				if (!checkAll([fields.reason]))
					return false;
				while (left.length > 0) {
					await post("ratings", { name: left[0],
								rating: fields.rating.value,
								reason: fields.reason.value.trim() });
					left = left.slice(1);
				}
				notice(`Rated ${fields.rating.value}: ${subject(names)}`);
				return true;
			},
		}],
	})) || left.length < names.length;
}
