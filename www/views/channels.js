/* channels.js - what each channel has, how they differ, what was published, going back
 *
 * #/channels is all of them, #/channels/NAME one with its publications, #/channels/NAME/N what one of
 * those has.
 */
import { get } from "../api.js";
import { actionButton } from "../parts/ask.js";
import { h } from "../parts/dom.js";
import { facts, folded } from "../parts/facts.js";
import { goBack } from "../parts/going_back.js";
import { listing } from "../parts/listing.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { count, number, time, who } from "../parts/words.js";

const MEANING = {
	certification: "The few computers that try an update first.",
	production: "Everybody else: what certification has shown to be good.",
};

/** How many computers each channel has: { production: 120, … } */
async function computersByChannel(signal) {
	const { items } = await get("coverage", { by: "channel" }, { signal });

	return Object.fromEntries(items.map((one) => [one.name, one.computers]));
}

function channelCard(channel, computers) {
	const { name } = channel;

	return h("section", { class: "card" },
		 h("h2", null, h("a", { href: to(["channels", name]) }, h("bdi", null, name))),
		 h("p", { class: "quiet" }, MEANING[name]),
		 h("div", { class: "figures" },
		   h("p", null, h("strong", null, number(channel.updates)), " updates"),
		   h("p", null, h("strong", null, number(computers[name] ?? 0)), " computers"),
		   h("p", null, h("strong", null, channel.publication > 0 ?
			number(channel.publication) : "–"), " newest publication")),
		 h("p", { class: "words" },
		   channel.publication > 0 && h("a", {
			href: to(["channels", name, channel.publication]) }, "Its updates"),
		   h("a", { href: to("computers", { channel: name }) }, "Its computers"),
		   h("a", { href: to(["channels", name]) }, "Publications")));
}

const FILTERS = [{ name: "text", label: "Find", type: "search", placeholder: "Name" }];

const version = (text, other) => (text === null ? h("span", { class: "quiet" }, "not there") :
	h("bdi", { class: other === null || text !== other ? "strong" : null }, text));

function differences(page, a, b) {
	const columns = [
		{ name: "name", label: "Update", sort: true, cell: (one) => h("bdi", null, one.name) },
		{ name: "suite", label: "Suite", kind: "minor", sort: true, cell: (one) => one.suite },
		{ name: a, label: `In ${a}`, cell: (one) => version(one[a], one[b]) },
		{ name: b, label: `In ${b}`, cell: (one) => version(one[b], one[a]) },
	];

	return listing({
		page, path: "channel-diff", args: { a, b }, noun: ["difference", "differences"], columns,
		filters: FILTERS,
		href: (one) => to("updates", { text: one.name }),
		empty: () => emptyBox("There are none", "Both channels have the same updates.",
			h("a", { class: "button", href: to("updates", { decision: "certify" }) },
			  "Updates that wait for certification")),
	});
}

async function showAll(page) {
	page.head("Channels");
	const [{ items }, computers] = await Promise.all([
		get("channels", {}, { signal: page.signal }), computersByChannel(page.signal)]);

	page.root.append(h("div", { class: "cards" }, items.map((one) =>
		channelCard(one, computers))));
	const [a, b] = items.map((one) => one.name);
	const list = differences(page, a, b);

	page.root.append(h("h2", { class: "between" }, `Differences between ${a} and ${b}`), list.root);
	return list.update;
}

function changed({ added, removed }) {
	if (added.length + removed.length === 0)
		return h("span", { class: "quiet" }, "nothing");
	const mark = (sign, word) => () => [h("span", { "aria-hidden": "true", class: "sign" }, sign),
				      h("span", { class: "hidden" }, `${word} `)];

	return h("div", null, added.length > 0 && folded(added, { mark: mark("+", "added") }),
		 removed.length > 0 && folded(removed, { mark: mark("−", "removed") }));
}

async function goBackTo(page, channel, { number: publication }) {
	const computers = (await computersByChannel(page.signal))[channel] ?? 0;

	if (await goBack({ page, channel, number: publication, computers }))
		page.refresh();
}

function publicationColumns(page, channel) {
	const columns = [
		{ name: "number", label: "Publication", kind: "nowrap", cell: (one) => [
			h("a", { href: to(["channels", channel.name, one.number]) },
			  number(one.number)), one.number === channel.publication && [" ",
				h("span", { class: "badge good" }, "current")]] },
		{ name: "at", label: "Published", cell: (one) => time(one.at) },
		{ name: "person", label: "By", cell: (one) => who(one.person) },
		{ name: "cause", label: "Because of", cell: (one) => h("bdi", null, one.cause) },
		{ name: "changes", label: "What changed", kind: "changes wide", cell: changed },
	];

	if (page.may("approve"))
		columns.push({ name: "return", label: "", cell: (one) =>
			(one.number === channel.publication ? null :
				actionButton(["Return to this …", h("span", { class: "hidden" },
					` publication ${one.number}`)],
				() => goBackTo(page, channel.name, one), { class: "small" })) });
	return columns;
}

async function showOne(page, name) {
	const { items } = await get("channels", {}, { signal: page.signal });
	const channel = items.find((one) => one.name === name);

	if (!channel) {
		page.head("Channel");
		page.root.append(emptyBox("There is no such channel", `None is called “${name}”.`,
			h("a", { class: "button", href: to("channels") }, "All channels")));
		return null;
	}
	page.head([h("span", null, "Channel "), h("bdi", null, name)], channel.publication > 0 &&
		  h("a", { class: "button", href: to(["channels", name, channel.publication]) },
		    `Its ${count(channel.updates, "update")}`));
	page.root.append(h("section", { class: "card" }, facts([
		["For", MEANING[name] ?? "–"],
		["Signing key", channel.fingerprint ?
			h("code", { class: "mono" }, channel.fingerprint) : "made with the first sync"],
	])));
	const list = listing({
		page, path: "channel-history", args: { channel: name },
		noun: ["publication", "publications"], columns: publicationColumns(page, channel),
		empty: () => emptyBox("Nothing was published yet",
			"A channel is published with the first sync, and with each approval.",
			h("a", { class: "button", href: to("upstreams") }, "See the upstreams")),
	});

	page.root.append(list.root);
	return list.update;
}

const CONTENT = [
	{ name: "name", label: "Update", sort: true, cell: (one) => h("bdi", null, one.name) },
	{ name: "version", label: "Version", sort: true, cell: (one) => h("bdi", null, one.version) },
	{ name: "suite", label: "Suite", kind: "minor nowrap", sort: true, cell: (one) => one.suite },
	{ name: "since", label: "Since", kind: "nowrap", sort: "desc", cell: (one) => [`publication ${number(one.since)}, `,
							 time(one.since_at)] },
];

function showContent(page, channel, publication) {
	page.head([h("bdi", null, channel), h("span", null, ` publication ${publication}`)],
		  h("a", { class: "button", href: to(["channels", channel]) }, "All publications"));
	const list = listing({
		page, path: "channel-items", args: { channel, number: publication },
		noun: ["update", "updates"], columns: CONTENT, filters: FILTERS,
		href: (one) => to("update", { name: one.update }),
		empty: () => emptyBox("It has no updates", "Computers find it signed and empty.",
			h("a", { class: "button", href: to("updates") }, "See the updates")),
	});

	page.root.append(list.root);
	return list.update;
}

export function show(page) {
	const [name, publication] = page.path;

	if (!name)
		return showAll(page);
	return publication ? showContent(page, name, publication) : showOne(page, name);
}
