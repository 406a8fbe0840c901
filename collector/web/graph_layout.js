// SPDX-License-Identifier: BSD-3-Clause
// Places for the nodes of a graph: each pushes the others away, each edge pulls its ends together, and all are
// drawn towards the middle. No chance in it: the same graph comes out the same.

const SPRING = 90, PUSH = 5200, MIDDLE = 0.018, COOL = 0.985, STILL = 0.02;

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
		for (let i = 0; i < nodes.length; i++) {
			const a = nodes[i];
			for (let j = i + 1; j < nodes.length; j++) this.push(a, nodes[j]);
			a.vx -= a.x * MIDDLE;
			a.vy -= a.y * MIDDLE;
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
		// names are written from left to right: more room upwards and downwards is worth less
		a.vx -= dx * force;
		b.vx += dx * force;
		a.vy -= dy * force * 1.15;
		b.vy += dy * force * 1.15;
	}

	pull(a, b) {
		const dx = b.x - a.x, dy = b.y - a.y, distance = Math.hypot(dx, dy) || 1;
		const crowd = Math.min(a.degree, b.degree);
		const length = SPRING + 6 * Math.sqrt(Math.max(a.degree, b.degree));
		const force = ((distance - length) / distance) * 0.32 * this.heat / Math.max(1, Math.sqrt(crowd));
		a.vx += dx * force * (b.degree / (a.degree + b.degree));
		a.vy += dy * force * (b.degree / (a.degree + b.degree));
		b.vx -= dx * force * (a.degree / (a.degree + b.degree));
		b.vy -= dy * force * (a.degree / (a.degree + b.degree));
	}
}
