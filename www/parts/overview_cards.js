/* overview_cards.js - what the overview is made of, each about one thing that the server counts */
import * as badge from "./badge.js";
import { trendLine } from "./bar.js";
import { h } from "./dom.js";
import { jobLine } from "./job.js";
import { RATINGS } from "./rating.js";
import { to } from "./route.js";
import { said } from "./said.js";
import { standingBar } from "./standing.js";
import { OUTCOMES } from "./syncs.js";
import { count, number, share, shortDay, time } from "./words.js";

/** Computers that lack something: those where it failed lack it as well. */
export const lacking = (figures) => figures.missing + figures.failed;

function trendWords(trend, now) {
	const week = lacking(trend.length > 7 ? trend.at(-8) : trend[0]);
	const since = trend.length > 7 ? "a week ago" : `${count(trend.length - 1, "day")} ago`;

	if (week === now)
		return `as many as ${since}`;
	return h("span", { class: now < week ? "text-good" : "text-bad" },
		 `${now < week ? "down" : "up"} from ${number(week)} ${since}`);
}

/* The one number: computers that lack something they should have. */
export function missingCard(overview) {
	const { computers, trend } = overview;
	const missing = lacking(overview);
	const points = trend.map((one) => ({ day: one.day, n: lacking(one) }));

	return h("section", { class: "card hero", "aria-labelledby": "hero" },
		 h("div", null,
		   h("p", { class: "big" }, h("a", { class: "plain-link", href: to("computers", {
			coverage: "lacking" }), "aria-label": `${count(missing, "computer")} to look at` },
			number(missing))),
		   h("h2", { id: "hero" }, missing === 1 ? "computer lacks updates" :
			"computers lack updates"),
		   h("p", { class: "quiet" }, "of ", h("a", { class: "plain-link", href: to("computers", {
			state: "active" }) }, count(computers, "computer")),
		     trend.length > 1 && [", ", trendWords(trend, missing)])),
		 points.length > 1 && h("div", { class: "hero-trend" },
			trendLine(points, `Computers that lack updates: ${number(points[0].n)} on ` +
				  `${shortDay(points[0].day)}, ${number(points.at(-1).n)} now`),
			h("p", { class: "quiet small-text" },
			  h("span", null, `${shortDay(points[0].day)}: ${number(points[0].n)}`),
			  h("span", null, `today: ${number(missing)}`))));
}

export function fleetCard(overview) {
	return h("section", { class: "card" },
		 h("h2", null, "All computers"),
		 h("div", { class: "figures" },
		   h("p", null, h("strong", null, share(overview.covered, overview.computers)),
		     " covered"),
		   h("p", null, h("strong", null, Number(overview.average_missing ?? 0).toFixed(1)),
		     " updates missing on average"),
		   h("p", null, h("strong", null, number(overview.silent)), " silent")),
		 standingBar("Computers", overview));
}

/* Before anything is imported, what waits has no CVEs and, from a first sync, one and the same day. */
function advisoriesHint({ advisories, decisions }) {
	return advisories === 0 && decisions.certify > 0 && h("p", { class: "quiet" },
		"Which of them are urgent? ", h("a", { href: to("upstreams") }, "Import the advisories"),
		": then each says which CVEs it fixes, and since when.");
}

/* Which of those that wait matter first; nothing before anybody counted, or without computers. */
function needWords({ computers, decisions: { certify, needed } }) {
	if (computers === 0 || needed === null)
		return "";
	if (certify === 1)
		return needed === 0 ? "; no computer needs it" : "; a computer needs it";
	if (needed === 0)
		return "; no computer needs them";
	return `; computers need ${needed === certify ? "all" : number(needed)} of them`;
}

export function decisionsCard(overview) {
	const { decisions } = overview;
	const lines = [
		[decisions.certify, "update", `wait to be certified or declined${needWords(overview)}`, "waits",
		 to("updates", { decision: "certify" })],
		[decisions.promote, "update", "could go to production", "could",
		 to("updates", { decision: "promote" })],
		[decisions.failing, "update", "fail on some computer", "fails",
		 to("updates", { decision: "failing" })],
		[decisions.pending_computers, "computer", "wait to be accepted", "waits",
		 to("computers", { state: "pending" })],
	].filter(([n]) => n > 0);

	return h("section", { class: "card" }, h("h2", null, "Needs a decision"),
		 lines.length === 0 ?
		 h("p", { class: "quiet" }, "Nothing waits for anybody.") :
		 h("ul", { class: "todo" }, lines.map(([n, noun, words, one, href]) =>
			h("li", null, h("a", { href },
				h("strong", null, number(n)),
				h("span", null, ` ${noun}${n === 1 ? "" : "s"} `,
				  n === 1 ? words.replace(/^\w+/, one) : words))))),
		 decisions.certify > 0 && h("p", { class: "quiet" },
			"Of each update its newest version waits; the list of updates has every version."),
		 advisoriesHint(overview));
}

export function overdueCard({ overdue, silent }) {
	const any = RATINGS.some((rating) => overdue[rating] > 0);

	return h("section", { class: "card" }, h("h2", null, "Overdue"),
		 !any && h("p", { class: "quiet" }, "No computer is past a deadline."),
		 any && h("dl", { class: "overdue" }, RATINGS.map((rating) => h("div", null,
			h("dt", null, badge.rating(rating)),
			h("dd", null, overdue[rating] > 0 ?
			  h("a", { class: "text-bad", href: to("computers", { overdue: rating }) },
			    count(overdue[rating], "computer")) :
			  h("span", { class: "quiet" }, "none"))))),
		 any && silent > 0 && h("p", { class: "quiet small-text below" },
			"Silent computers count with all that is past its deadline: nobody knows what they have."));
}

const outcomeWords = new Map(OUTCOMES);

function upstreamLine(one) {
	const bad = one.outcome === "failed" || one.outcome === "interrupted";

	return h("li", null, h("strong", null, h("bdi", null, one.name)), " ",
		 one.outcome ? h("span", { class: bad ? "text-bad" : null },
				 `${outcomeWords.get(one.outcome) ?? one.outcome} `) : "was never synced",
		 one.finished_at > 0 && time(one.finished_at),
		 one.next_sync_at > 0 && h("span", { class: "quiet" }, ", next ",
					   time(one.next_sync_at)),
		 bad && one.message && said(one.message, "small-text quiet"));
}

export function upstreamsCard(overview) {
	return h("section", { class: "card" },
		 h("h2", null, h("a", { class: "plain-link", href: to("upstreams") }, "Upstreams")),
		 h("ul", { class: "rows" }, overview.upstreams.map(upstreamLine)));
}

export function jobsCard(overview) {
	return overview.jobs.length === 0 ? null :
		h("section", { class: "card" }, h("h2", null, "Running now"),
		  h("ul", { class: "rows" }, overview.jobs.map((job) => h("li", null, jobLine(job)))));
}
