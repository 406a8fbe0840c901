// SPDX-License-Identifier: BSD-3-Clause
// A graph of names and addresses. A click on a node asks the engine (/api/pivot) for its neighbours and shows its details. Arrow keys
// move between nodes, Enter expands. The same data is below as a list.
import { lookup, lookupPath, pivot } from './api.js';
import { announce, el, fill, svg, wantsNoMotion } from './dom.js';
import * as format from './format.js';
import { LABEL_MAX, Layout } from './graph_layout.js';
import { Model, NODES_MAX } from './graph_model.js';
import { graphMl, savePng, saveSvg } from './graph_save.js';
import { addressLink, nameLink } from './records.js';
import { download, fileName } from './save.js';

const START_MAX = 60, EXPAND_ROWS = 200, LABELS_ALL = 45, PIVOT_RESULTS = 100, SCORE_NEAR = 0.1;

const LEGEND = [['name', 'name'], ['address', 'address'], ['open', 'not expanded'], ['shared', 'shared by many, not followed'], ['weak', 'weakly related (pale)'],
	['edge-address', 'A, AAAA'], ['edge-name', 'CNAME, NS, MX and others']];

const cut = (text) => (text.length <= LABEL_MAX ? text : `${text.slice(0, LABEL_MAX / 2 - 1)}…${text.slice(-LABEL_MAX / 2 + 1)}`);
const link = (node) => (node.kind === 'address' ? addressLink(node.label) : nameLink(node.label));

