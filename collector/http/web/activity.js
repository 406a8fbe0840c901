// SPDX-License-Identifier: BSD-3-Clause
// When the records of an answer were seen: how many of them in each part of the time. A range of it can be dragged.
import { el, fill, svg } from './dom.js';
import * as format from './format.js';
import { extentOf } from './records.js';

const PARTS = 120, HEIGHT = 40;

// Records whose time from first to last seen touches each of PARTS equal parts.
export function tally(rows, { first, last }, parts = PARTS) {
	const change = new Array(parts + 1).fill(0), width = (last - first) / parts || 1;
	const part = (time) => Math.min(parts - 1, Math.floor((time - first) / width));
	for (const row of rows) {
		change[part(row.time_first)]++;
		change[part(row.time_last) + 1]--;
	}
	let now = 0;
	return change.slice(0, parts).map((c) => (now += c));
}

// As a value of the page's time fields: with the minute if the range is short.
const fieldOf = (time, width) => (width <= 14 * 86400 ? format.minute(time).replace(' ', 'T') : format.day(time));

// Calls onRange(since, until) after a range was dragged. Returns {node, show(rows)}.
export function makeActivity({ onRange }) {
	const node = el('figure', { class: 'activity', hidden: true });
	let extent, from;

	const at = (event, drawing) => {
		const shape = drawing.getBoundingClientRect();
		return Math.min(1, Math.max(0, (event.clientX - shape.left) / shape.width));
	};
	const timeOf = (share) => extent.first + share * (extent.last - extent.first);

	function select(drawing, mark, label) {
		drawing.addEventListener('pointerdown', (event) => {
			from = at(event, drawing);
			drawing.setPointerCapture(event.pointerId);
		});
		drawing.addEventListener('pointermove', (event) => {
			const to = at(event, drawing);
			if (from === undefined) {
				fill(label, format.minute(timeOf(to)));
				return;
			}
			const [a, b] = [Math.min(from, to), Math.max(from, to)];
			mark.setAttribute('x', `${a * 100}%`);
			mark.setAttribute('width', `${(b - a) * 100}%`);
			fill(label, `${format.minute(timeOf(a))} – ${format.minute(timeOf(b))}`);
		});
		drawing.addEventListener('pointerup', (event) => {
			const [a, b] = [from, at(event, drawing)].sort((x, y) => x - y), width = timeOf(b) - timeOf(a);
			from = undefined;
			mark.setAttribute('width', '0');
			if (b - a > 0.005) onRange(fieldOf(timeOf(a), width), fieldOf(timeOf(b), width));
		});
		drawing.addEventListener('pointercancel', () => {
			from = undefined;
			mark.setAttribute('width', '0');
		});
	}

	function show(rows) {
		const { first, last } = extentOf(rows);
		node.hidden = rows.length < 2 || last - first < 60;
		if (node.hidden) return;
		extent = { first, last };
		const parts = tally(rows, extent), most = Math.max(...parts), peak = parts.indexOf(most), width = (last - first) / PARTS;
		const mark = svg('rect', { class: 'range', y: '0', height: '100%', width: '0' }), label = el('span', { class: 'aside' }, 'Drag to restrict the time');
		const drawing = svg('svg', { class: 'parts', role: 'img', viewBox: `0 0 ${PARTS} ${HEIGHT}`, preserveAspectRatio: 'none',
			'aria-label': `Records seen over time, from ${format.tick(first, last - first)} to ${format.tick(last, last - first)}; most, ${format.number(most)}, around ${format.tick(first + (peak + 0.5) * width, last - first)}` },
		parts.map((n, i) => n > 0 && svg('rect', { x: i, width: '1', y: HEIGHT - Math.max(1, (HEIGHT * n) / most), height: Math.max(1, (HEIGHT * n) / most) })), mark);
		select(drawing, mark, label);
		fill(node, drawing, el('figcaption', null, el('span', null, format.tick(first, last - first)), label, el('span', null, format.tick(last, last - first))));
	}

	return { node, show };
}
