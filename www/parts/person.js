/* person.js - people who may sign in: added, with another role or password, removed
 *
 * personList(page) is the listing of them, with what this person may do to them;
 * addPerson(page) is true when somebody was added; changeOwnPassword(page) is everybody's.
 */
import { currentSession, del, post } from "../api.js";
import { actionButton, ask } from "./ask.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { listing } from "./listing.js";
import { emptyBox, notice } from "./notice.js";
import { passwordFields } from "./password.js";
import { ROLE_CHOICES } from "./rights.js";
import { number, time } from "./words.js";

const roleField = (value) => field({ label: "Role", type: "select", value, options: ROLE_CHOICES });

export function addPerson(page) {
	const name = field({ label: "Name", required: true, autocomplete: "off", autocapitalize: "none",
			     maxlength: 100, help: "It stands beside everything this person decides." });
	const role = roleField("viewer");
	const { password, again } = passwordFields({ label: "First password" });

	return ask({
		page, title: "Add a person", label: "Add", tone: "primary",
		body: [name.root, role.root, password.root, again.root],
		run: () => checkAll([name, password, again]) && post("people", {
			name: name.value.trim(), role: role.value, password: password.value }),
		said: "Added. Tell the password in person; it can be changed under Settings.",
	});
}

function changeRole(page, one) {
	const role = roleField(one.role);

	return ask({
		page, title: `Another role for ${one.name}`, label: "Change", tone: "primary",
		body: [h("p", null, "It applies at once: this person is signed out everywhere, and signs " +
			 "in again with it."), role.root],
		run: () => post("person-roles", { name: one.name, role: role.value }),
		said: `Changed the role of ${one.name}`,
	});
}

function resetPassword(page, one) {
	const { password, again } = passwordFields({ label: "New password" });

	return ask({
		page, title: `New password for ${one.name}`, label: "Set the password", tone: "primary",
		body: [h("p", null, "This person is signed out everywhere."), password.root, again.root],
		run: () => checkAll([password, again]) &&
			post("person-passwords", { name: one.name, password: password.value }),
		said: `${one.name} has a new password`,
	});
}

function remove(page, one) {
	return ask({
		page, title: `Remove ${one.name}`, label: "Remove",
		body: h("p", null, "Sessions and API tokens end at once. What this person did stays in the " +
			"audit log, under the name."),
		run: () => del(`people/${encodeURIComponent(one.name)}`), said: `Removed ${one.name}`,
	});
}

export async function changeOwnPassword(page) {
	const { password, again } = passwordFields({ label: "New password" });
	const old = field({ label: "Password until now", type: "password", required: true,
			    autocomplete: "current-password" });
	const name = field({ label: "Name", value: page.session.person, readonly: true,
			     autocomplete: "username" });
	const done = await dialog({
		title: "Change your password", signal: page.signal,
		body: [h("p", null, "You stay signed in here, and are signed out everywhere else."),
		       name.root, old.root, password.root, again.root],
		actions: [{
			label: "Change",
			run: () => checkAll([old, password, again]) && post("person-passwords", {
				name: page.session.person, old: old.value, password: password.value }),
		}],
	});

	if (!done)
		return;
	await currentSession(); /* it goes on under another secret */
	notice("Your password is changed");
}

const FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name" },
	{ name: "role", label: "Role", type: "select", options: ROLE_CHOICES },
];

export function personList(page) {
	const action = (text, one, run) => actionButton([`${text} …`,
		h("span", { class: "hidden" }, ` ${one.name}`)],
		async () => await run(page, one) && list.reload(), { class: "small" });
	const columns = [
		{ name: "name", label: "Name", sort: true, cell: (one) => [h("bdi", null, one.name),
			one.name === page.session.person && h("span", { class: "quiet" }, " (you)")] },
		{ name: "role", label: "Role", sort: "desc", cell: (one) => one.role },
		{ name: "signed_in_at", label: "Last signed in", sort: "desc", cell: (one) =>
			time(one.signed_in_at) },
		{ name: "api_tokens", label: "API tokens", kind: "number", sort: "desc", cell: (one) =>
			number(one.api_tokens) },
		{ name: "added_at", label: "Added", kind: "minor", sort: "desc", cell: (one) =>
			time(one.added_at, "day") },
	];

	if (page.may("own"))
		columns.push({ name: "actions", label: "", cell: (one) =>
			one.name !== page.session.person && h("div", { class: "buttons" },
				action("Role", one, changeRole), action("Password", one, resetPassword),
				action("Remove", one, remove)) });
	const list = listing({
		page, path: "people", prefix: "people.", noun: ["person", "people"], columns,
		filters: FILTERS, sort: "name",
		empty: () => emptyBox("Nobody can sign in", "Add a person, who can then sign in here."),
	});

	return list;
}
