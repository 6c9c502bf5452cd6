/* decision.js - deciding about updates: one dialog that says beforehand what will happen
 *
 *   if (await decide({ page, kind: "approve", names })) list.reload();
 *
 * kind: approve, recall, decline; names as the API takes them ("UPSTREAM/NAME=VERSION"); channel is
 * what the dialog begins with. What is decided is exactly the plan that was shown: if the catalog or
 * somebody else changed it meanwhile, nothing happens and the new plan is shown. rate() and hold()
 * are the two smaller decisions. Each gives true when something was decided.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { loading, notice, problemBox } from "./notice.js";
import { showOutcome } from "./outcome.js";
import { changes, planBox } from "./plan.js";
import { count } from "./words.js";

const VERBS = { approve: "Approve", recall: "Recall", decline: "Decline" };
const DONE = { approve: "Approved", recall: "Recalled", decline: "Declined" };

const CHANNELS = [
	{ name: "certification", right: "certify", text: "Certification: the few machines that try it" },
	{ name: "production", right: "approve", text: "Production: everybody else" },
];

/** "3 updates", or the name of the one */
function subject(names) {
	return names.length === 1 ? names[0].replace(/^[^/]*\//, "").replace("=", " ") :
		count(names.length, "update");
}

function makeFields({ page, kind, channel, reload }) {
	const choices = CHANNELS.filter((one) => page.may(one.right));
	const fields = {
		channel: field({ label: "Channel", type: "select", onchange: reload,
				 value: choices.some((one) => one.name === channel) ? channel :
					choices[0].name,
				 options: choices.map((one) => [one.name, one.text]) }),
		emergency: field({ label: "Emergency: production without certification",
				   type: "checkbox", onchange: reload,
				   help: "Needs a reason, and stays visible." }),
		reason: field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
				required: kind !== "approve" }),
	};

	fields.isEmergency = () => fields.emergency.value && !fields.emergency.root.hidden;
	fields.channel.root.hidden = kind === "decline";
	fields.emergency.root.hidden = true;
	fields.show = () => {
		fields.emergency.root.hidden = kind !== "approve" ||
			fields.channel.value !== "production";
		fields.reason.root.classList.toggle("needed", fields.isEmergency());
	};
	return fields;
}

/** What both the dry run and the decision send. */
function requestOf({ kind, names, fields }) {
	const request = { kind, names, reason: fields.reason.value.trim() };

	if (kind !== "decline")
		request.channel = fields.channel.value;
	if (fields.isEmergency())
		request.emergency = true;
	return request;
}

export async function decide({ page, kind, names: given, channel = "certification" }) {
	let names = [...given], plan = null, asked = null, control = null;
	const place = h("div", { class: "plan-place", "aria-live": "polite" });
	const fields = makeFields({ page, kind, channel, reload: () => load() });
	const add = (candidate) => {
		names = [...new Set([...names, candidate])];
		return load();
	};

	function showButton() {
		const n = plan ? changes(plan) : 0;
		const where = kind === "decline" ? "" :
			` ${kind === "approve" ? "for" : "from"} ${fields.channel.value}`;

		control?.set(0, { disabled: n === 0,
				  label: `${VERBS[kind]}${n > 1 ? ` ${n}` : ""}${where}` });
	}

	async function load() {
		asked?.abort();
		asked = new AbortController();
		plan = null;
		fields.show();
		showButton();
		if (fields.isEmergency() && !fields.reason.value.trim())
			return fill(place, h("p", { class: "quiet" },
					     "Write the reason first: an emergency needs one."));
		loading(place, "Looking at what this would do …");
		try {
			plan = await post("approvals", { ...requestOf({ kind, names, fields }),
							 dry_run: true }, { signal: asked.signal });
			fill(place, planBox(plan, { kind, add }));
		} catch (problem) {
			if (problem.name === "AbortError")
				return;
			fill(place, problemBox(problem));
		}
		showButton();
	}

	async function apply() {
		if (!plan || !checkAll([fields.reason]))
			return false;
		try {
			return await post("approvals", { ...requestOf({ kind, names, fields }),
							 plan: plan.plan });
		} catch (problem) {
			if (problem.kind === "conflict")
				await load();
			throw problem;
		}
	}

	fields.reason.input.addEventListener("change", () => fields.isEmergency() && load());
	const answer = await dialog({
		title: `${VERBS[kind]} ${subject(names)}`,
		wide: true,
		signal: page.signal,
		body: [fields.channel.root, fields.emergency.root, fields.reason.root, place],
		actions: [{ label: VERBS[kind], run: apply, disabled: true,
			    tone: kind === "recall" ? "danger" : "primary" }],
		opened(it) {
			control = it;
			load();
		},
	});

	if (!answer)
		return false;
	const said = `${DONE[kind]}: ${subject(answer.items.filter((item) => !item.unchanged)
		.map((item) => item.update))}`;

	/* not waited for: who asked shows the new state below it */
	showOutcome({ page, title: said, jobs: answer.jobs ?? [] });
	return true;
}

const RATINGS = [
	["critical", "Critical"], ["high", "High"], ["medium", "Medium"], ["low", "Low"],
];

/** One rating for many updates: each is told apart if it fails. */
export async function rate({ page, names, rating = "high" }) {
	const fields = {
		rating: field({ label: "Rating", type: "select", value: rating, options: RATINGS,
				help: "It sets how long machines may take; see Settings." }),
		reason: field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
				required: true }),
	};
	let left = [...names];

	return Boolean(await dialog({
		title: `Rate ${subject(names)}`,
		signal: page.signal,
		body: [fields.rating.root, fields.reason.root],
		actions: [{
			label: "Rate",
			async run() {
				if (!checkAll([fields.reason]))
					return false;
				while (left.length > 0) {
					await post("ratings", { name: left[0],
								rating: fields.rating.value,
								reason: fields.reason.value.trim() });
					left = left.slice(1);
				}
				notice(`Rated ${fields.rating.value}: ${subject(names)}`);
				return true;
			},
		}],
	})) || left.length < names.length;
}

/** Keeps an update out of production, or lets it go. */
export async function hold({ page, name, held }) {
	const reason = field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
			       required: held });

	return Boolean(await dialog({
		title: `${held ? "Hold" : "Let go"} ${subject([name])}`,
		signal: page.signal,
		body: [h("p", null, held ?
			"It stays in certification, and out of production until somebody lets it go. " +
			"Only an emergency passes by." :
			"It may be approved for production again."), reason.root],
		actions: [{
			label: held ? "Hold" : "Let go",
			async run() {
				if (!checkAll([reason]))
					return false;
				await post("holds", { name, held, reason: reason.value.trim() });
				notice(`${held ? "Held" : "Let go"}: ${subject([name])}`);
				return true;
			},
		}],
	}));
}
