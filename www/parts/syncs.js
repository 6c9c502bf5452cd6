/* syncs.js - syncs of upstreams: as they go, and how they ended, in plain words
 *
 *   const work = syncs(page); page.root.append(work.root); work.start("debian-security");
 *
 * outcome(run) says how one ended, as { text, hint, tone }; OUTCOMES are [name, text] of how they may.
 */
import { get, post, WHOLE } from "../api.js";
import { h } from "./dom.js";
import { jobCard } from "./job.js";
import { notice } from "./notice.js";
import { bytes, count } from "./words.js";

export const OUTCOMES = [
	["changed", "brought something new"], ["unchanged", "found nothing new"], ["failed", "failed"],
	["cancelled", "was stopped"], ["interrupted", "was interrupted"], ["running", "is under way"],
];

const HINTS = [
	[/connect|refused|resolve|timed out|timeout|unreachable|reset|certificate|TLS/i,
	 "The server could not reach it. It tries again by itself."],
	[/sign|key|gpg|trust/i, "What came is not signed by the keys it is trusted with. If the upstream " +
	 "has new keys, give it the new keyring; if not, somebody may be tampering."],
	[/expired|valid-until|older|too old/i, "What it offers is old: a mirror that stands still, or " +
	 "somebody who withholds updates."],
	[/hash|sha256|size|differ/i, "What came is not what its index promises: a mirror in the middle " +
	 "of its own update, most likely. It is tried again with the next sync."],
];

/* Packages without an update are a base system's: nothing of it is there to approve. */
function success(run) {
	const base = run.packages > 0 && run.updates + run.revisions === 0;
	const parts = [
		base && `${count(run.packages, "package")} known, none to approve`,
		run.updates > 0 && count(run.updates, "new update"),
		run.revisions > run.updates && `${count(run.revisions - run.updates, "new revision")}`,
		run.withdrawn > 0 && `${count(run.withdrawn, "update")} withdrawn`,
	].filter(Boolean);

	return `${parts.length > 0 ? parts.join(", ") : "New metadata, no new update"} ` +
		`(${bytes(run.bytes)} read)`;
}

export function outcome(run) {
	const failed = { text: "Failed", tone: "bad",
			 hint: HINTS.find(([pattern]) => pattern.test(run.message ?? ""))?.[1] ?? "" };

	return {
		changed: { text: success(run), hint: "", tone: "good" },
		unchanged: { text: "Nothing new", hint: "", tone: "good" },
		running: { text: "Under way", hint: "", tone: "note" },
		cancelled: { text: "Stopped by somebody", hint: "", tone: "quiet" },
		interrupted: { text: "Interrupted: the server stopped", tone: "warn",
			       hint: "The next sync begins anew." },
	}[run.outcome] ?? failed;
}

/** Also those that others started; the view is shown anew when the last has ended. */
export function syncs(page) {
	const root = h("section", { class: "card", hidden: true, "aria-label": "Syncs under way" });
	let running = 0;

	async function add(id) {
		const card = jobCard(id, { page, signal: page.signal });

		root.hidden = false;
		root.append(card.root);
		running += 1;
		const job = await card.done;

		running -= 1;
		notice(job.state === "done" ? `Synced ${job.subject}` :
			`Sync of ${job.subject ?? "an upstream"}: ${job.error ?? job.state}`,
		       { tone: job.state === "done" ? "good" : "bad" });
		if (running === 0)
			page.refresh();
	}

	const watch = (ids) => ids.forEach((id) => add(id).catch((problem) =>
		problem.name !== "AbortError" && notice(problem.message, { tone: "bad" })));

	get("jobs", { limit: WHOLE }, { signal: page.signal }).then(({ items }) => watch(items
		.filter((job) => job.kind === "sync" && !job.finished_at).map((job) => job.id)), () => {});
	return { root, start: async (upstream = null) =>
		watch((await post("syncs", upstream ? { upstream } : {})).jobs) };
}
