/* badge.js - ratings, states and statuses as small labels
 *
 * rating("critical"), state("certified"), status("pending-reboot"), job("running"): a <span> whose
 * colour never says more than its words. Unknown words are shown as they are; null is a dash.
 */
import { h } from "./dom.js";

const TONES = {
	critical: "bad", high: "warn", medium: "note", low: "quiet",
	known: "quiet", certification: "note", production: "good", approved: "good",
	declined: "quiet", superseded: "quiet", withdrawn: "warn", recalled: "warn",
	returned: "warn", held: "warn",
	covered: "good", installed: "good", "not-applicable": "quiet", needed: "note", missing: "note",
	downloaded: "note", "pending-reboot": "warn", pending: "warn", failed: "bad",
	unknown: "quiet", silent: "quiet",
	queued: "quiet", waiting: "quiet", running: "note", done: "good", cancelled: "quiet",
	lost: "warn", ok: "good", unchanged: "good", interrupted: "warn",
};

/** "pending-reboot" -> "pending reboot" */
export function words(name) {
	return String(name).replaceAll("-", " ");
}

export function badge(name, { tone = TONES[name] ?? "quiet", text = words(name) } = {}) {
	if (name === null || name === undefined || name === "")
		return h("span", { class: "none", title: "none" }, "–");
	return h("span", { class: `badge ${tone}` }, text);
}

export const rating = (name) => badge(name);
export const state = (name) => badge(name);
export const status = (name) => badge(name);
export const job = (name) => badge(name);
