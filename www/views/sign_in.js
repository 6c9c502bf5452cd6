/* sign_in.js - for who has no session */
import { signIn } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { checkAll } from "../parts/form.js";
import { outsideForm } from "../parts/outside.js";
import { signInFields } from "../parts/session.js";

/** done(session) is called when somebody signed in. */
export function show(root, done) {
	const { name, password } = signInFields();

	fill(root, outsideForm({
		title: "Sign in",
		body: [name.root, password.root],
		label: "Sign in",
		run: async () => {
			if (!checkAll([name, password]))
				return;
			try {
				done(await signIn(name.value, password.value));
			} catch (problem) {
				password.value = "";
				password.input.focus();
				throw problem;
			}
		},
		foot: h("p", { class: "quiet" }, "Forgotten? An owner can set a new password under " +
			"Settings, and whoever administers the server can with ",
			h("code", null, "sluicectl person password"), "."),
	}));
	document.title = "Sign in – Sluice";
	name.input.focus();
}
