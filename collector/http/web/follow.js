// SPDX-License-Identifier: BSD-3-Clause
// A table that grows while it is seen: answers of a stream in Redis, continued by cursor (/api/new, /api/alerts).
import { announce, el, fill, setText } from './dom.js';
import * as format from './format.js';
import { askForKey } from './key.js';
import { whileSeen } from './live.js';
import { explain } from './notices.js';
import { announceSort, makeTable, PAGE } from './table.js';

const LIMIT = 1000, EVERY_MS = 10000;

export const SPANS = { '1h': ['Last hour', 3600], '1d': ['Last day', 86400], all: ['All kept', 0] };

// A group of links, one of which is shown now. `entries`: {id: [text]}
export function choice(label, entries, current, urlOf) {
	return el('div', { class: 'views', role: 'group', 'aria-label': label }, Object.entries(entries).map(([id, [text]]) =>
		el('a', { href: urlOf(id), 'aria-current': id === current ? 'true' : null }, text)));
}

// view: {heading, controls, columns, sort, one: "new domain", within: "first seen in the last hour", seconds, nothing: shown if there are no rows,
//   ask(options, signal): {rows, cursor, more, gap, oldest}, keyOf(row), timeOf(row), cursorOf(row), textOf(row): for the filter}
export function follow(main, view, showKey) {
	const { one, seconds, columns } = view;
	const rows = new Map(); // by key; those of one answer in its order
	let { sort } = view, page = 0, cursor, more = false, gap = false, trimmed = false, oldest = 0, ended = false, stop = () => {};

	const status = el('p', { class: 'status' }), notice = el('div', { class: 'notices' }), content = el('div', { class: 'content' });
	const table = makeTable({
		onSort: (next) => {
			sort = next;
			page = 0;
			announceSort(columns.find((c) => c.id === next.id).label, next.descending);
			draw();
		},
		onPage: (n) => {
			page = n;
			draw();
		},
	});
	const filter = el('input', { type: 'search', id: 'filter', placeholder: 'Filter', autocomplete: 'off', spellcheck: 'false', oninput: () => {
		page = 0;
		draw();
	} });
	const section = el('section', { class: 'answer follow', 'aria-busy': 'true' },
		el('div', { class: 'understood' }, el('h1', { tabindex: '-1' }, view.heading)),
		el('div', { class: 'tools' }, view.controls, el('label', { class: 'hidden', for: 'filter' }, 'Filter rows'), filter),
		status, notice, content);

	function sentence(all, shown) {
		if (all === 0) return `No ${one}${view.within && ` ${view.within}`}.`;
		const some = `${more ? 'The newest ' : ''}${format.plural(all, one)}`;
		return `${shown < all ? `${format.number(shown)} of ${some}` : `${some} ${view.within}`.trim()}.`;
	}

	function draw() {
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		const all = [...rows.values()], shown = all.filter((row) => words.every((w) => view.textOf(row).toLowerCase().includes(w)));
		const begins = trimmed && oldest > 0 && seconds && oldest > Date.now() / 1000 - seconds;
		if (page * PAGE >= shown.length) page = 0;
		setText(status, [sentence(all.length, shown.length), begins && `What is kept begins at ${format.minute(oldest)}.`,
			gap && 'Some were removed before they could be shown.'].filter(Boolean).join(' '));
		if (shown.length > 0) {
			table.show(shown, columns.filter((c) => !c.has || all.some(c.has)), sort, page);
			if (!table.node.isConnected) fill(content, table.node);
		} else {
			fill(content, all.length === 0 && view.nothing);
		}
	}

	function take(answer) {
		const fresh = answer.rows.filter((row) => !rows.has(view.keyOf(row)));
		for (const row of fresh) rows.set(view.keyOf(row), row);
		({ oldest, trimmed } = answer);
		return fresh.length;
	}

	async function first(signal) {
		const answer = await view.ask({ newest: true, limit: LIMIT, cursor: '' }, signal);
		take(answer);
		({ more } = answer);
		cursor = answer.rows.length > 0 ? view.cursorOf(answer.rows[0]) : (await view.ask({ limit: LIMIT, cursor: '' }, signal)).cursor;
		section.removeAttribute('aria-busy');
		draw();
	}

	// Adds what came, and removes what is older than the time that is shown.
	async function newer(signal) {
		const answer = await view.ask({ limit: LIMIT, cursor }, signal);
		const came = take(answer), before = rows.size, since = Date.now() / 1000 - seconds;
		cursor = answer.cursor || cursor;
		gap ||= answer.gap;
		if (seconds) for (const [key, row] of rows) if (view.timeOf(row) < since) rows.delete(key);
		if (came > 0) announce(format.plural(came, one));
		if (came > 0 || rows.size < before) draw();
	}

	async function tick(signal) {
		try {
			await (cursor === undefined ? first : newer)(signal);
			fill(notice);
		} catch (error) {
			if (ended || error.name === 'AbortError') return;
			stop();
			section.removeAttribute('aria-busy');
			const again = () => {
				fill(notice);
				stop = whileSeen(EVERY_MS, tick);
			};
			fill(notice, explain(error, { again, withKey: async () => {
				if (!(await askForKey(''))) return;
				showKey();
				again();
			} }));
		}
	}

	fill(main, section);
	announce('');
	stop = whileSeen(EVERY_MS, tick);
	return () => {
		ended = true;
		stop();
	};
}
