/* update.js - what views know of an update as the API describes it */

/** How the API takes it: "UPSTREAM/NAME=VERSION". */
export function fullName(one) {
	return `${one.upstream}/${one.name}=${one.version}`;
}
