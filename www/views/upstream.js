/* upstream.js - one upstream: what it is, what became of its syncs, what may be done with it */
import { del, get, post } from "../api.js";
import { actionButton, ask } from "../parts/ask.js";
import { badge } from "../parts/badge.js";
import { h } from "../parts/dom.js";
import { facts, folded } from "../parts/facts.js";
import { emptyBox } from "../parts/notice.js";
import { to } from "../parts/route.js";
import { syncList } from "../parts/sync_list.js";
import { syncs } from "../parts/syncs.js";
import { changeKeys, changeUpstream } from "../parts/upstream.js";
import { time } from "../parts/words.js";

function factsCard(one) {
	const list = (texts, none) => (texts.length > 0 ? texts.join(" ") : none);

	return h("section", { class: "card" }, h("h2", null, "Facts"), facts([
		["Address", h("bdi", null, one.url)],
		["Suite", [h("bdi", null, one.suite), one.publish_suite !== one.suite && [
			", published as ", h("bdi", null, one.publish_suite)]]],
		["Components", list(one.components, "–")],
		["Architectures", list(one.architectures, "–")],
		["Serves", list(one.serves, "no system: no computer is offered it")],
		["Left out", list(one.exclude, "nothing")],
		["Role", one.role === "base" ? "base system: known, not approved" : "updates to approve"],
		["State", one.enabled ? badge("enabled", { tone: "good" }) : badge("disabled")],
		["Next sync", time(one.next_sync_at, "ago", "when somebody starts it")],
		["Its metadata is of", time(one.release_at, "moment", "not read yet")],
		one.valid_until > 0 && ["And valid until", time(one.valid_until, "moment")],
		["Keys", h("div", { class: "mono" }, folded(one.fingerprints))],
	]));
}

async function removeUpstream(page, one) {
	if (await ask({
		page, title: `Remove ${one.name}`, label: "Remove",
		body: h("p", null, "Its keys and its address are forgotten. Once it has brought updates it " +
			"cannot be removed, because the catalog keeps them: disable it instead."),
		run: () => del(`upstreams/${encodeURIComponent(one.name)}`), said: `Removed ${one.name}`,
	}))
		location.hash = to("upstreams");
}

function enable(page, one) {
	return ask({
		page, title: `${one.enabled ? "Disable" : "Enable"} ${one.name}`, tone: "primary",
		label: one.enabled ? "Disable" : "Enable",
		body: h("p", null, one.enabled ? "It is not synced any more until somebody enables it. What " +
			"is published stays." : "It is synced again, as the schedule says."),
		run: () => post("upstream-states", { name: one.name, enabled: !one.enabled }),
		said: `${one.enabled ? "Disabled" : "Enabled"} ${one.name}`,
	});
}

function buttons(page, one, work) {
	const own = (text, run) => page.may("own") && actionButton(text, async () =>
		await run(page, one) && page.refresh());

	return [
		page.may("certify") && actionButton("Sync now", () => work.start(one.name),
						    { class: "primary" }),
		own("Change …", changeUpstream), own("Keys …", changeKeys),
		own(one.enabled ? "Disable …" : "Enable …", enable),
		page.may("own") && actionButton("Remove …", () => removeUpstream(page, one)),
	];
}

export async function show(page) {
	const [name] = page.path;
	const { items: [one] } = await get("upstreams", { name }, { signal: page.signal });

	if (!one) {
		page.head("Upstream");
		page.root.append(emptyBox("There is no such upstream", `None is called “${name}”.`,
			h("a", { class: "button", href: to("upstreams") }, "All upstreams")));
		return null;
	}
	const work = syncs(page);
	const list = syncList(page, { work, upstream: name });

	page.head(h("bdi", null, name), buttons(page, one, work));
	page.root.append(work.root, h("div", { class: "columns" }, list.root,
		h("div", null, factsCard(one))));
	return list.update;
}
