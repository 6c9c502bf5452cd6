/* first_steps.js - for who has just set Sluice up: what to do next
 *
 * mayBeNew(overview) says whether the channels have to be looked at; firstSteps(overview, channels, page)
 * is the card, or null once the last step is taken.
 */
import { h } from "./dom.js";
import { lacking } from "./overview_cards.js";
import { to } from "./route.js";

const updatesIn = (channels, name) => channels.find((one) => one.name === name)?.updates ?? 0;

function steps(overview, channels) {
	const synced = (one) => ["changed", "unchanged"].includes(one.outcome);

	return [
		[overview.upstreams.length > 0, "Say where updates come from.",
		 to("upstreams"), "Add an upstream"],
		[overview.upstreams.some(synced), "Sync it once.", to("upstreams"), "Sync"],
		[overview.computers > 0, "Enrol a computer: add a group, make a token for it, and run on the " +
		 "computer the command that it comes with. Updates then say who needs them.",
		 to("groups"), "See the groups"],
		[channels.some((one) => one.updates > 0), "Approve an update for certification, where few " +
		 "computers try it.", to("updates"), "See the updates"],
		[updatesIn(channels, "production") > 0, "Approve it for production, once certification " +
		 "shows that it is good.", to("certification"), "See certification"],
	];
}

/* The last of the steps is taken when production has something; then computers lack some. */
export const mayBeNew = (overview) => overview.computers === 0 || lacking(overview) === 0;

/** Those done are ticked off, the next one has its button. */
export function firstSteps(overview, channels, page) {
	if (!mayBeNew(overview) || (overview.computers > 0 && updatesIn(channels, "production") > 0))
		return null;
	const list = steps(overview, channels);
	const next = list.findIndex(([done]) => !done);

	return h("section", { class: "card first-steps" }, h("h2", null, "First steps"),
		 h("ol", null, list.map(([done, text, href, label], i) =>
			h("li", { class: i === next ? "next" : null }, text,
			  done && h("span", { class: "text-good" }, " – done"),
			  i === next && page.may("certify") &&
			  h("p", null, h("a", { class: "button primary", href }, label))))));
}
