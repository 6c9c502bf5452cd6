/* route.js - links inside the page: #/VIEW/MORE?name=value
 *
 * to("updates", { text: "openssl" }) is "#/updates?text=openssl"; to(["computers", id]) has more
 * in its path. parse() takes one apart. All addresses are relative, so that the page works under
 * any path of a proxy.
 */

export function to(path, args = {}) {
	const parts = [path].flat().map((part) => encodeURIComponent(part));
	const query = new URLSearchParams();

	for (const [name, value] of Object.entries(args))
		if (value !== null && value !== undefined && value !== "")
			query.append(name, value);
	const text = query.toString();

	return `#/${parts.join("/")}${text ? `?${text}` : ""}`;
}

function decode(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/** { view, path: what follows it, query: URLSearchParams } */
export function parse(hash) {
	const [path, ...query] = hash.replace(/^#?\/?/, "").split("?");
	const [view, ...rest] = path.split("/").map(decode);

	return { view, path: rest.filter(Boolean), query: new URLSearchParams(query.join("?")) };
}