// Draws into `place`. `root`: {kind, value} of a search for one name or address. Returns what ends it.
export function openGraph(place, rows, root) {
	const model = new Model(), layout = new Layout(), controller = new AbortController();
	const drawn = new Map(); // id → {node, group, …}
	let chosen, related = false, note = '', frame = 0, box = { x: -400, y: -250, w: 800, h: 500 }, moved = false;

	const lines = svg('g', { class: 'edges' }), dots = svg('g', { class: 'nodes' });
	const canvas = svg('svg', { class: 'canvas', role: 'group', 'aria-label': 'Graph of names and addresses; arrow keys move between nodes, Enter expands' }, lines, dots);
	const details = el('aside', { class: 'details', 'aria-label': 'Selected node' });
	const list = el('div', { class: 'node-list' });
	const count = el('p', { class: 'aside count' });
	const zoomButton = (label, text, factor) => el('button', { type: 'button', 'aria-label': label, title: label, onclick: () => zoom(factor) }, text);
	const saver = (label, ending, save) => el('button', { type: 'button', class: 'quiet', 'data-save': ending, onclick: () => {
		save(fileName(root?.value ?? 'graph', ending));
		announce(`Graph saved as ${label}`);
	} }, label);
	fill(place, el('div', { class: 'graph' },
		el('div', { class: 'drawing' }, canvas,
			el('div', { class: 'zoom' }, zoomButton('Zoom in', '+', 0.75), zoomButton('Zoom out', '−', 1.33),
				el('button', { type: 'button', 'aria-label': 'Fit: show all', title: 'Fit: show all', onclick: () => { moved = false; fit(); } }, 'Fit')),
			el('div', { class: 'legend' }, LEGEND.map(([kind, text]) => el('span', { class: `is-${kind}` }, text)))),
		details),
	count,
	el('p', { class: 'downloads' }, 'Download ', saver('SVG', 'svg', (name) => saveSvg(canvas, name)), saver('PNG', 'png', (name) => savePng(canvas, name)),
		saver('GraphML', 'graphml', (name) => download(name, 'application/graphml+xml', graphMl(model)))),
	el('details', { class: 'as-list' }, el('summary', null, 'As a list'), list));

	// --- view

	function setBox() {
		canvas.setAttribute('viewBox', `${box.x} ${box.y} ${box.w} ${box.h}`);
	}

	function zoom(factor, cx = box.x + box.w / 2, cy = box.y + box.h / 2) {
		const w = Math.min(6000, Math.max(120, box.w * factor)), f = w / box.w;
		box = { x: cx - (cx - box.x) * f, y: cy - (cy - box.y) * f, w, h: box.h * f };
		moved = true;
		setBox();
	}

	// All nodes with their labels, in the shape of the drawing.
	function fit() {
		if (moved) return;
		const shape = canvas.getBoundingClientRect(), ratio = (shape.width || 800) / (shape.height || 500);
		const nodes = [...model.nodes.values()];
		const left = Math.min(...nodes.map((n) => n.x - n.left)) - 12, right = Math.max(...nodes.map((n) => n.x + n.right)) + 12;
		const top = Math.min(...nodes.map((n) => n.y)) - 50, bottom = Math.max(...nodes.map((n) => n.y)) + 45;
		const w = Math.max(right - left, (bottom - top) * ratio, (shape.width || 800) / 1.15), h = w / ratio;
		box = { x: (left + right - w) / 2, y: (top + bottom - h) / 2, w, h };
		setBox();
	}

	const ANCHOR = { left: ['end', -12, 4], right: ['start', 12, 4], above: ['middle', 0, -15] };

	function turnLabel(node, text) {
		const [anchor, x, y] = ANCHOR[node.side];
		text.setAttribute('text-anchor', anchor);
		text.setAttribute('x', x);
		text.setAttribute('y', y);
	}

	function draw() {
		for (const { a, b, line, text } of model.edges.values()) {
			text.setAttribute('x', ((a.x + b.x) / 2).toFixed(1));
			text.setAttribute('y', ((a.y + b.y) / 2 - 3).toFixed(1));
			line.setAttribute('x1', a.x.toFixed(1));
			line.setAttribute('y1', a.y.toFixed(1));
			line.setAttribute('x2', b.x.toFixed(1));
			line.setAttribute('y2', b.y.toFixed(1));
		}
		for (const { node, group } of drawn.values()) {
			group.setAttribute('transform', `translate(${node.x.toFixed(1)},${node.y.toFixed(1)})`);
			turnLabel(node, group.lastChild);
		}
		fit();
	}

	function run() {
		cancelAnimationFrame(frame);
		layout.warm();
		const nodes = [...model.nodes.values()], edges = [...model.edges.values()];
		const turn = (steps) => {
			let going = true;
			for (let i = 0; i < steps && going; i++) going = layout.step(nodes, edges);
			return going;
		};
		if (wantsNoMotion()) {
			turn(1000);
			draw();
			return;
		}
		turn(60);
		const animate = () => {
			const going = turn(3);
			draw();
			if (going) frame = requestAnimationFrame(animate);
		};
		animate();
	}

	// --- nodes and edges

	function addMissing() {
		for (const edge of model.edges.values()) {
			if (edge.line) continue;
			edge.line = svg('line', { class: `edge ${edge.b.kind === 'address' ? 'to-address' : 'to-name'}` }, svg('title', null, edgeText(edge)));
			edge.text = svg('text', { class: 'edge-type', 'text-anchor': 'middle' });
			lines.append(edge.line, edge.text);
		}
		for (const node of model.nodes.values()) if (!drawn.has(node.id)) drawn.set(node.id, { node, group: dot(node) });
		dots.append(...[...drawn.values()].map((d) => d.group));
		describe();
	}

	function dot(node) {
		const shape = node.kind === 'address' ? svg('rect', { x: '-7', y: '-7', width: '14', height: '14', rx: '3' }) : svg('circle', { r: '7' });
		return svg('g', { class: 'node', role: 'button', tabindex: '-1', 'data-id': node.id,
			onclick: () => (node.expanded ? choose(node) : expand(node)),
			onfocus: () => choose(node), onkeydown: (event) => keys(event, node) },
		svg('circle', { class: 'halo', r: '13' }), shape, svg('text', { x: '12', y: '4' }, cut(node.label)));
	}

	function describe() {
		const few = model.nodes.size <= LABELS_ALL;
		const near = new Set(chosen ? model.neighbours(chosen).map((n) => n.node.id) : []);
		for (const { node, group } of drawn.values()) {
			const is = { chosen: node === chosen, near: near.has(node.id), open: !node.expanded, shared: node.info?.what === 'shared' || node.info?.stop === 'domains' || node.info?.stop === 'zones', weak: node.info?.what === 'weak', labelled: few || node === chosen || near.has(node.id) || node.degree > 2 };
			group.setAttribute('class', ['node', node.kind, ...Object.keys(is).filter((k) => is[k])].join(' '));
			group.setAttribute('tabindex', node === (chosen ?? first()) ? '0' : '-1');
			group.setAttribute('aria-label', `${node.kind} ${node.label}, ${format.plural(node.degree, 'neighbour')}${node.expanded ? ', expanded' : ''}`);
		}
		for (const { a, b, line, text, types } of model.edges.values()) {
			const isNear = a === chosen || b === chosen;
			line.classList.toggle('near', isNear);
			text.textContent = isNear ? types.join(' ') : '';
		}
		fill(count, `${format.plural(model.nodes.size, 'node')}, ${format.plural(model.edges.size, 'edge')}.`,
			' ', root && !related && el('button', { type: 'button', class: 'quiet small related', onclick: relate }, 'Find related infrastructure'), note,
			model.left > 0 && ` ${format.plural(model.left, 'record')} not drawn: the limit is ${START_MAX} nodes at first and ${NODES_MAX} in total, newest first.`);
		showDetails();
		showList();
	}

	const edgeText = ({ a, b, types, first, last }) => `${a.label} ${types.join(' ')} ${b.label}${Number.isFinite(first) ? `, ${format.minute(first)} – ${format.minute(last)}` : ''}`;

	const first = () => model.nodes.values().next().value;

	function choose(node) {
		if (chosen === node) return;
		chosen = node;
		describe();
	}

	function showDetails() {
		if (!chosen) {
			fill(details, el('p', { class: 'aside' }, 'Click a node to add its neighbours. Keyboard: arrow keys move between nodes, Enter expands, + and − zoom.'));
			return;
		}
		const near = model.neighbours(chosen);
		fill(details, el('h2', null, el('span', { class: 'kind' }, chosen.kind === 'address' ? 'Address' : 'Name'), ' ', link(chosen)),
			el('p', { class: 'buttons' }, chosen.expanded ? el('span', { class: 'aside' }, 'Expanded.') :
				el('button', { type: 'button', class: 'expand', onclick: () => expand(chosen) }, 'Expand')),
			chosen.info && el('p', { class: 'why' }, chosen.info.indicator ? '' : el('strong', null, `Score ${chosen.info.score.toFixed(2)}`),
				chosen.info.indicator ? '' : `: ${chosen.info.reasons.map((r) => r.text).join('; ')}. `,
				chosen.info.stop_text && el('span', { class: 'stop' }, `Not walked through: ${chosen.info.stop_text}. `)),
			chosen.info?.stop && chosen.expanded && !chosen.all && el('p', { class: 'buttons' },
				el('button', { type: 'button', class: 'expand', onclick: () => expandAll(chosen) }, 'Show its newest records')),
			chosen.hidden > 0 && el('p', { class: 'aside' }, `${format.plural(chosen.hidden, 'more record')} not drawn; `, 'search for it to see all.'),
			el('ul', { class: 'neighbours' }, near.slice(0, 40).map((n) => el('li', null, el('span', { class: 'type' }, n.edge.types.join(' ')), ' ', link(n.node),
				el('span', { class: 'aside' }, ` ${format.day(n.edge.first)} – ${format.day(n.edge.last)}`)))),
			near.length > 40 && el('p', { class: 'aside' }, `${near.length - 40} more are in the list below`));
	}

	function showList() {
		if (!list.parentNode?.open) return;
		fill(list, el('ul', null, [...model.nodes.values()].map((node) => el('li', null, link(node), ' ',
			!node.expanded && el('button', { type: 'button', class: 'quiet small', 'aria-label': `Expand ${node.label}`, onclick: () => expand(node) }, 'expand'),
			el('ul', null, model.neighbours(node).map((n) => el('li', null, el('span', { class: 'type' }, n.edge.types.join(' ')), ' ', link(n.node))))))));
	}

	// The engine's neighbours: what is shared by many is not followed.
	const near = async (node) => model.addNear(await pivot({ kind: node.kind, value: node.label }, { depth: 1, score: SCORE_NEAR, limit: EXPAND_ROWS }, controller.signal), node);

	// All records, newest first.
	const newest = async (node) => {
		const got = await lookup(lookupPath({ kind: node.kind, value: node.label }, { limit: EXPAND_ROWS, sort: '-last' }), controller.signal);
		node.all = true;
		return model.expand(node, got.rows);
	};

	const expand = (node) => !node.expanded && grow(node, near);
	const expandAll = (node) => grow(node, newest);

	// The engine's whole walk from what was searched for.
	async function relate() {
		related = true;
		note = ' Searching…';
		describe();
		try {
			const got = await pivot(root, { depth: 2, limit: PIVOT_RESULTS }, controller.signal);
			const added = model.addAll(got, first());
			const shared = got.rows.filter((row) => row.what === 'shared').length;
			note = ` ${format.plural(got.end.results, 'result')}${got.end.left_out ? ` (and ${format.number(got.end.left_out)} more)` : ''}, ${shared} shared by many and not walked through${got.end.stopped ? '; incomplete: a limit was reached' : ''}.`;
			announce(`${format.plural(added, 'node')} added`);
			addMissing();
			if (added > 0) run();
		} catch (error) {
			if (error.name === 'AbortError') return;
			note = ` Failed: ${error.message}.`;
			describe();
		}
	}

	async function grow(node, ask) {
		if (node.busy) return;
		node.busy = true;
		choose(node);
		drawn.get(node.id).group.classList.add('busy');
		try {
			const added = await ask(node);
			announce(`${format.plural(added, 'node')} added`);
			addMissing();
			if (added > 0) run();
		} catch (error) {
			if (error.name === 'AbortError') return;
			drawn.get(node.id).group.classList.remove('busy');
			details.prepend(el('p', { class: 'notice error', role: 'alert' }, `Expanding failed: ${error.message}.`));
		} finally {
			node.busy = false;
		}
	}

	// --- keys and pointer

	const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

	function keys(event, node) {
		if (event.key === 'Enter' || event.key === ' ') expand(node);
		else if (event.key === '+' || event.key === '-') zoom(event.key === '+' ? 0.75 : 1.33);
		else if (event.key in WAYS) step(node, ...WAYS[event.key]);
		else return;
		event.preventDefault();
	}

	// The nearest node in that direction.
	function step(from, dx, dy) {
		let best, least = Infinity;
		for (const { node } of drawn.values()) {
			const x = node.x - from.x, y = node.y - from.y, along = x * dx + y * dy, across = Math.abs(x * dy - y * dx);
			if (node === from || along <= 0 || along + 2.5 * across >= least) continue;
			best = node;
			least = along + 2.5 * across;
		}
		if (best) drawn.get(best.id).group.focus();
	}

	const at = (event) => {
		const shape = canvas.getBoundingClientRect();
		return [box.x + ((event.clientX - shape.left) / shape.width) * box.w, box.y + ((event.clientY - shape.top) / shape.height) * box.h];
	};
	canvas.addEventListener('wheel', (event) => {
		if (!event.ctrlKey && !event.shiftKey && document.activeElement?.closest('.canvas') === null) return; // the page scrolls
		event.preventDefault();
		zoom(event.deltaY > 0 ? 1.12 : 0.89, ...at(event));
	}, { passive: false });
	canvas.addEventListener('pointerdown', (event) => {
		if (event.target.closest('.node')) return;
		let [x, y] = at(event);
		const drag = (e) => {
			const [nx, ny] = at(e);
			box.x -= nx - x;
			box.y -= ny - y;
			moved = true;
			setBox();
			[x, y] = at(e);
		};
		canvas.setPointerCapture(event.pointerId);
		canvas.addEventListener('pointermove', drag);
		canvas.addEventListener('pointerup', () => canvas.removeEventListener('pointermove', drag), { once: true });
	});
	list.parentNode.addEventListener('toggle', showList);

	// --- begin

	if (root) Object.assign(model.node(root.kind, root.value), { expanded: true });
	model.add([...rows].sort((a, b) => b.time_last - a.time_last), undefined, START_MAX);
	if (model.nodes.size === 0) {
		fill(place, el('p', { class: 'notice' }, 'No record points to a name or an address: nothing to draw.'));
		return () => {};
	}
	chosen = root ? first() : undefined;
	addMissing();
	run();
	return () => {
		cancelAnimationFrame(frame);
		controller.abort();
	};
}
