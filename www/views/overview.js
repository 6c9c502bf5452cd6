/* overview.js - how the fleet stands, and what needs a decision today */
import { get } from "../api.js";
import * as badge from "../parts/badge.js";
import { bar, trendLine } from "../parts/bar.js";
import { fill, h } from "../parts/dom.js";
import { jobLine } from "../parts/job.js";
import { problemBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { count, number, share, shortDay, time } from "../parts/words.js";

const QUIET_S = 30, BUSY_S = 3; /* between two looks */
const STANDINGS = [
	["covered", "covered"], ["missing", "missing updates"], ["pending-reboot", "to be restarted"],
	["failed", "failed"], ["unknown", "not reported yet"], ["silent", "silent"],
];
const RATINGS = ["critical", "high", "medium", "low"];

/** Computers that lack something: those where it failed lack it as well. */
const lacking = (figures) => figures.missing + figures.failed;

function trendWords(trend, now) {
	const week = lacking(trend.length > 7 ? trend.at(-8) : trend[0]);
	const since = trend.length > 7 ? "a week ago" : `${count(trend.length - 1, "day")} ago`;

	if (week === now)
		return `as many as ${since}`;
	return h("span", { class: now < week ? "text-good" : "text-bad" },
		 `${now < week ? "down" : "up"} from ${number(week)} ${since}`);
}

/* The one number: computers that lack something they should have. */
function missingCard(overview) {
	const { computers, trend } = overview;
	const missing = lacking(overview);
	const points = trend.map((one) => ({ day: one.day, n: lacking(one) }));

	return h("section", { class: "card hero", "aria-labelledby": "hero" },
		 h("div", null,
		   h("p", { class: "big" }, number(missing)),
		   h("h2", { id: "hero" }, missing === 1 ? "computer lacks updates" :
			"computers lack updates"),
		   h("p", { class: "quiet" }, `of ${number(computers)}`,
		     trend.length > 1 && [", ", trendWords(trend, missing)])),
		 points.length > 1 && h("div", { class: "hero-trend" },
			trendLine(points, `Computers that lack updates: ${number(points[0].n)} on ` +
				  `${shortDay(points[0].day)}, ${number(points.at(-1).n)} now`),
			h("p", { class: "quiet small-text" },
			  h("span", null, `${shortDay(points[0].day)}: ${number(points[0].n)}`),
			  h("span", null, `today: ${number(missing)}`))));
}

function fleetCard(overview) {
	return h("section", { class: "card" },
		 h("h2", null, "All computers"),
		 h("div", { class: "figures" },
		   h("p", null, h("strong", null, share(overview.covered, overview.computers)),
		     " covered"),
		   h("p", null, h("strong", null, Number(overview.average_missing ?? 0).toFixed(1)),
		     " updates missing on average"),
		   h("p", null, h("strong", null, number(overview.silent)), " silent")),
		 bar({ label: "Computers", parts: STANDINGS.map(([name, text]) => ({
			name, text, n: overview[name],
			href: to("computers", { coverage: name }) })) }));
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
	return needed === 0 ? "; no computer needs them" : `; computers need ${number(needed)} of them`;
}

function decisionsCard(overview) {
	const { decisions } = overview;
	const lines = [
		[decisions.certify, "update", `wait to be certified or declined${needWords(overview)}`, "waits",
		 to("updates", { decision: "certify" })],
		[decisions.promote, "update", "could go to production", "could",
		 to("updates", { decision: "promote" })],
		[decisions.failing, "update", "fail on some computer", "fails",
		 to("computers", { coverage: "failed" })],
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
		 advisoriesHint(overview));
}

function overdueCard(overdue) {
	const any = RATINGS.some((rating) => overdue[rating] > 0);

	return h("section", { class: "card" }, h("h2", null, "Overdue"),
		 !any && h("p", { class: "quiet" }, "No computer is past a deadline."),
		 any && h("dl", { class: "overdue" }, RATINGS.map((rating) => h("div", null,
			h("dt", null, badge.rating(rating)),
			h("dd", null, overdue[rating] > 0 ?
			  h("a", { class: "text-bad", href: to("computers", { overdue: rating }) },
			    count(overdue[rating], "computer")) :
			  h("span", { class: "quiet" }, "none"))))));
}

const OUTCOMES = {
	changed: "brought something new", unchanged: "found nothing new", failed: "failed",
	cancelled: "was stopped", interrupted: "was interrupted", running: "is under way",
};

function upstreamLine(one) {
	const bad = one.outcome === "failed" || one.outcome === "interrupted";

	return h("li", null, h("strong", null, h("bdi", null, one.name)), " ",
		 one.outcome ? h("span", { class: bad ? "text-bad" : null },
				 `${OUTCOMES[one.outcome] ?? one.outcome} `) : "was never synced",
		 one.finished_at > 0 && time(one.finished_at),
		 one.next_sync_at > 0 && h("span", { class: "quiet" }, ", next ",
					   time(one.next_sync_at)),
		 bad && one.message && said(one.message, "small-text quiet"));
}

function upstreamsCard(overview) {
	return h("section", { class: "card" },
		 h("h2", null, h("a", { class: "plain-link", href: to("upstreams") }, "Upstreams")),
		 h("ul", { class: "rows" }, overview.upstreams.map(upstreamLine)));
}

function jobsCard(overview) {
	return overview.jobs.length === 0 ? null :
		h("section", { class: "card" }, h("h2", null, "Running now"),
		  h("ul", { class: "rows" }, overview.jobs.map((job) => h("li", null, jobLine(job)))));
}

const updatesIn = (channels, name) => channels.find((one) => one.name === name)?.updates ?? 0;

function steps(overview, channels) {
	const synced = (one) => ["changed", "unchanged"].includes(one.outcome);

	return [
		[overview.upstreams.length > 0, "Say where updates come from.",
		 to("upstreams"), "Add an upstream"],
		[overview.upstreams.some(synced), "Sync it once.", to("upstreams"), "Sync"],
		[overview.computers > 0, "Enrol a computer: add a group, make a token for it, and run on the " +
		 "computer the command that it comes with. Updates then say who needs them.",
		 to("groups"), "See the groups"],
		[channels.some((one) => one.updates > 0), "Approve an update for certification, where few " +
		 "computers try it.", to("updates"), "See the updates"],
		[updatesIn(channels, "production") > 0, "Approve it for production, once certification " +
		 "shows that it is good.", to("certification"), "See certification"],
	];
}

/* For who has just set it up: the first steps, those done ticked off, the next one with its button. */
function firstSteps(overview, channels, page) {
	const list = steps(overview, channels);
	const next = list.findIndex(([done]) => !done);

	return h("section", { class: "card first-steps" }, h("h2", null, "First steps"),
		 h("ol", null, list.map(([done, text, href, label], i) =>
			h("li", { class: i === next ? "next" : null }, text,
			  done && h("span", { class: "text-good" }, " – done"),
			  i === next && page.may("certify") &&
			  h("p", null, h("a", { class: "button primary", href }, label))))));
}

/* The last of the first steps is taken when production has something; then computers lack some. */
const maybeNew = (overview) => overview.computers === 0 || lacking(overview) === 0;
const isNew = (overview, channels) => maybeNew(overview) &&
	(overview.computers === 0 || updatesIn(channels, "production") === 0);

function draw(overview, channels, page) {
	return [
		isNew(overview, channels) && firstSteps(overview, channels, page),
		overview.computers > 0 && missingCard(overview),
		jobsCard(overview),
		overview.upstreams.length > 0 && h("div", { class: "quarters" },
		  decisionsCard(overview),
		  overview.computers > 0 && overdueCard(overview.overdue),
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
		const channels = maybeNew(overview) ? (await get("channels", {}, options)).items : [];
		const text = JSON.stringify([overview, channels]);

		busy = overview.jobs.length > 0 ||
			overview.upstreams.some((one) => one.outcome === "running");
		/* what has the focus is not taken away under it */
		if (text === shown || place.contains(document.activeElement))
			return;
		fill(place, draw(overview, channels, page));
		shown = text;
	}

	page.head("Overview");
	page.root.append(place);
	page.every(1, () => Date.now() - looked > (busy ? BUSY_S : QUIET_S) * 1000 &&
		look(true).catch((problem) => problem.kind !== "offline" && problem.name !== "AbortError" &&
			fill(place, problemBox(problem, page.refresh))));
	await look(false);
}
