/* going_back.js - a channel returns to an earlier publication: what that would do, then doing it
 *
 *   if (await goBack({ page, channel: "production", number: 4, computers: 120 })) page.refresh();
 *
 * What may not come into production is said beforehand, each with its reason; only an emergency,
 * which has to give a reason, passes by. True when it was done.
 */
import { post } from "../api.js";
import { dialog } from "./dialog.js";
import { fill, h } from "./dom.js";
import { folded } from "./facts.js";
import { checkAll, field } from "./form.js";
import { loading, problemBox } from "./notice.js";
import { showOutcome } from "./outcome.js";
import { count } from "./words.js";

const changes = (plan) => plan.added.length + plan.removed.length;

function sentence(plan, channel, computers) {
	const come = plan.added.length > 0 && `${count(plan.added.length, "update")} would come`;
	const go = plan.removed.length > 0 && `${count(plan.removed.length, "update")} would go`;

	if (!come && !go)
		return `Nothing would change: ${channel} has this already, so there is nothing to return to.`;
	return `${[come, go].filter(Boolean).join(", ")}, for ${count(computers, "computer")} of ` +
		`${channel}.`;
}

function planBox(plan, channel, computers) {
	const part = (title, texts) => texts.length > 0 && [h("h3", null, title), folded(texts)];
	const box = (title, texts) => texts.length > 0 && h("div", { class: "box warn" },
		h("h3", null, title), folded(texts));

	return h("div", { class: "plan" },
		 h("p", { class: "strong" }, sentence(plan, channel, computers)),
		 box("Refused: these may not come into production", plan.refused),
		 box("The emergency passes by", plan.warnings),
		 part("Would come", plan.added), part("Would go", plan.removed),
		 plan.skipped > 0 && h("p", { class: "warning" }, plan.skipped === 1 ?
			"One update of it stays out, because it was recalled." :
			`${count(plan.skipped, "update")} of it stay out, because they were recalled.`),
		 plan.removed.length > 0 && h("p", { class: "warning" }, "Computers that have installed " +
			"something newer keep it: apt does not go back by itself."));
}

class Return {
	constructor({ page, channel, number, computers }) {
		this.page = page;
		this.target = { channel, number };
		this.computers = computers;
		this.plan = null; /* the one that is shown */
		this.asked = null; /* AbortController of the dry run under way */
		this.place = h("div", { class: "plan-place", "aria-live": "polite" });
		this.reason = field({ label: "Reason", type: "textarea", rows: 2, maxlength: 1000,
				      required: true });
		this.emergency = field({
			label: "Emergency: production without certification, or although it is held",
			type: "checkbox", onchange: () => this.load(),
			help: "Needs a reason, and stays visible." });
		this.emergency.root.hidden = true;
		this.reason.input.addEventListener("change", () => this.emergency.value && this.load());
	}

	request() {
		return { ...this.target, reason: this.reason.value.trim(),
			 emergency: this.emergency.value };
	}

	show(plan) {
		const none = plan !== null && changes(plan) === 0;

		this.plan = plan;
		/* once it was offered it can be taken back */
		this.emergency.root.hidden &&= (plan?.refused.length ?? 0) === 0;
		this.reason.root.hidden = none;
		this.control?.set(0, { disabled: !plan || none || plan.refused.length > 0 });
	}

	async load() {
		this.asked?.abort();
		this.asked = new AbortController();
		this.show(null);
		if (this.emergency.value && !this.reason.value.trim())
			return void fill(this.place, h("p", { class: "quiet" },
				"Write the reason first: an emergency needs one."));
		loading(this.place, "Looking at what this would do …");
		try {
			const plan = await post("channel-returns", { ...this.request(), dry_run: true },
						{ signal: this.asked.signal });

			this.show(plan);
			fill(this.place, planBox(plan, this.target.channel, this.computers));
		} catch (problem) {
			if (problem.name !== "AbortError")
				fill(this.place, problemBox(problem));
		}
	}

	/** What was shown and nothing else: where it would be something else by now, that is shown. */
	async apply() {
		try {
			return await post("channel-returns", { ...this.request(), plan: this.plan.plan });
		} catch (problem) {
			if (problem.kind === "conflict")
				await this.load();
			throw problem;
		}
	}

	/** The server's answer, or null. */
	ask() {
		const { channel, number } = this.target;

		return dialog({
			title: `Return ${channel} to publication ${number}`,
			signal: this.page.signal, wide: true,
			body: [this.reason.root, this.emergency.root, this.place],
			actions: [{ label: `Return ${channel}`, tone: "danger", disabled: true,
				    run: () => this.plan && checkAll([this.reason]) && this.apply() }],
			opened: (control) => {
				this.control = control;
				this.load();
			},
		});
	}
}

export async function goBack({ page, channel, number, computers }) {
	const answer = await new Return({ page, channel, number, computers }).ask();

	if (!answer)
		return false;
	await showOutcome({ page, jobs: answer.jobs ?? [],
			    title: `${channel} returns to publication ${number}` });
	return true;
}
