/* decision.js - deciding about updates: one dialog that says beforehand what will happen
 *
 *   if (await decide({ page, kind: "approve", names })) list.reload();
 *
 * kind: approve, recall, decline; names as the API takes them ("UPSTREAM/NAME=VERSION"); channel is
 * what the dialog begins with, BOTH for a recall from wherever they are, and so is emergency. What is
 * decided is exactly the plan that was shown: if the catalog or somebody else changed it meanwhile,
 * nothing happens and the new plan is shown. True when something was decided.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { checkAll, field } from "./form.js";
import { loading, problemBox } from "./notice.js";
import { showOutcome } from "./outcome.js";
import { changed, planBox } from "./plan.js";
import { subject } from "./update.js";

const VERBS = { approve: "Approve", recall: "Recall", decline: "Decline" };
const DONE = { approve: "Approved", recall: "Recalled", decline: "Declined" };

/** For a recall: no channel is every channel. */
export const BOTH = "";

const CHANNELS = [
	{ name: "certification", right: "certify", text: "Certification: few computers try it" },
	{ name: "production", right: "approve", text: "Production: everybody else" },
];

const RECALLED = (channel) => `Computers of ${channel} are offered it no longer.`;

/** [value, text] of the channels that this person may decide about. */
function channelChoices(page, kind) {
	const choices = CHANNELS.filter((one) => page.may(one.right)).map((one) => [one.name, one.text]);

	if (kind === "recall" && choices.length > 1)
		choices.unshift([BOTH, "Both channels"]);
	return choices;
}

function makeFields({ page, kind, channel, emergency, reload }) {
	const choices = channelChoices(page, kind);
	const fields = {
		channel: field({ label: "Channel", type: "select", onchange: reload,
				 value: choices.some(([name]) => name === channel) ? channel :
					choices[0][0],
				 options: choices }),
		emergency: field({ label: "Emergency: production without certification, or although it is held",
				   type: "checkbox", value: emergency, onchange: reload,
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

class Decision {
	constructor({ page, kind, names, channel, emergency }) {
		this.page = page;
		this.kind = kind;
		this.names = [...names];
		this.plan = null; /* the one that is shown */
		this.asked = null; /* AbortController of the dry run under way */
		this.place = h("div", { class: "plan-place", "aria-live": "polite" });
		this.fields = makeFields({ page, kind, channel, emergency,
					   reload: () => this.load() });
		this.fields.reason.input.addEventListener("change", () =>
			this.fields.isEmergency() && this.load());
	}

	/** What both the dry run and the decision send. */
	request() {
		const { kind, names, fields } = this;
		const request = { kind, names, reason: fields.reason.value.trim() };

		if (kind !== "decline" && fields.channel.value !== BOTH)
			request.channel = fields.channel.value;
		if (fields.isEmergency())
			request.emergency = true;
		return request;
	}

	showButton() {
		const n = this.plan ? changed(this.plan).length : 0;
		const where = this.kind === "decline" ? "" :
			` ${this.kind === "approve" ? "for" : "from"} ` +
			(this.fields.channel.value || "both channels");
		const verb = this.fields.isEmergency() ? "Emergency: approve" : VERBS[this.kind];

		this.control?.set(0, { disabled: n === 0, label: `${verb}${n > 1 ? ` ${n}` : ""}${where}` });
	}

	async load() {
		const { fields, place, kind } = this;

		this.asked?.abort();
		this.asked = new AbortController();
		this.plan = null;
		fields.show();
		this.showButton();
		if (fields.isEmergency() && !fields.reason.value.trim())
			return void fill(place, h("p", { class: "quiet" },
						  "Write the reason first: an emergency needs one."));
		loading(place, "Looking at what this would do …");
		try {
			this.plan = await post("approvals", { ...this.request(), dry_run: true },
					       { signal: this.asked.signal });
			fill(place, planBox(this.plan, { kind, add: (name) => this.add(name) }));
		} catch (problem) {
			if (problem.name === "AbortError")
				return;
			fill(place, problemBox(problem));
		}
		this.showButton();
	}

	add(name) {
		this.names = [...new Set([...this.names, name])];
		return this.load();
	}

	async apply() {
		if (!this.plan || !checkAll([this.fields.reason]))
			return false;
		try {
			return await post("approvals", { ...this.request(), plan: this.plan.plan });
		} catch (problem) {
			if (problem.kind === "conflict")
				await this.load();
			throw problem;
		}
	}

	/** The dialog; the server's answer, or null. */
	ask() {
		const { channel, emergency, reason } = this.fields;

		return dialog({
			title: `${VERBS[this.kind]} ${subject(this.names)}`,
			wide: true,
			signal: this.page.signal,
			body: [channel.root, emergency.root, reason.root, this.place],
			actions: [{ label: VERBS[this.kind], run: () => this.apply(), disabled: true,
				    tone: this.kind === "recall" ? "danger" : "primary" }],
			opened: (control) => {
				this.control = control;
				this.load();
			},
		});
	}
}

/** settled() is called when what was decided has been carried out, or is no longer waited for. */
export async function decide({ page, kind, names, channel = "certification", emergency = false,
			       settled = null }) {
	const answer = await new Decision({ page, kind, names, channel, emergency }).ask();

	if (!answer)
		return false;
	/* not waited for: who asked shows the new state below it */
	const here = location.hash;

	showOutcome({ page, title: `${DONE[kind]}: ${subject(changed(answer))}`, jobs: answer.jobs ?? [],
		      ...(kind === "recall" ? { published: RECALLED } : {}) })
		.then(() => location.hash === here && settled?.());
	return true;
}
