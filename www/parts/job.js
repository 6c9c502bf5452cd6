/* job.js - a job as it goes: what it does, how far it is, a way to stop it
 *
 *   const card = jobCard(id, { page, signal, title: "Publish production" });
 *   root.append(card.root); const job = await card.done;
 *
 * `done` resolves with the ended job, however it ended; the card then says how. Whom the server lets
 * stop it has a button for that. jobLine(job) is one line for a job that somebody else watches.
 */
import { cancel, watch } from "../api.js";
import * as badge from "./badge.js";
import { fill, h } from "./dom.js";
import { said } from "./said.js";
import { bytes, duration, number } from "./words.js";

/** What each kind does, before its subject. */
export const KINDS = {
	sync: "Sync", publish: "Publish", fetch: "Fetch payloads for", emergency: "Fetch at once for",
	statuses: "Derive statuses of the",
	backup: "Back up the", prune: "Clean up the", check: "Check the",
};

/** "Fetch payloads for production" */
export function jobTitle(job) {
	return `${KINDS[job.kind] ?? badge.words(job.kind ?? "Job")} ${job.subject ?? ""}`.trim();
}

/** "12.3 MB of 45 MB, 30 seconds left" */
export function jobFigures(job) {
	const parts = [];

	if (job.bytes_total)
		parts.push(`${bytes(job.bytes_done)} of ${bytes(job.bytes_total)}`);
	else if (job.bytes_done)
		parts.push(bytes(job.bytes_done));
	if (job.items_total)
		parts.push(`${number(job.items_done)} of ${number(job.items_total)}`);
	if (job.left_seconds > 0 && job.state === "running")
		parts.push(`about ${duration(job.left_seconds)} left`);
	return parts.join(", ");
}

function bar(job, label) {
	const total = job.bytes_total || job.items_total;
	const done = job.bytes_total ? job.bytes_done : job.items_done;

	if (total > 0)
		return h("progress", { max: total, value: Math.min(done, total), "aria-label": label });
	return h("progress", { "aria-label": label });
}

export function jobLine(job, { title = jobTitle(job) } = {}) {
	const over = job.finished_at > 0 || job.state === "lost";

	return h("div", { class: "job" },
		 h("div", { class: "job-head" }, h("strong", null, title),
		   over ? badge.job(job.state) : h("span", { class: "quiet" }, job.what || job.state)),
		 !over && bar(job, `${title}: progress`),
		 h("div", { class: "job-figures" }, job.error ? said(job.error) : jobFigures(job)));
}

/* One's own, and for who may approve anybody's: as the server has it. */
export function mayStop({ may, session }, job) {
	return may("approve") || (may("certify") && job.person === session.person);
}

export function jobCard(id, { page, signal, title = null }) {
	const line = h("div");
	const stop = h("button", { type: "button", class: "small", hidden: true, onclick: async () => {
		stop.disabled = true;
		await cancel(id).catch(() => {}); /* it had ended: the card says how */
	} }, "Stop");
	const state = h("p", { class: "hidden", role: "status" }); /* read aloud; figures would never end */
	const root = h("div", { class: "job-card" }, line, stop, state);
	const show = (job) => {
		const name = title ?? jobTitle(job), words = `${name}: ${badge.words(job.state)}`;

		fill(line, jobLine(job, { title: name }));
		stop.hidden = !mayStop(page, job);
		if (state.textContent !== words)
			fill(state, words);
	};
	const done = watch(id, { progress: show, signal }).then((job) => {
		show(job);
		stop.remove();
		return job;
	});

	return { root, done };
}
