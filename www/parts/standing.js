/* standing.js - what a computer comes to, over all updates of its channel, the best first
 *
 * STANDINGS are [name, text] of each: the name as the API has it, which is the colour's too.
 */

export const STANDINGS = [
	["covered", "covered"], ["missing", "missing updates"], ["pending-reboot", "to be restarted"],
	["failed", "failed"], ["unknown", "not reported yet"], ["silent", "silent"],
];
