// SPDX-License-Identifier: BSD-3-Clause
// Places for the nodes of a graph: each pushes the others away, each edge pulls its ends together, and all are
// drawn towards the middle. No chance in it: the same graph comes out the same.

const SPRING = 95, PUSH = 13000, MIDDLE = 0.003, COOL = 0.985, STILL = 0.02;
const LETTER = 7, LABEL_HEIGHT = 21, ABOVE = 15; // of labels, as style.css writes them
export const LABEL_MAX = 34;                     // letters

// Labels look away from the middle of the neighbours; those of hubs stand above them.
function turnLabel(node) {
	const width = 14 + LETTER * Math.min(LABEL_MAX, node.label.length);
	let sum = 0;
	for (const { node: other } of node.near) sum += other.x;
	node.side = node.near.length > 3 ? 'above' : node.x * node.near.length < sum ? 'left' : 'right';
	node.left = node.side === 'right' ? 12 : node.side === 'left' ? width : width / 2;
	node.right = node.side === 'left' ? 12 : node.side === 'right' ? width : width / 2;
}

// Where two labels overlap: how far they should give way, upwards or downwards.
function overlap(a, b, dx, dy) {
	if (dx + b.right < -a.left || dx - b.left > a.right) return 0;
	const apart = dy + (a.side === 'above' ? ABOVE : 0) - (b.side === 'above' ? ABOVE : 0);
	const room = LABEL_HEIGHT - Math.abs(apart);
	if (room <= 0) return 0;
	return apart < 0 || (apart === 0 && a.index > b.index) ? -room : room;
}

export class Layout {
	constructor() {
		this.heat = 0;
	}

	warm(heat = 1) {
		this.heat = Math.max(this.heat, heat);
	}

	// One step. True while there is something to move.
	step(nodes, edges) {
		if (this.heat < STILL) return false;
		for (const n of nodes) turnLabel(n);
		for (let i = 0; i < nodes.length; i++) {
			const a = nodes[i];
			for (let j = i + 1; j < nodes.length; j++) this.push(a, nodes[j]);
			a.vx -= a.x * MIDDLE * this.heat;
			a.vy -= a.y * MIDDLE * this.heat * 1.6; // drawings are wider than high
		}
		for (const { a, b } of edges) this.pull(a, b);
		for (const n of nodes) {
			const speed = Math.hypot(n.vx, n.vy), most = 40 * this.heat;
			if (!n.fixed) {
				n.x += speed > most ? (n.vx / speed) * most : n.vx;
				n.y += speed > most ? (n.vy / speed) * most : n.vy;
			}
			n.vx *= 0.55;
			n.vy *= 0.55;
		}
		this.heat *= COOL;
		return true;
	}

	push(a, b) {
		let dx = b.x - a.x, dy = b.y - a.y;
		let square = dx * dx + dy * dy;
		if (square < 1) {
			dx = 0.5 + (a.index % 7) / 7;
			dy = 0.5 + (b.index % 5) / 5;
			square = 1;
		}
		if (square > 360000) return;
		const force = (PUSH * this.heat) / square / Math.sqrt(square);
		const up = dy * force + overlap(a, b, dx, dy) * 0.35 * Math.min(1, 2.5 * this.heat);
		a.vx -= dx * force;
		b.vx += dx * force;
		a.vy -= up;
		b.vy += up;
	}

	pull(a, b) {
		const dx = b.x - a.x, dy = b.y - a.y, distance = Math.hypot(dx, dy) || 1;
		const crowd = Math.min(a.degree, b.degree);
		const length = SPRING + Math.min(190, 5 * Math.max(a.degree, b.degree)) + (crowd > 2 ? 60 : 0);
		const force = ((distance - length) / distance) * 0.32 * this.heat / Math.max(1, Math.sqrt(crowd));
		a.vx += dx * force * (b.degree / (a.degree + b.degree));
		a.vy += dy * force * (b.degree / (a.degree + b.degree));
		b.vx -= dx * force * (a.degree / (a.degree + b.degree));
		b.vy -= dy * force * (a.degree / (a.degree + b.degree));
	}
}
