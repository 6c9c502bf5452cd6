/* evidence.js - what certification says of an update: who took it, how that ended, how long it soaked
 *
 * evidenceCard(update) takes an update with `evidence`, or gives null; soak(evidence) is the line of
 * how long it soaked and how much longer it has to.
 */
import { h } from "./dom.js";
import { bar } from "./bar.js";
import { said } from "./said.js";
import { computersLink, fullName } from "./update.js";
import { count, duration, time } from "./words.js";

export function soak(evidence) {
	const { soak_s: asked, soaked_s: soaked } = evidence;

	if (!asked)
		return h("p", { class: "quiet" }, "Its rating asks for no soaking.");
	return h("div", { class: "soak" },
		 h("progress", { max: asked, value: Math.min(soaked, asked), "aria-label": "Soaked" }),
		 h("p", { class: "small-text quiet" }, soaked >= asked ?
		   `Soaked for ${duration(soaked)}, as long as its rating asks.` :
		   [`Soaked for ${duration(soaked)} of ${duration(asked)}`,
		    evidence.ready_at > 0 && [", ready ", time(evidence.ready_at)], "."]));
}

function verdict(evidence) {
	if (evidence.held)
		return h("div", { class: "warning" },
			 h("p", null, "Held by ", h("bdi", null, evidence.held.person), " ",
			   time(evidence.held.at)), said(evidence.held.reason));
	if (evidence.failed > 0)
		return h("p", { class: "warning" }, `It failed on ${count(evidence.failed, "computer")}.`);
	return evidence.ready ?
		h("p", { class: "text-good" }, "Nothing speaks against production.") : null;
}

export function evidenceCard(update) {
	const { evidence } = update;

	if (!evidence?.approved_at)
		return null;
	const name = fullName(update);
	const parts = [
		{ name: "installed", text: "installed it", n: evidence.installed },
		{ name: "needed", text: "have yet to", n: evidence.needed,
		  href: computersLink(name, "needed", evidence.channel) },
		{ name: "failed", text: "failed", n: evidence.failed,
		  href: computersLink(name, "failed", evidence.channel) },
	];

	return h("section", { class: "card" },
		 h("h2", null, "Evidence from certification"),
		 h("p", { class: "quiet" }, "Approved ", evidence.person && ["by ",
			h("bdi", null, evidence.person), " "], time(evidence.approved_at),
		   evidence.published_at > 0 ? [", published ", time(evidence.published_at)] :
			evidence.published_at === 0 && ", not published yet", "."),
		 verdict(evidence),
		 h("h3", null, "Soaking"), soak(evidence),
		 h("h3", null, "Computers of certification"),
		 evidence.computers > 0 ? bar({ label: "Computers of certification", parts }) :
			h("p", { class: "quiet" }, "None needs it."),
		 evidence.failures?.length > 0 && h("ul", { class: "rows" },
			evidence.failures.map((one) => h("li", null,
				said(one.message, "mono"),
				h("span", { class: "quiet" }, `on ${count(one.n, "computer")}`)))));
}
