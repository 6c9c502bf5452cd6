/* upstream.js - adding an upstream, changing it, giving it other keys
 *
 * addUpstream(page), changeUpstream(page, one) and changeKeys(page, one) ask and do it: each gives
 * the upstream's name when something was done.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { folded } from "./facts.js";
import { checkAll, field } from "./form.js";
import { notice } from "./notice.js";

const words = (text) => text.split(/[\s,]+/).filter(Boolean);

/* A file as the API takes it. */
async function base64(file) {
	const content = new Uint8Array(await file.arrayBuffer());

	return btoa(Array.from(content, (byte) => String.fromCharCode(byte)).join(""));
}

const keyringField = () => field({
	label: "Keyring file", type: "file", required: true, accept: ".gpg,.asc,.pgp,.kbx",
	help: "The keys its metadata is signed with; nothing signed by others is taken. Debian's are in " +
	      "/usr/share/keyrings, from the package debian-archive-keyring." });

/* What can be changed later too. */
function changeable(one = {}) {
	const list = (value) => (value ?? []).join(" ");

	return {
		url: field({ label: "Address", type: "url", required: true, value: one.url ?? "",
			     placeholder: "https://archive.example.org/debian-security/",
			     help: "The folder that has dists/ in it." }),
		components: field({ label: "Components", value: list(one.components ?? ["main"]),
				    required: true }),
		architectures: field({ label: "Architectures", required: true,
				       value: list(one.architectures ?? ["amd64"]) }),
		serves: field({ label: "Serves", value: list(one.serves), required: true,
				placeholder: "debian:bookworm", help: "Systems whose computers it is " +
				"for, as ID:VERSION_CODENAME of their os-release." }),
		exclude: field({ label: "Leave out", value: list(one.exclude), placeholder: "*-dbgsym",
				 help: "Packages nobody wants, by name or pattern." }),
	};
}

const valuesOf = (fields) => ({
	url: fields.url.value.trim(),
	...Object.fromEntries(["components", "architectures", "serves", "exclude"].map((name) =>
		[name, words(fields[name].value)])),
});

export async function addUpstream(page) {
	const identity = {
		name: field({ label: "Name", required: true, autocomplete: "off", maxlength: 100,
			      placeholder: "debian-security", help: "How you will call it here." }),
		suite: field({ label: "Suite", required: true, placeholder: "bookworm-security" }),
	};
	const fields = changeable();
	const keyring = keyringField();
	const more = {
		as: field({ label: "Publish as suite", help: "If computers shall see another name." }),
		base: field({ label: "It is a base system's, not updates", type: "checkbox",
			      help: "Known for dependencies; nothing of it is there to approve." }),
		internal: field({ label: "It is inside our own network", type: "checkbox",
				  help: "Addresses of private networks are refused otherwise." }),
	};
	const all = [identity.name, fields.url, identity.suite, ...Object.values(fields).slice(1)];
	const done = await dialog({
		title: "Add an upstream", wide: true, signal: page.signal,
		body: [h("p", null, "Its metadata will be looked at with each sync. No payload is fetched " +
			 "before somebody approves something."),
			h("div", { class: "two-up" }, all.map((one) => one.root)), keyring.root,
			h("details", { class: "folded" }, h("summary", null, "More"),
			  Object.values(more).map((one) => one.root))],
		actions: [{
			label: "Add",
			run: async () => checkAll([...all, keyring]) && post("upstreams", { upstreams: [{
				name: identity.name.value.trim(), suite: identity.suite.value.trim(),
				...valuesOf(fields), keyring: await base64(keyring.input.files[0]),
				...(more.as.value.trim() ? { as: more.as.value.trim() } : {}),
				base: more.base.value, internal: more.internal.value,
			}] }),
		}],
	});

	if (!done)
		return null;
	notice(`Added ${done.items[0].name}`);
	return done.items[0].name;
}

export async function changeUpstream(page, one) {
	const fields = changeable(one);
	const list = Object.values(fields);
	const done = await dialog({
		title: `Change ${one.name}`, wide: true, signal: page.signal,
		body: [h("p", null, "It is used from the next sync on. What is approved and published " +
			 "stays."), h("div", { class: "two-up" }, list.map((each) => each.root))],
		actions: [{ label: "Change", run: () => checkAll(list) &&
			post("upstream-changes", { name: one.name, ...valuesOf(fields) }) }],
	});

	if (done)
		notice(`Changed ${one.name}`);
	return done && one.name;
}

/* The server reads the file first, so that fingerprints are compared before anything changes. */
async function confirmKeys(page, one, keyring) {
	const { before, after } = await post("upstream-keys", { name: one.name, keyring, dry_run: true });
	const list = (title, texts) => [h("h3", null, title), texts.length > 0 ?
		h("div", { class: "mono" }, folded(texts)) : h("p", { class: "quiet" }, "none")];

	return dialog({
		title: `Trust these keys for ${one.name}?`, wide: true, signal: page.signal,
		body: [h("p", null, "Compare the fingerprints with what the upstream says of its keys, on " +
			 "another way than the file came."),
			list("Trusted until now", before), list("Trusted from now on", after)],
		actions: [{ label: "Trust these", tone: "danger",
			    run: () => post("upstream-keys", { name: one.name, keyring }) }],
	});
}

export async function changeKeys(page, one) {
	const file = keyringField();
	const keyring = await dialog({
		title: `Other keys for ${one.name}`, signal: page.signal, body: file.root,
		actions: [{ label: "Look at them", run: () => checkAll([file]) &&
			base64(file.input.files[0]) }],
	});

	if (!keyring || !await confirmKeys(page, one, keyring))
		return null;
	notice(`${one.name} has other keys`);
	return one.name;
}
