/* outcome.js - what a decision set going: its jobs with their progress, and how they ended
 *
 * showOutcome({ page, title, jobs, published }) is a dialog that may be closed while they run;
 * published(channel) says what a publication means for its computers. What was decided stands
 * whatever becomes of the jobs, and where one fails the dialog says what that leaves.
 */
import { dialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { folded } from "./facts.js";
import { jobCard } from "./job.js";
import { notice } from "./notice.js";
import { count } from "./words.js";

const offered = (channel) => `Computers of ${channel} are offered it from now on.`;

function done(job, published) {
	const { channel = job.subject, missing = 0, lost = [] } = job.result ?? {};

	return [
		missing > 0 ?
			`${channel} is published, but ${count(missing, "payload")} could not be had yet: ` +
			"what needs them waits, and they are tried again every few minutes." :
			published(channel),
		lost.length > 0 && [h("p", null, "The server has lost the payloads of these, which it " +
			"had: they are out of the channel until they are fetched again, by itself."),
			folded(lost)],
	];
}

/* What it means for the decision, which is written down already. */
function explain(job, published) {
	if (job.state === "done")
		return done(job, published);
	if (job.state === "cancelled")
		return "Stopped. The decision stands; it is published with the channel's next publication.";
	if (job.state === "lost")
		return "The server restarted meanwhile. The decision stands, and the server goes on by itself.";
	if (job.kind === "fetch" || job.kind === "emergency")
		return "The decision stands. What could be fetched is published; what could not is tried " +
			"again after each sync, and computers keep what they were offered before.";
	return "The decision stands, but it is not published: computers keep what they were offered " +
		"before. The next publication of the channel has it.";
}

function oneJob(id, page, published, signal) {
	const card = jobCard(id, { page, signal });
	const meaning = h("div", { role: "status" });

	const ended = card.done.then((job) => {
		fill(meaning, explain(job, published));
		meaning.className = job.state === "done" ? "quiet" : "warning";
	}, (problem) => problem.name === "AbortError" || fill(meaning, problem.message));

	return { root: h("div", null, card.root, meaning), ended };
}

export async function showOutcome({ page, title, jobs, published = offered }) {
	if (jobs.length === 0)
		return void notice(title);
	const closed = new AbortController();
	const cards = jobs.map((id) => oneJob(id, page, published, closed.signal));
	const note = h("p", { class: "quiet" }, "You may close this; the work goes on.");

	Promise.all(cards.map((one) => one.ended)).then(() => note.remove());
	await dialog({ title, cancel: "Close", body: [note, cards.map((one) => one.root)] });
	closed.abort();
}
