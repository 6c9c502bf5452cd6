/* app.js - the frame: who is signed in, where in the page we are, what is shown there
 *
 * A view's show(page) fills page.root and may be asynchronous; what it throws is shown in its place.
 * If it returns a function, that is called with the new query (URLSearchParams) when only the query
 * of the address changes; otherwise the view is shown anew. `page` is:
 *
 *   root       element to fill, empty at first
 *   path       what follows the view in the address: #/computers/12 -> ["12"]
 *   query      URLSearchParams
 *   signal     aborted when the view is left: for get(), watch(), listeners
 *   session    { person, role, ... }
 *   may(right) whether this person has the right (rights.js)
 *   head(title, ...nodes)  puts the heading, with nodes (buttons) beside it, and names the window
 *   go(changes, { replace })  changes arguments of the address; null removes one
 *   refresh()  shows the view anew
 *   every(seconds, f)  calls f while the view is shown and the window is seen, one after the other;
 *              what f asks of the server has to be in the background: a page that is left alone
 *              does not keep its session alive
 */
import { Problem, currentSession, settleWith, signOut } from "./api.js";
import { drawing, fill, h } from "./parts/dom.js";
import { notice, problemBox } from "./parts/notice.js";
import { may } from "./parts/rights.js";
import { parse, to } from "./parts/route.js";
import { askForPassword, askToSignIn } from "./parts/session.js";
import { refreshTimes } from "./parts/words.js";
import { FIRST, VIEWS } from "./views.js";

const main = document.getElementById("main");
const side = document.getElementById("side");
const menu = document.getElementById("menu");

let session = null;
let shown = null; /* { view, path, leave: AbortController, update } */

function closeMenu() {
	menu.setAttribute("aria-expanded", "false");
}

function showNavigation(view) {
	const here = view?.under ?? view?.name;
	const links = VIEWS.filter((one) => one.icon && may(session, one.right));

	fill(document.getElementById("views"), h("ul", null, links.map((one) =>
		h("li", null, h("a", { href: to(one.name),
				       "aria-current": one.name === here ? "page" : null },
				drawing("0 0 24 24", [["path", { d: one.icon }]]), one.title)))));
}

async function leave(everywhere) {
	try {
		await signOut({ everywhere });
		location.reload();
	} catch (problem) {
		notice(problem.message, { tone: "bad" });
	}
}

function showPerson() {
	fill(document.getElementById("person"),
	     h("details", null,
	       h("summary", null, h("span", { class: "name" }, session.person),
		 h("span", { class: "role" }, session.role)),
	       h("button", { type: "button", onclick: () => leave(false) }, "Sign out"),
	       h("button", { type: "button", onclick: () => leave(true) }, "Sign out everywhere")));
}

/* The address keeps the view; only its arguments change. */
function changeQuery(changes, replace) {
	const { view, path, query } = parse(location.hash);
	const args = { ...Object.fromEntries(query), ...changes };
	const hash = to([view || FIRST, ...path], args);

	if (hash === location.hash)
		return;
	history[replace ? "replaceState" : "pushState"](null, "", hash);
	navigate();
}

function makePage(view, where, leaving, first) {
	const root = h("div", { class: `view ${view.name}` });

	return {
		root,
		path: where.path,
		query: where.query,
		signal: leaving.signal,
		session,
		may: (right) => may(session, right),
		head(title, ...nodes) {
			const heading = h("h1", { tabindex: "-1" }, title);

			document.title = `${heading.textContent} – Sluice`;
			root.prepend(h("header", { class: "head" }, heading,
				       h("div", { class: "buttons" }, nodes)));
			if (!first)
				heading.focus({ preventScroll: true });
		},
		go: (changes, { replace = false } = {}) => changeQuery(changes, replace),
		refresh() {
			const now = parse(location.hash);

			/* a dialog that closes because one leaves asks for it, too late */
			if (now.view === where.view && now.path.join("/") === where.path.join("/"))
				show(view, now);
		},
		every(seconds, f) {
			let busy = false; /* as long as somebody has to sign in again, say */
			const timer = setInterval(async () => {
				if (document.hidden || busy)
					return;
				busy = true;
				await Promise.resolve(f()).finally(() => { busy = false; });
			}, seconds * 1000);

			leaving.signal.addEventListener("abort", () => clearInterval(timer),
							{ once: true });
		},
	};
}

async function show(view, where) {
	const first = !shown;
	const leaving = new AbortController();

	shown?.leave.abort();
	shown = { view, path: where.path.join("/"), leave: leaving, update: null };
	const page = makePage(view, where, leaving, first);
	const mine = shown;

	showNavigation(view);
	fill(main, page.root);
	if (!first)
		scrollTo(0, 0);
	try {
		const module = await view.load();

		if (!leaving.signal.aborted)
			mine.update = await module.show(page) ?? null;
	} catch (problem) {
		if (problem.name === "AbortError" || leaving.signal.aborted)
			return;
		if (!(problem instanceof Problem))
			console.error(problem);
		if (!page.root.querySelector("h1"))
			page.head(view.title);
		page.root.append(problemBox(problem, () => show(view, parse(location.hash))));
	}
}

function navigate() {
	const where = parse(location.hash);
	const view = VIEWS.find((one) => one.name === (where.view || FIRST));

	closeMenu();
	if (!view || !may(session, view.right)) {
		shown?.leave.abort();
		shown = null;
		showNavigation(null);
		document.title = "Not here – Sluice";
		fill(main, h("div", { class: "view" }, h("header", { class: "head" }, h("h1", null, "Not here")),
			     problemBox(new Problem(404, "", `#/${where.view} is no view of this page`),
					null, [h("a", { class: "button", href: to(FIRST) }, "Overview")])));
	} else if (shown?.view === view && shown.path === where.path.join("/") && shown.update) {
		shown.update(where.query);
	} else {
		show(view, where);
	}
}

/* Not under what somebody is typing, nor what is shown only once: after the last dialog. */
function afterDialogs(run) {
	const open = document.querySelector("dialog[open]");

	if (open)
		open.addEventListener("close", () => afterDialogs(run), { once: true });
	else
		run();
}

/* Whoever signed in again may meanwhile do less, or more. */
function renewed(as) {
	const before = session;

	session = as;
	if (as.role === before.role)
		return;
	notice(`Your role is ${as.role} now; it was ${before.role}.`);
	showPerson();
	afterDialogs(() => shown && show(shown.view, parse(location.hash)));
}

function begin(as) {
	session = as;
	settleWith({
		"sign-in": () => askToSignIn(session.person),
		confirm: () => askForPassword(session.person),
		renewed,
	});
	document.body.classList.remove("outside");
	side.hidden = false;
	showPerson();
	addEventListener("hashchange", navigate);
	navigate();
}

/** Before anybody is signed in: what the server asks for. */
async function showOutside(name) {
	const module = await import(`./views/${name}.js`);

	document.body.classList.add("outside");
	module.show(main, begin);
}

async function start() {
	try {
		begin(await currentSession());
	} catch (problem) {
		if (problem.kind === "sign-in")
			await showOutside("sign_in");
		else if (problem.kind === "set-up")
			await showOutside("set_up");
		else
			fill(main, problemBox(problem, start));
	}
}

menu.addEventListener("click", () => menu.setAttribute("aria-expanded",
	String(menu.getAttribute("aria-expanded") !== "true")));
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault(); /* the address is the route */
	main.focus();
});
setInterval(refreshTimes, 30000);
start();
