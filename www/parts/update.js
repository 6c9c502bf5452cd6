/* update.js - what views know of an update as the API describes it */
import { h } from "./dom.js";

/** How the API takes it: "UPSTREAM/NAME=VERSION". */
export function fullName(one) {
	return `${one.upstream}/${one.name}=${one.version}`;
}

/** "openssl 3.0.18-1" of "debian-security/openssl=3.0.18-1" */
export function shortName(update) {
	return update.replace(/^[^/]*\//, "").replace("=", " ");
}

/** The same in a list: its name, and the version in quieter letters. */
export function nameCell(update) {
	const [name, version = ""] = shortName(update).split(" ");

	return [h("bdi", null, name), " ", h("bdi", { class: "version" }, version)];
}
