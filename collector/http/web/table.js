// SPDX-License-Identifier: BSD-3-Clause
// A table of any number of rows: sorted, a page of them at a time in the document. ARIA roles are set besides the
// elements, because on a narrow screen rows become blocks.
import { announce, el, fill } from './dom.js';
import * as format from './format.js';
import { extentOf } from './records.js';

export const PAGE = 100;

const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// What is equal comes in one order always, the server's (query/sorted.c): newest first, then by name, type and data from
// the end of the alphabet on.
const equals = (a, b) => b.time_last - a.time_last || order(b.rrname ?? b.name, a.rrname ?? a.name) ||
	order(`${b.rrtype} ${b.rdata}`, `${a.rrtype} ${a.rdata}`);

// Sorts by a column.
function sortRows(rows, column, descending) {
	const keyed = rows.map((row) => [column.key(row), row]);
	keyed.sort((a, b) => (descending ? order(b[0], a[0]) : order(a[0], b[0])) || equals(a[1], b[1]));
	return keyed.map((pair) => pair[1]);
}

// onSort({id, descending}): the heading of a column was chosen. Returns {node, show(rows, columns, sort, page)}.
export function makeTable({ onSort, onPage }) {
	const head = el('thead', { role: 'rowgroup' }), body = el('tbody', { role: 'rowgroup' });
	const table = el('table', { role: 'table', class: 'records' }, el('caption', { class: 'hidden' }, 'Results'), head, body);
	const pager = el('nav', { class: 'pager', 'aria-label': 'Pages of the table' });
	const scroller = el('div', { class: 'scroller' }, table);

	function heading(column, sort, extent) {
		if (column.plain) return el('th', { role: 'columnheader', scope: 'col', class: `h-${column.id}` }, el('span', { class: 'hidden' }, column.label));
		if (column.axis)
			return el('th', { role: 'columnheader', scope: 'col', class: 'axis' }, el('span', { class: 'label' }, column.label),
				el('span', { class: 'ticks', 'aria-hidden': 'true' }, el('span', null, format.tick(extent.first, extent.last - extent.first)), el('span', null, format.tick(extent.last, extent.last - extent.first))));
		const sorted = sort?.id === column.id;
		const next = { id: column.id, descending: sorted ? !sort.descending : Boolean(column.number || column.newest) };
		return el('th', { role: 'columnheader', scope: 'col', class: column.number ? 'number' : null,
			'aria-sort': sorted ? (sort.descending ? 'descending' : 'ascending') : 'none' },
			el('button', { type: 'button', 'data-sort': column.id, onclick: () => onSort(next) }, column.label,
				el('span', { class: 'arrow', 'aria-hidden': 'true' }, sorted ? (sort.descending ? '▾' : '▴') : '')));
	}

	function line(row, columns, extent) {
		return el('tr', { role: 'row' }, columns.map((c) =>
			el('td', { role: 'cell', class: `c-${c.id}${c.number ? ' number' : ''}`, 'data-label': c.label }, c.cell(row, extent))));
	}

	function pages(total, page) {
		const last = Math.max(0, Math.ceil(total / PAGE) - 1);
		pager.hidden = last === 0;
		const to = (n, label, text) => el('button', { type: 'button', 'aria-label': label, disabled: n < 0 || n > last || n === page,
			onclick: () => onPage(n) }, text);
		fill(pager, to(0, 'First page', '«'), to(page - 1, 'Previous page', '‹'),
			el('span', null, `${format.number(page * PAGE + 1)}–${format.number(Math.min(total, (page + 1) * PAGE))} of ${format.number(total)}`),
			to(page + 1, 'Next page', '›'), to(last, 'Last page', '»'));
	}

	function show(rows, columns, sort, page) {
		const focused = document.activeElement?.dataset?.sort;
		const extent = extentOf(rows);
		const column = columns.find((c) => c.id === sort?.id && c.key);
		const sorted = column ? sortRows(rows, column, sort.descending) : rows;
		const shown = sorted.slice(page * PAGE, (page + 1) * PAGE);
		fill(head, el('tr', { role: 'row' }, columns.map((c) => heading(c, column ? sort : undefined, extent))));
		fill(body, shown.map((row) => line(row, columns, extent)));
		table.setAttribute('aria-rowcount', rows.length + 1);
		pages(rows.length, page);
		if (focused) head.querySelector(`[data-sort="${focused}"]`)?.focus();
		return sorted;
	}

	return { node: el('div', { class: 'table' }, scroller, pager), show };
}

export function announceSort(column, descending) {
	announce(`Sorted by ${column}, ${descending ? 'descending' : 'ascending'}`);
}
