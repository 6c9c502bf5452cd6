/* charts.js - curves over time; the only module that knows Chart.js, which comes when first needed
 *
 *   const chart = await curves({ label: "Coverage by rating", lines, signal });
 *   root.append(chart.root);  chart.update(lines);
 *
 * A line: { name, tone, points: [{ at, share }], deadline_at }: moments as the API gives them, share
 * in per cent; tone is a colour variable of style.css. A deadline is a dashed upright in its line's
 * colour. Lines are told apart by their dashes as well. Nothing is said here that the page does not
 * also say in words: a canvas is one picture to a screen reader, with the label as its name.
 */
import { h } from "./parts/dom.js";

const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 5], [14, 4]];
const TONES = ["--accent", "--fill-note", "--fill-warn", "--fill-bad", "--fill-good", "--edge"];
const DAY_S = 86400;
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
	day: "numeric", month: "short", hour: "2-digit", minute: "2-digit",
});
const TICK_WIDTH = 90; /* pixels */

let library = null;

/* Debian's build is a script, which puts itself into the global object. */
async function load() {
	library ??= import("./chart.min.js").then(() => globalThis.Chart);
	return library;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** How a line is drawn: { tone, dash }; for legends outside the picture. */
export function styleOf(i, tone = null) {
	return { tone: tone ?? TONES[i % TONES.length], dash: DASHES[i % DASHES.length] };
}

/* Midnights, or some of them; of a short time its two ends. */
function ticks(scale) {
	const days = Math.ceil((scale.max - scale.min) / DAY_S);
	const most = Math.max(2, Math.floor(scale.chart.width / TICK_WIDTH));
	const step = Math.max(1, Math.ceil(days / most)) * DAY_S;
	const first = new Date(scale.min * 1000).setHours(24, 0, 0, 0) / 1000;
	const list = [];

	for (let at = first; at <= scale.max; at += step)
		list.push({ value: at });
	scale.ticks = list.length > 1 ? list : [{ value: scale.min }, { value: scale.max }];
}

const deadlines = {
	id: "deadlines",
	afterDatasetsDraw(chart) {
		const { ctx, chartArea: area, scales: { x } } = chart;

		for (const { deadline_at: at, borderColor } of chart.data.datasets) {
			if (!at || at < x.min || at > x.max)
				continue;
			const left = x.getPixelForValue(at);

			ctx.save();
			ctx.strokeStyle = borderColor;
			ctx.setLineDash([3, 4]);
			ctx.beginPath();
			ctx.moveTo(left, area.top);
			ctx.lineTo(left, area.bottom);
			ctx.stroke();
			ctx.restore();
		}
	},
};

function dataset(line, i) {
	const { tone, dash } = styleOf(i, line.tone);
	const one = colour(tone);

	return {
		label: line.name, deadline_at: line.deadline_at, borderColor: one, backgroundColor: one,
		borderDash: dash, borderWidth: 2, tension: 0, pointHitRadius: 12,
		pointRadius: line.points.length < 2 ? 4 : 0,
		data: line.points.map((point) => ({ x: point.at, y: point.share })),
	};
}

/* From the first point to the last, and to deadlines that are not too far off to be seen. */
function extent(lines) {
	const moments = lines.flatMap((line) => line.points.map((point) => point.at));
	const min = Math.min(...moments), last = Math.max(...moments);
	const due = lines.map((line) => line.deadline_at ?? 0)
		.filter((at) => at <= last + Math.max(last - min, DAY_S));

	return { min, max: Math.max(last, ...due) };
}

function options(lines) {
	const grid = { color: colour("--line"), borderColor: colour("--line") };
	const color = colour("--quiet");

	return {
		animation: false, responsive: true, maintainAspectRatio: false, parsing: false,
		normalized: true, interaction: { mode: "nearest", axis: "x", intersect: false },
		scales: {
			x: { type: "linear", ...extent(lines), grid: { ...grid, display: false }, afterBuildTicks: ticks,
			     ticks: { color, maxRotation: 0, callback: (at) => DAY.format(at * 1000) } },
			y: { min: 0, max: 100, grid,
			     ticks: { color, stepSize: 25, callback: (n) => `${n} %` } },
		},
		plugins: {
			legend: { display: false },
			tooltip: { callbacks: {
				title: (items) => MOMENT.format(items[0].parsed.x * 1000),
				label: (item) => ` ${item.dataset.label}: ${item.parsed.y.toFixed(1)} %`,
			} },
		},
	};
}

export async function curves({ label, lines, signal }) {
	const Chart = await load();
	const canvas = h("canvas", { role: "img", "aria-label": label });
	const root = h("div", { class: "chart" }, canvas);
	const chart = new Chart(canvas, {
		type: "line", data: { datasets: lines.map(dataset) }, options: options(lines),
		plugins: [deadlines],
	});
	const update = (to) => {
		lines = to;
		chart.data.datasets = lines.map(dataset);
		chart.options = options(lines);
		chart.update();
	};

	/* other colours: at dusk, and on paper */
	for (const query of ["(prefers-color-scheme: dark)", "print"])
		matchMedia(query).addEventListener("change", () => update(lines), { signal });
	signal.addEventListener("abort", () => chart.destroy(), { once: true });
	return { root, update };
}
