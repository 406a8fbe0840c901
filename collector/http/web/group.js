// SPDX-License-Identifier: BSD-3-Clause
// The rows of an answer in groups: by name, registered domain, network or AS.
import { el } from './dom.js';
import * as format from './format.js';
import { addressKey, bar, collate, nameLink, searchUrl, target, time } from './records.js';

const LISTED_MAX = 100; // records in an opened group

// /24 of an IPv4 address, /48 of an IPv6 address.
function network(address) {
	if (!address.includes(':')) return address.replace(/\d+$/, '0/24');
	const [head, tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::').map((part) => (part ? part.split(':') : []));
	const groups = tail ? [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail] : head;
	return `${new URL(`http://[${groups.slice(0, 3).join(':')}::]/`).hostname.slice(1, -1)}/48`;
}

const nameOf = (row) => row.rrname ?? row.name;
const domainOf = (row) => row.domain ?? nameOf(row); // a public suffix has none

// label, what a row belongs to (undefined: none), how a group is searched for
export const GROUPS = {
	name: ['Name', nameOf, (value) => nameLink(value)],
	domain: ['Registered domain', domainOf, (value) => el('a', { class: 'data', href: searchUrl(`*.${value}`) }, value)],
	network: ['Network', (row) => (target(row)?.address ? network(target(row).address) : undefined), (value) => el('a', { class: 'data', href: searchUrl(value) }, value)],
	as: ['AS', (row) => (row.context?.asn !== undefined ? `AS${row.context.asn} ${row.context.as_name ?? ''}`.trim() : undefined), (value) => el('bdi', null, value)],
};

// Groups as rows of the table: {name, by, rows, names, types, time_first, time_last, count}. Rows that belong to none are left out.
export function groupRows(rows, by) {
	const groups = new Map(), of = GROUPS[by][1];
	for (const row of rows) {
		const name = of(row);
		if (name === undefined) continue;
		const group = groups.get(name) ?? { name, by, rows: [], names: new Set(), types: [], time_first: Infinity, time_last: 0, count: 0 };
		group.rows.push(row);
		group.names.add(nameOf(row));
		if (!group.types.includes(row.rrtype)) group.types.push(row.rrtype);
		group.time_first = Math.min(group.time_first, row.time_first);
		group.time_last = Math.max(group.time_last, row.time_last);
		group.count += row.count;
		groups.set(name, group);
	}
	return [...groups.values()];
}

function opened(group) {
	const list = el('ul', { class: 'group-rows' }), more = group.rows.length - LISTED_MAX;
	const details = el('details', { ontoggle: () => {
		if (!details.open || list.firstChild) return;
		list.append(...group.rows.slice(0, LISTED_MAX).map((row) => el('li', null, nameLink(row.rrname), ' ', el('span', { class: 'type' }, row.rrtype), ' ', el('span', { class: 'data' }, row.rdata),
			el('span', { class: 'aside' }, ` ${format.day(row.time_first)} – ${format.day(row.time_last)}, ${format.number(row.count)}`))));
		if (more > 0) list.append(el('li', { class: 'aside' }, `${format.plural(more, 'more record')}: search for the group`));
	} }, el('summary', null, format.plural(group.rows.length, 'record')), list);
	return details;
}

export const groupColumns = (by) => [
	{ id: 'name', label: GROUPS[by][0], key: (g) => addressKey(g.name.split('/')[0]) ?? collate(g.name), cell: (g) => [GROUPS[by][2](g.name), opened(g)] },
	{ id: 'names', label: 'Names', key: (g) => g.names.size, cell: (g) => format.number(g.names.size), number: true },
	{ id: 'type', label: 'Types', key: (g) => g.types.join(), cell: (g) => g.types.map((t) => [el('span', { class: 'type' }, t), ' ']) },
	{ id: 'seen', label: 'Time line', cell: bar, axis: true },
	{ id: 'first', label: 'First seen', key: (g) => g.time_first, cell: (g) => time(g.time_first), newest: true },
	{ id: 'last', label: 'Last seen', key: (g) => g.time_last, cell: (g) => time(g.time_last), newest: true },
	{ id: 'count', label: 'Count', key: (g) => g.count, cell: (g) => format.number(g.count), number: true },
];

// The choice of a grouping. `by`: the present one.
export function groupChoice(by, onChange) {
	const select = el('select', { id: 'group', onchange: () => onChange(select.value || undefined) },
		[['', 'no groups'], ...Object.entries(GROUPS).map(([id, [label]]) => [id, `by ${id === 'as' ? label : label.toLowerCase()}`])].map(([value, text]) => el('option', { value, selected: value === (by ?? '') }, text)));
	return [el('label', { class: 'hidden', for: 'group' }, 'Group'), select];
}
