// SPDX-License-Identifier: BSD-3-Clause
// Names, addresses, and the records between them.
import { target } from './records.js';

export const NODES_MAX = 150; // drawn at a time
const ADD_MAX = 30;            // neighbours that one expansion brings

export class Model {
	constructor() {
		this.nodes = new Map(); // by "name:…" or "address:…"
		this.edges = new Map(); // by both
		this.left = 0;          // records that had no room
	}

	// The node, made where it is missing, near `from`. undefined where there is no room.
	node(kind, label, from) {
		const id = `${kind}:${label}`;
		if (this.nodes.has(id)) return this.nodes.get(id);
		if (this.nodes.size >= NODES_MAX) return undefined;
		const index = this.nodes.size, angle = index * 2.399963; // the golden angle: no two the same way
		const far = from ? 60 : 14 * Math.sqrt(index);
		const node = { id, kind, label, index, degree: 0, expanded: false, hidden: 0, near: [], vx: 0, vy: 0,
			x: (from?.x ?? 0) + Math.cos(angle) * far, y: (from?.y ?? 0) + Math.sin(angle) * far };
		this.nodes.set(id, node);
		return node;
	}

	// Adds records. `from`: the node whose neighbours they are. Returns how many nodes are new.
	add(rows, from, most = NODES_MAX) {
		const before = this.nodes.size;
		for (const row of rows) {
			const to = target(row);
			if (!to || to.name === row.rrname) continue;
			const known = this.nodes.has(`name:${row.rrname}`) && this.nodes.has(to.address ? `address:${to.address}` : `name:${to.name}`);
			if (!known && this.nodes.size - before >= most) {
				if (from) from.hidden++;
				else this.left++;
				continue;
			}
			const a = this.node('name', row.rrname, from);
			const b = a && this.node(to.address ? 'address' : 'name', to.address ?? to.name, from ?? a);
			if (a && b) this.edge(a, b, row);
			else this.left++;
		}
		return this.nodes.size - before;
	}

	expand(node, rows) {
		node.expanded = true;
		node.hidden = 0;
		return this.add(rows, node, ADD_MAX);
	}

	// Adds what the engine found next to a node: records only, of which the node is one end. Returns how many nodes are new.
	addNear(answer, node) {
		const before = this.nodes.size;
		node.expanded = true;
		node.hidden = 0;
		for (const e of answer.edges) {
			if (e.type === 'zone' || (e.from !== node.label && e.to !== node.label)) continue;
			const ends = [['name', e.from], [e.to_kind, e.to]];
			const known = ends.every(([kind, label]) => this.nodes.has(`${kind}:${label}`));
			if (!known && this.nodes.size - before >= ADD_MAX) {
				node.hidden++;
				continue;
			}
			this.join(ends, e, node);
		}
		this.note(answer.rows);
		return this.nodes.size - before;
	}

	// Adds all that the engine found, best first, each with its path.
	addAll(answer, from) {
		const before = this.nodes.size, kinds = new Map(answer.rows.map((row) => [row.value, row.kind === 'address' ? 'address' : 'name']));
		for (const row of answer.rows) {
			for (let i = 1; i < row.path.length; i++) {
				const ends = [row.path[i - 1], row.path[i]].map((step) => [kinds.get(step.value) ?? 'name', step.value]);
				this.join(ends, { type: row.path[i].type }, from);
			}
		}
		for (const e of answer.edges) {
			const ends = [['name', e.from], [e.to_kind, e.to]];
			if (ends.every(([kind, label]) => this.nodes.has(`${kind}:${label}`))) this.join(ends, e, from);
		}
		this.note(answer.rows);
		return this.nodes.size - before;
	}

	join(ends, e, from) {
		const a = this.node(...ends[0], from), b = a && this.node(...ends[1], from ?? a);
		if (b) this.edge(a, b, { rrtype: e.type, time_first: e.time_first ?? Infinity, time_last: e.time_last ?? 0 });
		else this.left++;
	}

	// What the engine says about nodes: score, reasons, why one was not walked through.
	note(rows) {
		for (const row of rows) {
			const node = this.nodes.get(`${row.kind === 'address' ? 'address' : 'name'}:${row.value}`);
			if (node) node.info = row;
		}
	}

	edge(a, b, row) {
		const there = `${a.id} ${b.id}`, back = `${b.id} ${a.id}`;
		const id = this.edges.has(back) ? back : there;
		const edge = this.edges.get(id) ?? { a, b, types: [], first: Infinity, last: 0 };
		if (!edge.types.includes(row.rrtype)) edge.types.push(row.rrtype);
		edge.first = Math.min(edge.first, row.time_first);
		edge.last = Math.max(edge.last, row.time_last);
		if (this.edges.has(id)) return;
		this.edges.set(id, edge);
		a.degree++;
		b.degree++;
		a.near.push({ node: b, edge });
		b.near.push({ node: a, edge });
	}

	// {node, edge} of each neighbour, latest first.
	neighbours(node) {
		return node.near.toSorted((x, y) => y.edge.last - x.edge.last);
	}
}
