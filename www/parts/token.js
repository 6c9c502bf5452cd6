/* token.js - permission to enrol: made, shown once beside the command to type, listed, revoked
 *
 * makeToken({ page, group }) is true when one was made; tokenList({ page, group }) is the listing of
 * a group's.
 */
import { del, get, post } from "../api.js";
import { actionButton, ask } from "./ask.js";
import * as badge from "./badge.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { listing } from "./listing.js";
import { emptyBox } from "./notice.js";
import { secretBox } from "./secret.js";
import { number, time } from "./words.js";

const LIVES = [[86400, "1 day"], [604800, "1 week"], [2592000, "30 days"], [0, "until revoked"]];

/* Where computers reach the server, as far as a page can know: somebody may correct it. */
async function publicAddress(signal) {
	const listens = (await get("status", {}, { signal })).public;
	const [, host, port] = /^(.*?):(\d+)$/.exec(listens) ?? [null, "", "80"];
	const anywhere = ["", "[::]", "0.0.0.0"].includes(host);
	const here = /^(localhost|127\.|\[::1\])/.test(location.hostname) ? "server.example.org" :
		location.hostname;

	return `http://${anywhere ? here : host}${port === "80" ? "" : `:${port}`}`;
}

async function showToken({ page, token, hold, reached }) {
	/* the token is no part of it: everybody on a computer can see what is typed with a command */
	const command = () => `sluice-agent enroll ${address.value.trim()}`;
	const address = field({ label: "Computers reach this server at", required: true, value: reached,
				help: /\/\/(localhost|127\.|\[::1\])/.test(reached) ?
					"This address is the server's own: no other computer reaches it." :
					null,
				onchange: () => box.set(command()) });
	const box = secretBox("Type this on the computer, as root", command());
	const secret = secretBox("Then, when it asks, this token", token);

	await dialog({
		title: "The token is made", cancel: "I have it", signal: page.signal, wide: true,
		body: [
			h("p", null, "It is shown this once. Whoever has it can enrol computers, so give " +
			  "it to nobody else; it can be revoked at any time."),
			address.root, box.root, secret.root,
			h("p", { class: "quiet" }, "The computer needs the program sluice-agent first, which is " +
			  "built with the server; see “Point a computer at it” in the README."),
			hold && h("p", null, "Each computer then waits under Computers until somebody " +
				"accepts it."),
		],
	});
}

export async function makeToken({ page, group }) {
	/* first: nothing may come between a token that is made and the one time it is shown */
	const reached = await publicAddress(page.signal);
	const fields = {
		lives: field({ label: "Valid for", type: "select", value: "86400",
			       options: LIVES.map(([seconds, text]) => [String(seconds), text]) }),
		uses: field({ label: "For how many computers", type: "number", min: 1, max: 1000000,
			      help: "Nothing: any number.", validate: (value) =>
				value && !(Number.isInteger(Number(value)) && Number(value) >= 1) ?
				"For how many computers: a whole number from 1" : null }),
		hold: field({ label: "Each computer waits until somebody accepts it", type: "checkbox" }),
	};
	const token = await dialog({
		title: `A token for ${group}`, signal: page.signal,
		body: [h("p", null, "Computers enrolled with it come into this group, and are offered " +
			 "what its channel has."), Object.values(fields).map((one) => one.root)],
		actions: [{
			label: "Make the token",
			run: () => checkAll([fields.uses]) && post("tokens", {
				group, hold: fields.hold.value,
				...(fields.lives.value > 0 ? { lives_s: Number(fields.lives.value) } : {}),
				...(fields.uses.value ? { uses: Number(fields.uses.value) } : {}),
			}),
		}],
	});

	if (token)
		await showToken({ page, token: token.token, hold: token.hold, reached });
	return Boolean(token);
}

const TONES = { valid: "good", expired: "quiet", revoked: "quiet", "used up": "quiet" };

function revoke({ page, token }) {
	return ask({
		page, title: `Revoke the token ${token.begins}…`, label: "Revoke",
		body: h("p", null, "No computer can be enrolled with it any more. Those that were stay as " +
			"they are."),
		run: () => del(`tokens/${token.id}`),
		said: `Revoked the token ${token.begins}…`,
	});
}

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Beginning, or who made it" },
	{ name: "state", label: "State", type: "select", options: Object.keys(TONES).map((one) =>
		[one, one]) },
];

export function tokenList({ page, group }) {
	const columns = [
		{ name: "begins", label: "Begins with", cell: (one) =>
			h("code", null, `${one.begins}…`) },
		{ name: "state", label: "State", sort: true, cell: (one) => badge.badge(one.state,
			{ tone: TONES[one.state] }) },
		{ name: "uses_left", label: "Computers left", kind: "number", sort: true, cell: (one) =>
			(one.uses_left === null ? "any number" : number(one.uses_left)) },
		{ name: "expires_at", label: "Expires", sort: true, cell: (one) => time(one.expires_at) },
		{ name: "hold", label: "On enrolment", cell: (one) => (one.hold ? "computers wait to be accepted" :
			"computers come in at once") },
		{ name: "made_at", label: "Made", kind: "minor", sort: "desc", cell: (one) =>
			time(one.made_at) },
		{ name: "person", label: "By", kind: "minor", sort: true, cell: (one) =>
			h("bdi", null, one.person) },
	];

	if (page.may("approve"))
		columns.push({ name: "revoke", label: "", cell: (one) => one.state === "valid" &&
			actionButton(["Revoke …", h("span", { class: "hidden" }, ` ${one.begins}`)],
				async () => await revoke({ page, token: one }) && list.reload(),
				{ class: "small" }) });
	const list = listing({
		page, path: "tokens", args: { group }, noun: ["token", "tokens"], columns, filters: FILTERS,
		sort: "-made_at",
		empty: () => emptyBox("There are no tokens", "Nothing can be enrolled into this group " +
			"without one.", page.may("approve") && actionButton("Make the first token …",
			async () => await makeToken({ page, group }) && page.refresh())),
	});

	return list;
}
