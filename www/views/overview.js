/* overview.js - how the fleet stands, and what needs a decision today */
import { get } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { firstSteps, mayBeNew } from "../parts/first_steps.js";
import { problemBox } from "../parts/notice.js";
import { decisionsCard, fleetCard, jobsCard, missingCard, overdueCard, upstreamsCard } from
	"../parts/overview_cards.js";
import { to } from "../parts/route.js";

const QUIET_S = 30, BUSY_S = 3; /* between two looks */

function draw(overview, channels, page) {
	return [
		firstSteps(overview, channels, page),
		overview.computers > 0 && missingCard(overview),
		jobsCard(overview),
		overview.upstreams.length > 0 && h("div", { class: "quarters" },
		  decisionsCard(overview),
		  overview.computers > 0 && overdueCard(overview),
		  overview.computers > 0 && fleetCard(overview),
		  upstreamsCard(overview)),
	];
}

export async function show(page) {
	const place = h("div", { class: "stack" });
	let looked = 0, busy = false, shown = "";

	async function look(background) {
		looked = Date.now();
		const options = { signal: page.signal, background };
		const overview = await get("overview", {}, options);
		const channels = mayBeNew(overview) ? (await get("channels", {}, options)).items : [];
		const text = JSON.stringify([overview, channels]);

		busy = overview.jobs.length > 0 ||
			overview.upstreams.some((one) => one.outcome === "running");
		/* what has the focus is not taken away under it */
		if (text === shown || place.contains(document.activeElement))
			return;
		fill(place, draw(overview, channels, page));
		shown = text;
	}

	page.head("Overview", h("a", { class: "button", href: to("jobs") }, "Jobs"));
	page.root.append(place);
	page.every(1, () => Date.now() - looked > (busy ? BUSY_S : QUIET_S) * 1000 &&
		look(true).catch((problem) => problem.kind !== "offline" && problem.name !== "AbortError" &&
			fill(place, problemBox(problem, page.refresh))));
	await look(false);
}
