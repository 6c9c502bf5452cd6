/* set_up.js - the first person: whoever has the code that the server printed */
import { setUp } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { checkAll, field } from "../parts/form.js";
import { outsideForm } from "../parts/outside.js";
import { passwordFields } from "../parts/password.js";

function makeFields() {
	const code = field({ label: "Set-up code", required: true, autocomplete: "off",
			     autocapitalize: "none", spellcheck: "false",
			     help: "The quickstart printed it." });
	const name = field({ label: "Your name", required: true, autocomplete: "username",
			     autocapitalize: "none", spellcheck: "false",
			     help: "It will stand beside everything you decide." });

	return { code, name, ...passwordFields() };
}

/** done(session) is called when the first owner is made and signed in. */
export function show(root, done) {
	const { code, name, password, again } = makeFields();
	const fields = [code, name, password, again];

	fill(root, outsideForm({
		title: "Welcome",
		lead: h("p", null, "Nobody has an account here yet. The first person becomes the owner, " +
			"and can add others afterwards."),
		body: fields.map((one) => one.root),
		label: "Create the account",
		run: async () => {
			if (checkAll(fields))
				done(await setUp(code.value.trim(), name.value.trim(), password.value));
		},
		foot: h("p", { class: "quiet" }, "No code at hand? On the server, ",
			h("code", null, "sluicectl setup-code"), " makes one."),
	}));
	document.title = "Set up – Sluice";
	code.input.focus();
}
