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

	edge(a, b, row) {
		const id = `${a.id} ${b.id}`;
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
