/* api_token.js - what scripts sign in with: made and shown once, listed, removed
 *
 * makeApiToken(page) is true when one was made; apiTokenList(page) is the listing of them.
 */
import { address, del, post } from "../api.js";
import { actionButton, ask } from "./ask.js";
import { badge } from "./badge.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { listing } from "./listing.js";
import { emptyBox } from "./notice.js";
import { ROLE_CHOICES } from "./rights.js";
import { secretBox } from "./secret.js";
import { time } from "./words.js";

const LIVES = [["2592000", "30 days"], ["7776000", "90 days"], ["31536000", "1 year"]];

function showSecret(page, { secret }) {
	const url = new URL(address("overview"), location.href);

	return dialog({
		title: "The API token is made", cancel: "I have it", signal: page.signal, wide: true,
		body: [h("p", null, "It is shown this once. Whoever has it can do what its role may, in your " +
			 "name."),
			secretBox("API token", secret).root,
			secretBox("For example", `curl -H "Authorization: Bearer ${secret}" ${url}`).root],
	});
}

export async function makeApiToken(page) {
	const own = ROLE_CHOICES.findIndex(([role]) => role === page.session.role);
	const name = field({ label: "What for", required: true, maxlength: 100, autocomplete: "off",
			     placeholder: "monitoring" });
	const role = field({ label: "Role", type: "select", value: "viewer",
			     options: ROLE_CHOICES.slice(0, own + 1),
			     help: "No more than it needs." });
	const lives = field({ label: "Valid for", type: "select", value: LIVES[1][0], options: LIVES });
	const made = await dialog({
		title: "Make an API token", signal: page.signal,
		body: [h("p", null, "For scripts and monitoring. What it does is written down under your " +
			 "name, and that it did it. It is never asked for a password: one that may approve " +
			 "for production does so by itself."), name.root, role.root, lives.root],
		actions: [{ label: "Make the token", run: () => checkAll([name]) && post("api-tokens", {
			name: name.value.trim(), role: role.value, lives_s: Number(lives.value) }) }],
	});

	if (made)
		await showSecret(page, made);
	return Boolean(made);
}

function remove(page, one) {
	return ask({
		page, title: `Remove the API token ${one.begins}…`, label: "Remove",
		body: h("p", null, "Scripts that use it (", h("bdi", null, one.name), ", of ",
			h("bdi", null, one.person), ") cannot sign in any more, at once."),
		run: () => del(`api-tokens/${one.id}`), said: `Removed the API token ${one.begins}…`,
	});
}

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "What for, whose, beginning" },
	{ name: "state", label: "State", type: "select", options: [
		["valid", "valid"], ["expired", "expired"]] },
	{ name: "role", label: "Role", type: "select", options: ROLE_CHOICES },
];

export function apiTokenList(page) {
	const columns = [
		{ name: "name", label: "What for", sort: true, cell: (one) => h("bdi", null, one.name) },
		{ name: "begins", label: "Begins with", cell: (one) => h("code", null, `${one.begins}…`) },
		{ name: "person", label: "Of", sort: true, cell: (one) => h("bdi", null, one.person) },
		{ name: "role", label: "Role", sort: "desc", cell: (one) => one.role },
		{ name: "state", label: "State", sort: true, cell: (one) =>
			badge(one.state, { tone: one.state === "valid" ? "good" : "quiet" }) },
		{ name: "made_at", label: "Made", kind: "minor", sort: "desc", cell: (one) =>
			time(one.made_at) },
		{ name: "expires_at", label: "Expires", sort: true, cell: (one) => time(one.expires_at) },
		{ name: "remove", label: "", cell: (one) => actionButton(["Remove …",
			h("span", { class: "hidden" }, ` ${one.begins}`)],
			async () => await remove(page, one) && list.reload(), { class: "small" }) },
	];
	const list = listing({
		page, path: "api-tokens", prefix: "tokens.", noun: ["API token", "API tokens"], columns,
		filters: FILTERS, sort: "-made_at", keys: null,
		empty: () => emptyBox("There are no API tokens", "A script or a monitoring system signs in " +
			"with one.", actionButton("Make the first token …", async () =>
			await makeApiToken(page) && list.reload())),
	});

	return list;
}
