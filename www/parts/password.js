/* password.js - choosing a password: twice the same, and long enough */
import { field } from "./form.js";

const LENGTH_MIN = 10; /* characters: the server asks for as many */

/** { password, again }: fields for form.js */
export function passwordFields({ label = "Password" } = {}) {
	const password = field({ label, type: "password", required: true, autocomplete: "new-password",
				 help: `At least ${LENGTH_MIN} characters; a sentence is fine.`,
				 validate: (value) => [...value].length < LENGTH_MIN ?
					`${label}: at least ${LENGTH_MIN} characters` : null });
	const again = field({ label: `${label} once more`, type: "password", required: true,
			      autocomplete: "new-password",
			      validate: (value) => value !== password.value ?
				"The two passwords are not the same" : null });

	return { password, again };
}
