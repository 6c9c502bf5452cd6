/* update_cards.js - what one update's page is made of; each gives null where there is nothing */
import { bar } from "./bar.js";
import * as badge from "./badge.js";
import { h, isSafeAddress } from "./dom.js";
import { exportLinks } from "./export.js";
import { listing } from "./listing.js";
import { emptyBox } from "./notice.js";
import { to } from "./route.js";
import { said } from "./said.js";
import { computersLink, fullName } from "./update.js";
import { bytes, time } from "./words.js";

const outside = (text, url) => (url && isSafeAddress(url) ?
	h("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, text) :
	h("span", null, text));

export function fixesCard(one) {
	const links = new Map((one.links ?? []).map((link) => [link.text, link.url]));
	const words = (text) => text.split(/[\s,]+/).filter(Boolean);
	const listed = one.advisories.flatMap((advisory) => words(advisory.cves));
	const others = words(one.cves).filter((cve) => !listed.includes(cve));

	return one.advisories.length === 0 && others.length === 0 ? null :
		h("section", { class: "card" }, h("h2", null, "What it fixes"),
		  h("ul", { class: "rows" }, one.advisories.map((advisory) => h("li", null,
			h("strong", null, outside(advisory.id, links.get(advisory.id))), " ",
			h("bdi", null, advisory.title), " ",
			h("span", { class: "quiet" }, time(advisory.at, "day")),
			h("p", { class: "words" }, words(advisory.cves).map((cve) =>
				outside(cve, links.get(cve))))))),
		  others.length > 0 && h("p", { class: "words" }, others.map((cve) =>
			outside(cve, links.get(cve)))));
}

/* A card's heading with links to all of what it is about. */
const titled = (title, ...links) => h("div", { class: "titled" }, h("h2", null, title),
	h("span", { class: "links" }, links));

const STATUSES = [
	["installed", "installed"], ["needed", "needed"], ["downloaded", "downloaded"],
	["pending-reboot", "to be restarted"], ["failed", "failed"], ["unknown", "unknown"],
	["silent", "silent"], ["not-applicable", "do not have it"],
];

export function computersCard(one) {
	const name = fullName(one), counts = one.computers ?? {};
	const n = (status) => counts[status] ?? 0;
	const all = STATUSES.reduce((sum, [status]) => sum + n(status), 0);

	if (all === 0)
		return h("section", { class: "card" }, h("h2", null, "Computers"),
			h("p", { class: "quiet" }, one.certification || one.production ?
				"No computer follows a channel that had it." : "There is no computer yet."));
	return h("section", { class: "card" },
		 titled("Computers", h("a", { href: to("computers", { update: name }) }, "All of them"),
			exportLinks("computers", { update: name }, "computers", { of: "computers" })),
		 bar({ label: "Computers by status", parts: STATUSES.map(([status, text]) => ({
			name: status, text, n: n(status),
			href: computersLink(name, status),
		 })) }));
}

const PACKAGES = [
	{ name: "name", label: "Package", sort: true, cell: (one) => one.name },
	{ name: "version", label: "Version", sort: true, cell: (one) => one.version },
	{ name: "architecture", label: "Architecture", sort: true, cell: (one) => one.architecture },
	{ name: "size", label: "Size", kind: "number", sort: "desc", cell: (one) => bytes(one.size) },
	{ name: "stored_at", label: "Verified", sort: "desc", cell: (one) =>
		time(one.stored_at, "ago", "not fetched yet") },
	{ name: "sha256", label: "SHA-256", kind: "minor", cell: (one) =>
		h("code", { title: one.sha256 }, `${one.sha256.slice(0, 12)}…`) },
];

const PACKAGE_FILTERS = [
	{ name: "text", label: "Find", type: "search", placeholder: "Name" },
	{ name: "architecture", label: "Architecture", type: "text", placeholder: "amd64" },
];

/** The listing of what it consists of. */
export function packageList(page, one) {
	return listing({
		page, path: "update-packages", args: { name: fullName(one) }, prefix: "packages.",
		noun: ["package", "packages"], columns: PACKAGES, filters: PACKAGE_FILTERS, sort: "name",
		empty: () => emptyBox("It has no packages", "Nothing of it is for an architecture that its " +
			"upstream is taken for.", h("a", { class: "button", href: to(["upstreams", one.upstream]) },
			"See the upstream")),
	});
}

export function versionsCard(one) {
	const versions = one.versions ?? [];

	return versions.length < 2 ? null :
		h("section", { class: "card" }, titled("Versions", exportLinks("updates",
			{ upstream: one.upstream, name: one.name }, "versions", { of: "versions" })),
		  h("ul", { class: "rows" }, versions.map((other) => h("li", { class: "line" },
			other.version === one.version ? h("strong", null, other.version) :
				h("a", { href: to("update", {
					name: fullName({ ...one, version: other.version }) }) },
				  other.version), " ", badge.state(other.state), " ",
			h("span", { class: "quiet" }, time(other.released_at, "day"))))));
}

/* As a sentence about the update, with the word that leads to its channel. */
const DEEDS = {
	approve: ["approved it", "for"], recall: ["recalled it", "from"], decline: ["declined it"],
	rate: ["rated it"], hold: ["holds it", "in"], unhold: ["holds it no longer", "in"],
	"bring back": ["brought it back", "to"], "leave out": ["took it out", "of"],
};

function deed({ action, channel }) {
	const [words, to = "in"] = DEEDS[action] ?? [badge.words(action)];

	return channel ? `${words} ${to} ${channel}` : words;
}

export function historyCard(one) {
	const history = one.history ?? [];

	return history.length === 0 ? null :
		h("section", { class: "card" }, titled("History", h("a", {
			href: to("audit", { object: fullName(one) }) }, "In the audit log"),
			exportLinks("audit", { object: fullName(one) }, "history", { of: "history" })),
		  h("ol", { class: "rows" }, history.map((entry) => h("li", null,
			h("strong", null, h("bdi", null, entry.person)), " ",
			deed(entry), " ",
			entry.held_by && entry.held_by !== entry.person &&
				["(", h("bdi", null, entry.held_by), " did) "],
			entry.rating && badge.rating(entry.rating), " ",
			entry.publication > 0 && `with the return to publication ${entry.publication} `,
			entry.emergency === true && badge.badge("emergency", { tone: "warn" }), " ",
			h("span", { class: "quiet" }, time(entry.at)),
			entry.reason && said(entry.reason, "quiet")))));
}
