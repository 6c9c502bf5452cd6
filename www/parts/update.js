/* update.js - what views know of an update as the API describes it */
import { h } from "./dom.js";
import { to } from "./route.js";
import { count } from "./words.js";

/** How the API takes it: "UPSTREAM/NAME=VERSION". */
export function fullName(one) {
	return `${one.upstream}/${one.name}=${one.version}`;
}

/** "openssl 3.0.18-1" of "debian-security/openssl=3.0.18-1" */
export function shortName(update) {
	return update.replace(/^[^/]*\//, "").replace("=", " ");
}

/** "3 updates", or the name of the one */
export function subject(names) {
	return names.length === 1 ? shortName(names[0]) : count(names.length, "update");
}

/** Link to the computers that stand so with an update: "needed", "failed", …; channel narrows them. */
export function computersLink(update, status, channel = null) {
	return to("computers", { update, status, channel });
}

/** An update in a list: its name, and the version in quieter letters. */
export function nameCell(update) {
	const [name, version = ""] = shortName(update).split(" ");

	return [h("bdi", null, name), " ", h("bdi", { class: "version" }, version)];
}
