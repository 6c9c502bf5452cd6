/* ask.js - what is done at once, and what asks first
 *
 * actionButton("Accept", run, attributes) waits for run() and says what went wrong. ask({ page,
 * title, body, label, run, said }) is a dialog before something that cannot be taken back: true when
 * it was done, which `said` tells everybody.
 */
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { notice } from "./notice.js";

export function actionButton(text, run, attributes = {}) {
	let running = false; /* not disabled: what is takes no focus back from a dialog */

	return h("button", { type: "button", ...attributes, onclick: async () => {
		if (running)
			return;
		running = true;
		try {
			await run();
		} catch (problem) {
			if (problem.name !== "AbortError")
				notice(problem.message, { tone: "bad" });
		} finally {
			running = false;
		}
	} }, text);
}

export async function ask({ page, title, body, label, run, said, tone = "danger" }) {
	const done = await dialog({ title, body, signal: page.signal,
				    actions: [{ label, tone, run }] });

	if (done)
		notice(said);
	return Boolean(done);
}
