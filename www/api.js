/* api.js - the only module that talks to the server
 *
 *   await get("updates", { text: "openssl" })   the answer's JSON; arguments that are null or ""
 *                                               are left out; { background: true } for what nobody
 *                                               asked for: it keeps no session alive
 *   await post("ratings", { name, rating })     also del("tokens/12")
 *   address("updates", { format: "csv" })       for links
 *   await watch(job, { progress, signal })      until a job has ended; cancel(job)
 *
 * What goes wrong is thrown as a Problem. Two kinds are settled here, where the page gave the means
 * (settleWith): a session that ended asks the person to sign in, a decision that needs the password
 * asks for it; then the request is repeated, and whoever sent it never knows. Each GET's answer is
 * kept with its ETag, so that an unchanged list costs a 304.
 */

/** As many rows as the server gives at once: for what has to be had whole. */
export const ALL = 100000;
/** The same for what a view needs whole: up to here no answer waits behind exports. */
export const WHOLE = 5000;

const ROOT = "api/v1/";
const ANSWERS_KEPT = 60;
const JOB_POLL_MS = 700;
const ENDED = new Set(["done", "failed", "cancelled"]);

/**
 * A refusal, or a server that could not be asked.
 *
 * status: HTTP's, 0 where there was no answer. kind: what the page acts on: sign-in, confirm,
 * conflict, set-up, throttled, offline, or "". message: the server's words.
 */
export class Problem extends Error {
	constructor(status, kind, message) {
		super(message);
		this.name = "Problem";
		this.status = status;
		this.kind = kind;
	}
}

const kept = new Map(); /* address -> { etag, body } */
let session = null; /* {person, role, token, ...} */
let settlers = {}; /* kind -> () => Promise<boolean> */
const settling = new Map(); /* kind -> promise, so that ten requests ask once */

/**
 * How to settle problems: { "sign-in": async () => settled, confirm: ... }; renewed(session) is called
 * when the person signed in again meanwhile, here or in another tab: the role may be another one.
 */
export function settleWith(handlers) {
	settlers = handlers;
}

/** Address of an API call, relative to the page. */
export function address(path, args = {}) {
	const query = new URLSearchParams();

	for (const [name, value] of Object.entries(args))
		if (value !== null && value !== undefined && value !== "" && value !== false)
			query.append(name, value === true ? "1" : String(value));
	const text = query.toString();

	return ROOT + path + (text ? `?${text}` : "");
}

async function readProblem(response) {
	const body = await response.json().catch(() => ({}));
	const kind = /^urn:sluice:problem:([a-z-]+)$/.exec(body.type ?? "")?.[1] ?? "";

	return new Problem(response.status, kind, body.detail || body.title ||
			   `the server answered ${response.status}`);
}

async function send(method, url, { body, signal, headers = {} } = {}) {
	const options = { method, signal, headers, credentials: "same-origin", cache: "no-store" };

	if (method !== "GET")
		headers["X-Sluice-Token"] = session?.token ?? "";
	if (body instanceof Blob) {
		headers["Content-Type"] = "application/octet-stream";
		options.body = body;
	} else if (body !== undefined) {
		headers["Content-Type"] = "application/json";
		options.body = JSON.stringify(body);
	}
	try {
		return await fetch(url, options);
	} catch (error) {
		if (error.name === "AbortError")
			throw error;
		throw new Problem(0, "offline", "no answer: it may be restarting, or the network is down");
	}
}

async function once(method, url, { body, signal, background = false } = {}) {
	const known = method === "GET" ? kept.get(url) : undefined;
	const headers = { ...(known ? { "If-None-Match": known.etag } : {}),
			  ...(background ? { "X-Sluice-Background": "1" } : {}) };
	const response = await send(method, url, { body, signal, headers });

	if (known && response.status === 304)
		return known.body;
	if (!response.ok)
		throw await readProblem(response);
	const answer = await response.json();
	const etag = response.headers.get("ETag");

	if (method === "GET" && etag) {
		kept.delete(url);
		kept.set(url, { etag, body: answer });
		if (kept.size > ANSWERS_KEPT)
			kept.delete(kept.keys().next().value);
	}
	return answer;
}

function settle(kind) {
	if (!settlers[kind])
		return false;
	if (!settling.has(kind))
		settling.set(kind, settlers[kind]().finally(() => settling.delete(kind)));
	return settling.get(kind);
}

/* Another tab may have signed in again since: then its token is another one. Somebody else who signed
 * in there does not do what this page's person meant. */
async function tokenChanged() {
	const before = session;
	const now = await currentSession().catch(() => null);

	session = before;
	if (!now || now.token === before?.token)
		return false;
	if (before && now.person !== before.person)
		throw new Problem(403, "", `${now.person} signed in here meanwhile: load the page again`);
	session = now;
	settlers.renewed?.(now);
	return true;
}

async function call(method, url, options) {
	for (let retokened = false;;) {
		try {
			return await once(method, url, options);
		} catch (problem) {
			const stale = problem.status === 403 && problem.kind === "" &&
				method !== "GET" && !retokened;

			if (stale && await tokenChanged())
				retokened = true;
			else if (!(problem instanceof Problem) || !await settle(problem.kind))
				throw problem;
		}
	}
}

export function get(path, args = {}, { signal, background } = {}) {
	return call("GET", address(path, args), { signal, background });
}

/** body: what becomes JSON, or a file as it is */
export function post(path, body = {}, { signal } = {}) {
	return call("POST", address(path), { body, signal });
}

export function del(path) {
	return call("DELETE", address(path));
}

/** Asks who is signed in: {person, role, token, ...}; problems sign-in and set-up are thrown. */
export async function currentSession() {
	session = null;
	const answer = await once("GET", address("session"));

	if (answer.needs)
		throw new Problem(401, answer.needs, "nobody is signed in");
	session = answer;
	return session;
}

export async function signIn(name, password) {
	session = await once("POST", address("session"), { body: { name, password } });
	settlers.renewed?.(session);
	return session;
}

/** Makes the first owner, with the code that the server printed, and signs in. */
export async function setUp(code, name, password) {
	session = await once("POST", address("setup"), { body: { code, name, password } });
	return session;
}

export async function confirmPassword(password) {
	session = await once("POST", address("session-confirmations"), { body: { password } });
	return session;
}

/** Ends this session, or all sessions of the person. */
export async function signOut({ everywhere = false } = {}) {
	await once("DELETE", address(everywhere ? "sessions" : "session"));
	session = null;
	kept.clear();
}

const pause = (ms, signal) => new Promise((resolve, reject) => {
	const timer = setTimeout(resolve, ms);

	signal?.addEventListener("abort", () => {
		clearTimeout(timer);
		reject(signal.reason);
	}, { once: true });
});

/**
 * Waits for a job's end and returns it as the API describes it; progress(job) is called with each
 * state on the way. A server that restarts is waited for; if it no longer knows the job then, the
 * state is "lost".
 */
export async function watch(id, { progress = () => {}, signal } = {}) {
	let job = { id }; /* as it was last heard of */

	for (;;) {
		try {
			job = await get(`jobs/${id}`, {}, { signal, background: true });
			progress(job);
			if (ENDED.has(job.state))
				return job;
		} catch (problem) {
			if (problem.status === 404)
				return { ...job, state: "lost", what: "", error: "the server restarted" };
			if (problem.kind !== "offline" && problem.status !== 503)
				throw problem;
			progress({ ...job, state: "waiting", what: "waiting for the server" });
		}
		await pause(JOB_POLL_MS, signal);
	}
}

export function cancel(id) {
	return del(`jobs/${id}`);
}
