/* session.js - asking for name and password, as a page or over one
 *
 * askToSignIn(name) opens over whatever is being done when a session has ended: true once the
 * person is signed in again. askForPassword() is for decisions that need it again. Both are what
 * api.js settles problems with. signInFields() and the sign-in view share the fields.
 */
import { confirmPassword, signIn } from "../api.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { checkAll, field } from "./form.js";

export function signInFields(known = null) {
	return {
		name: field({ label: "Name", value: known ?? "", required: true, autocomplete: "username",
			      autocapitalize: "none", spellcheck: "false", readonly: Boolean(known) }),
		password: field({ label: "Password", type: "password", required: true,
				  autocomplete: "current-password", autofocus: Boolean(known) }),
	};
}

/* Somebody else begins afresh: what the first person typed is not theirs to send. */
const someoneElse = () => h("p", null, h("button", { type: "button", class: "link", onclick: () => {
	location.reload();
} }, "Sign in as somebody else"), " (what is not saved is lost)");

export async function askToSignIn(person) {
	const { name, password } = signInFields(person);

	return Boolean(await dialog({
		title: "Please sign in again",
		cancel: "Not now",
		body: [h("p", null, "Your session has ended. Nothing you typed is lost."), name.root,
		       password.root, someoneElse()],
		actions: [{
			label: "Sign in",
			run: () => checkAll([name, password]) && signIn(name.value, password.value),
		}],
	}));
}

export async function askForPassword(person) {
	const { name, password } = signInFields(person);

	name.root.classList.add("hidden");
	return Boolean(await dialog({
		title: "Your password, please",
		body: [h("p", null, "What leads to production, and who may decide about it, takes the " +
			 "password given in the last few minutes."), name.root, password.root],
		actions: [{
			label: "Confirm",
			run: () => checkAll([password]) && confirmPassword(password.value),
		}],
	}));
}
