/* update.js - one update whole: what it is, who has it, what happened to those who took it */
import { get } from "../api.js";
import * as badge from "../parts/badge.js";
import { BOTH, decide } from "../parts/decision.js";
import { h } from "../parts/dom.js";
import { evidenceCard } from "../parts/evidence.js";
import { hold } from "../parts/hold.js";
import { rate } from "../parts/rate.js";
import { to } from "../parts/route.js";
import { said } from "../parts/said.js";
import { fixesCard, historyCard, computersCard, packageList, versionsCard } from
	"../parts/update_cards.js";
import { fullName } from "../parts/update.js";
import { bytes, count, time } from "../parts/words.js";

/* What this person may do with it now, the likeliest first; what only an emergency may do, last. */
function decisions(one, page) {
	const approved = (channel) => one[channel] === "approved";
	const promotable = approved("certification") && !one.held;
	const list = [];
	const add = (text, right, run, tone = null) => page.may(right) && list.push([text, run, tone]);
	const names = [fullName(one)];
	const about = { page, names, settled: page.refresh };

	if (!approved("certification"))
		add("Approve for certification …", "certify", () =>
			decide({ ...about, kind: "approve" }), "primary");
	if (!approved("production") && promotable)
		add("Approve for production …", "approve", () =>
			decide({ ...about, kind: "approve", channel: "production" }), "primary");
	add("Rate …", "certify", () => rate({ page, names, rating: one.rating ?? "high" }));
	if (one.evidence && approved("certification") && !approved("production"))
		add(one.evidence.held ? "Unhold …" : "Hold …", "certify", () =>
			hold({ page, name: names[0], current: one.evidence.held }));
	if (!approved("certification") && !approved("production") && one.state !== "declined")
		add("Decline …", "approve", () => decide({ ...about, kind: "decline" }));
	if (approved("production") || approved("certification"))
		add("Recall …", approved("certification") ? "certify" : "approve", () =>
			decide({ ...about, kind: "recall", channel: BOTH }));
	if (!approved("production") && !promotable)
		add(`Emergency: production ${one.held ? "although it is held" : "without certification"} …`,
		    "approve", () => decide({ ...about, kind: "approve", channel: "production",
					      emergency: true }), "grave");
	return list;
}

function buttons(one, page) {
	return decisions(one, page).map(([text, run, tone]) => h("button", {
		type: "button", class: tone,
		onclick: async () => await run() && page.refresh(),
	}, text));
}

function factsCard(one) {
	const facts = [
		["State", badge.state(one.state)],
		["Rating", [badge.rating(one.rating), one.rating && one.rated_by &&
			h("span", { class: "quiet" }, " by ", h("bdi", null, one.rated_by))]],
		one.rating_reason && ["Why", said(one.rating_reason)],
		["Severity", one.severity === "unknown" ? "not said" : one.severity],
		["Certification", one.certification ? badge.state(one.certification) : "–"],
		["Production", one.production ? badge.state(one.production) : "–"],
		one.declined_by && ["Declined", [h("bdi", null, one.declined_by),
						 said(one.decline_reason ?? "", "quiet")]],
		["Upstream", h("a", { href: to("updates", { upstream: one.upstream }) }, one.upstream)],
		["Section", one.section ? h("a", { href: to("updates", { section: one.section }) },
					    one.section) : "–"],
		["Released", [!one.released_exact && "on or before ", time(one.released_at, "moment")]],
		["Known since", time(one.seen_at, "moment")],
		one.withdrawn_at > 0 && ["Withdrawn", time(one.withdrawn_at, "moment")],
		["Size", `${bytes(one.size)} in ${count(one.packages, "package")}`],
		one.revision > 1 && ["Revision", one.revision],
	].filter(Boolean);

	return h("section", { class: "card" }, h("h2", null, "Facts"),
		 h("dl", { class: "facts" }, facts.map(([name, value]) =>
			[h("dt", null, name), h("dd", null, value)])));
}

export async function show(page) {
	const name = page.query.get("name") ?? "";
	const one = await get("update", { name }, { signal: page.signal });

	const packages = packageList(page, one);

	page.head([h("bdi", null, one.name), " ", h("bdi", { class: "quiet" }, one.version)],
		  buttons(one, page));
	page.root.append(
		said(one.summary, "lead"),
		h("div", { class: "columns" },
		  h("div", null, evidenceCard(one), computersCard(one), fixesCard(one),
		    historyCard(one), h("h2", { class: "between" }, "Packages and payloads"), packages.root),
		  h("div", null, factsCard(one), versionsCard(one))));
	return (query) => (query.get("name") === page.query.get("name") ? packages.update(query) :
		page.refresh());
}
