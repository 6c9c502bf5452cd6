/* standing.js - what a computer comes to, over all updates of its channel, the best first
 *
 * STANDINGS are [name, text] of each: the name as the API has it, which is the colour's too.
 * standingBar(label, counted, args) shows how many computers of some come to what, as the API counted
 * them; args is what narrows the list of computers to those.
 */
import { bar } from "./bar.js";
import { to } from "./route.js";

export const STANDINGS = [
	["covered", "covered"], ["missing", "missing updates"], ["pending-reboot", "to be restarted"],
	["failed", "failed"], ["unknown", "not reported yet"], ["silent", "silent"],
];

export function standingBar(label, counted, args = {}) {
	return bar({ label, parts: STANDINGS.map(([name, text]) => ({
		name, text, n: counted[name], href: to("computers", { ...args, coverage: name }) })) });
}
