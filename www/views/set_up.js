/* set_up.js - the first person: whoever has the code that the server printed */
import { setUp } from "../api.js";
import { fill, h } from "../parts/dom.js";
import { checkAll, field } from "../parts/form.js";
import { outsideForm } from "../parts/outside.js";

const PASSWORD_MIN = 10; /* the server asks for as many */

function makeFields() {
	const code = field({ label: "Set-up code", required: true, autocomplete: "off",
			     autocapitalize: "none", spellcheck: "false",
			     help: "The quickstart printed it." });
	const name = field({ label: "Your name", required: true, autocomplete: "username",
			     autocapitalize: "none", spellcheck: "false",
			     help: "It will stand beside everything you decide." });
	const password = field({ label: "Password", type: "password", required: true,
				 autocomplete: "new-password",
				 help: `At least ${PASSWORD_MIN} characters; a sentence is fine.`,
				 validate: (value) => [...value].length < PASSWORD_MIN ?
					`Password: at least ${PASSWORD_MIN} characters` : null });
	const again = field({ label: "Password once more", type: "password", required: true,
			      autocomplete: "new-password",
			      validate: (value) => value !== password.value ?
				"The two passwords are not the same" : null });

	return { code, name, password, again };
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
