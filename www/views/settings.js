/* settings.js - people and their API tokens, what ratings ask for, who has to agree, the keys */
import { get, post } from "../api.js";
import { apiTokenList, makeApiToken } from "../parts/api_token.js";
import { actionButton, ask } from "../parts/ask.js";
import { badge } from "../parts/badge.js";
import { h } from "../parts/dom.js";
import { facts } from "../parts/facts.js";
import { addPerson, changeOwnPassword, personList } from "../parts/person.js";
import { changeRatings, ratingsTable } from "../parts/rating_times.js";

const section = (title, lead, button, ...nodes) => h("section", { class: "section" },
	h("div", { class: "titled" }, h("h2", null, title), button),
	h("p", { class: "quiet" }, lead), nodes);

const button = (page, text, run) => actionButton(text, async () => await run() && page.refresh());

function peopleSection(page, list) {
	return section("People", "Each role may do what those before it may: a viewer sees, a certifier approves " +
		"for certification, an approver for production, an owner does everything.",
		page.may("own") && actionButton("Add a person …", async () =>
			await addPerson(page) && list.reload()), list.root);
}

function tokensSection(page, list) {
	return section("API tokens", page.may("own") ? "For scripts; everybody's are listed." :
		"For scripts; these are yours.",
		actionButton("Make an API token …", async () =>
			await makeApiToken(page) && list.reload()), list.root);
}

function ratingsSection(page, { ratings }) {
	return section("Ratings", "How long computers may take from the approval on, and how long an update " +
		"is watched in certification before it counts as ready.",
		page.may("own") && button(page, "Change …", () => changeRatings(page, ratings)),
		ratingsTable(ratings));
}

function switchTwoPeople(page, on) {
	return ask({
		page, title: on ? "Ask for a second person" : "Let one person decide alone",
		label: on ? "Ask for two" : "Let one decide", tone: "primary",
		body: h("p", null, on ? "What goes to production must then be approved by somebody other than " +
			"who approved it for certification, also in what waits now. Both are people who sign in " +
			"here: as root on the server nobody can approve." :
			"Whoever approved an update for certification may then approve it for production too."),
		run: () => post("settings", { two_people: on }),
		said: on ? "Production now takes two people" : "One person may decide alone",
	});
}

function twoPeopleSection(page, { two_people: on }) {
	return section("Second person", "Whether production needs an approver other than who certified.",
		page.may("own") && button(page, on ? "Let one decide …" : "Ask for two …",
			() => switchTwoPeople(page, !on)),
		h("p", null, on ? badge("on", { tone: "good", text: "two people decide" }) :
			badge("off", { text: "one person may decide alone" })));
}

function keysSection({ channels, server_key: key }) {
	const code = (text) => h("code", { class: "mono" }, text);

	return section("Keys", "What computers check against: apt the channel's, agents the server's. The private " +
		"parts never leave the server; keep a copy of them apart from backups.", null, h("div", { class: "card" }, facts([
		...channels.map((one) => [`Channel ${one.name}`, one.fingerprint ?
			code(one.fingerprint) : "made with the first sync"]),
		["Server", code(key)],
	])));
}

export async function show(page) {
	const settings = await get("settings", {}, { signal: page.signal });
	const people = personList(page), tokens = apiTokenList(page);

	page.head("Settings", actionButton("Change your password …", () => changeOwnPassword(page)));
	page.root.append(peopleSection(page, people), tokensSection(page, tokens),
			 ratingsSection(page, settings), twoPeopleSection(page, settings),
			 keysSection(settings));
	return (query) => Promise.all([people.update(query), tokens.update(query)]);
}
