/* groups.js - groups of computers, with their channel and their enrolment tokens; #/groups/NAME is one */
import { del, get, post } from "../api.js";
import { actionButton, ask } from "../parts/ask.js";
import { leavingWords } from "../parts/computer.js";
import { dialog } from "../parts/dialog.js";
import { fill, h } from "../parts/dom.js";
import { facts } from "../parts/facts.js";
import { checkAll, field } from "../parts/form.js";
import { listing } from "../parts/listing.js";
import { emptyBox, notice } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { standingBar } from "../parts/standing.js";
import { makeToken, tokenList } from "../parts/token.js";
import { count, number, time } from "../parts/words.js";

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name" },
	{ name: "channel", label: "Channel", type: "select", options: [
		["certification", "certification"], ["production", "production"]] },
];

const FIGURES = [
	["computers", "Computers"], ["covered", "Covered"], ["missing", "Missing"],
	["failed", "Failed"], ["silent", "Silent", "number minor"], ["pending", "Waiting"],
	["tokens", "Tokens", "number minor"],
];
const COLUMNS = [
	{ name: "name", label: "Group", sort: true, cell: (one) => h("bdi", null, one.name) },
	{ name: "channel", label: "Channel", sort: true, cell: (one) => one.channel },
	...FIGURES.map(([name, label, kind = "number"]) => ({
		name, label, kind, sort: "desc", cell: (one) =>
			h("span", { class: one[name] > 0 ? null : "quiet" }, number(one[name])) })),
];

async function channelChoices(signal) {
	const { items } = await get("channels", {}, { signal });

	return items.map((one) => [one.name, one.name]);
}

const nameField = (value = "") => field({
	label: "Name", required: true, value, autocomplete: "off", maxlength: 100,
	help: "As people call it: laptops, branch north, kiosks." });

async function addGroup(page) {
	const name = nameField();
	const channel = field({ label: "Channel", type: "select", value: "production",
				options: await channelChoices(page.signal),
				help: "Certification is for the few computers that try updates first." });
	const done = await dialog({
		title: "Add a group", signal: page.signal, body: [name.root, channel.root],
		actions: [{ label: "Add", run: () => checkAll([name]) &&
			post("groups", { name: name.value.trim(), channel: channel.value }) }],
	});

	if (done) {
		notice(`Added the group ${done.name}`);
		location.hash = to(["groups", done.name]);
	}
}

async function changeGroup(page, group) {
	const name = nameField(group.name);
	const meaning = h("p", { role: "status" });
	const channel = field({
		label: "Channel", type: "select", value: group.channel,
		options: await channelChoices(page.signal),
		onchange: (value) => fill(meaning, value !== group.channel &&
			`From their next check-in on, ${count(group.computers, "computer")} will be ` +
			`offered what ${value} has instead. ${leavingWords(value)}What is installed ` +
			"stays: apt does not go back by itself."),
	});
	const done = await dialog({
		title: `Change ${group.name}`, signal: page.signal,
		body: [name.root, channel.root, meaning],
		actions: [{ label: "Change", run: () => checkAll([name]) && post("group-changes", {
			name: group.name,
			...(name.value.trim() !== group.name ? { new_name: name.value.trim() } : {}),
			...(channel.value !== group.channel ? { channel: channel.value } : {}),
		}) }],
	});

	if (!done)
		return;
	notice(`Changed the group ${done.name}`);
	if (done.name === group.name)
		page.refresh();
	else
		location.hash = to(["groups", done.name]);
}

async function removeGroup(page, group) {
	if (await ask({
		page, title: `Remove ${group.name}`, label: "Remove",
		body: h("p", null, "It has no computers. Its tokens go with it: nothing can be enrolled " +
			"with them any more."),
		run: () => del(`groups/${encodeURIComponent(group.name)}`),
		said: `Removed the group ${group.name}`,
	}))
		location.hash = to("groups");
}

const addButton = (page) => page.may("approve") && actionButton("Add a group …",
	() => addGroup(page), { class: "primary" });

function showAll(page) {
	page.head("Groups", addButton(page));
	const list = listing({
		page, path: "groups", noun: ["group", "groups"], columns: COLUMNS, filters: FILTERS,
		sort: "name", href: (one) => to(["groups", one.name]),
		empty: () => emptyBox("No groups yet", "A group says which channel its computers follow. " +
			"Computers are enrolled with a group's token.", addButton(page)),
	});

	page.root.append(list.root);
	return list.update;
}

function buttons(page, group) {
	return page.may("approve") && [
		actionButton("Make a token …", async () =>
			await makeToken({ page, group: group.name }) && page.refresh(),
			{ class: "primary" }),
		actionButton("Change …", () => changeGroup(page, group)),
		group.computers + group.pending === 0 &&
			actionButton("Remove …", () => removeGroup(page, group)),
	];
}

function computersCard(group, line) {
	const link = (args) => to("computers", { group: group.name, ...args });

	return h("section", { class: "card" }, h("h2", null, count(group.computers, "computer")),
		 group.pending > 0 && h("p", { class: "warning" },
			h("a", { href: link({ state: "pending" }) }, count(group.pending, "computer")),
			group.pending === 1 ? " waits to be accepted." : " wait to be accepted."),
		 group.computers > 0 ? standingBar("Computers by coverage", line, { group: group.name }) :
			h("p", { class: "quiet" }, "None yet: enrol one with a token."),
		 group.computers > 0 && h("p", { class: "words below" },
			h("a", { href: link() }, "All of them")));
}

async function showOne(page, name) {
	const read = (path, args) => get(path, args, { signal: page.signal });
	const { items: [group] } = await read("groups", { name });

	if (!group) {
		page.head("Group");
		page.root.append(emptyBox("There is no such group", `None is called “${name}”. It may ` +
			"have been renamed or removed.",
			h("a", { class: "button", href: to("groups") }, "All groups")));
		return null;
	}
	const { items: [line] } = await read("coverage", { by: "group", group: name });
	const tokens = tokenList({ page, group: name });

	page.head(h("bdi", null, name), buttons(page, group));
	page.root.append(h("div", { class: "cards" },
		computersCard(group, line),
		h("section", { class: "card" }, h("h2", null, "Facts"), facts([
			["Channel", h("a", { href: to(["channels", group.channel]) }, group.channel)],
			["Added", time(group.added_at, "day")],
		]))), h("h2", { class: "between" }, "Enrolment tokens"), tokens.root);
	return tokens.update;
}

export function show(page) {
	return page.path[0] ? showOne(page, page.path[0]) : showAll(page);
}
