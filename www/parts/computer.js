/* computer.js - deciding about computers: move, accept, remove
 *
 * Each takes { page, computers: as the API lists them } and is true when something was done.
 */
import { del, get, post, WHOLE } from "../api.js";
import { ask } from "./ask.js";
import { fill, h } from "./dom.js";
import { field } from "./form.js";
import { folded } from "./facts.js";
import { count } from "./words.js";

/** "db1", or "3 computers" */
const subject = (computers) => (computers.length === 1 ? computers[0].name :
	count(computers.length, "computer"));

const them = (computers) => (computers.length === 1 ? "It" : "They");

const listed = (computers) => computers.length > 1 && folded(computers.map((one) => one.name));

/** What it means besides, to follow that channel. */
export const leavingWords = (channel) => channel !== "certification" ? "" :
	"That is what one person approved alone; where production takes two, computers leave it by an " +
	"owner only. ";

export async function moveComputers({ page, computers }) {
	const { items: groups } = await get("groups", { limit: WHOLE }, { signal: page.signal });
	const others = groups.filter((one) => computers.some((other) => other.group !== one.name));
	const meaning = h("p", { role: "status" });
	const explain = (name) => {
		const { channel } = groups.find((one) => one.name === name);
		const now = computers.filter((one) => one.channel !== channel).length;

		fill(meaning, now === 0 ? `The channel stays ${channel}.` :
			`From the next check-in on, ${count(now, "computer")} will be offered what ` +
			`${channel} has. ${leavingWords(channel)}What is installed stays: apt does not ` +
			"go back by itself.");
	};

	if (others.length === 0)
		throw new Error("There is no other group. Add one under Groups.");
	const group = field({ label: "Group", type: "select", onchange: explain, value: others[0].name,
			      options: others.map((one) => [one.name, `${one.name} (${one.channel})`]) });

	explain(others[0].name);
	return ask({
		page, title: `Move ${subject(computers)}`, label: "Move", tone: "primary",
		body: [listed(computers), group.root, meaning],
		run: () => post("computer-moves", { computers: computers.map((one) => one.id_text),
						    group: group.value }),
		said: `Moved ${subject(computers)}`,
	});
}

/** What fails in the middle leaves the ones before it done; they are not asked for again. */
function each(computers, one) {
	const left = [...computers];

	return async () => {
		for (; left.length > 0; left.shift())
			await one(left[0]);
	};
}

export function acceptComputers({ page, computers }) {
	return ask({
		page, title: `Accept ${subject(computers)}`, label: "Accept", tone: "primary",
		body: [listed(computers), h("p", null, `${them(computers)} used a token that waits for ` +
			"somebody to agree. Accept only what you know: it is offered its group's updates " +
			"and counts in all figures from then on.")],
		run: each(computers, (one) => post("computer-acceptances", { name: one.id_text })),
		said: `Accepted ${subject(computers)}`,
	});
}

export function removeComputers({ page, computers }) {
	return ask({
		page, title: `Remove ${subject(computers)}`, label: "Remove",
		body: [listed(computers), h("p", null, `${them(computers)} will not be counted any more, ` +
			"and the server forgets what was reported. A computer that still has the agent has " +
			"to be enrolled again before it can come back.")],
		run: each(computers, (one) => del(`computers/${one.id_text}`)),
		said: `Removed ${subject(computers)}`,
	});
}
