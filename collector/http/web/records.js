// SPDX-License-Identifier: BSD-3-Clause
// The columns of the table, for records and for names found by keyword or pattern.
import { el, fill, svg } from './dom.js';
import * as format from './format.js';
import { isAddress, reversed } from './understand.js';

export const searchUrl = (q, as) => `/?${new URLSearchParams(as ? { q, as } : { q })}`;

// A long name continues in the next line after one of its dots.
const breakable = (name) => name.split(/(?<=[.])/).map((label, i) => [i > 0 && el('wbr'), label]);

// Anything but a plain host name could be understood as something else.
export function nameLink(name) {
	const plain = /^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(name) && !isAddress(name);
	return el('a', { class: 'data', href: searchUrl(name, plain ? undefined : 'name') }, breakable(name));
}

export function addressLink(address) {
	return el('a', { class: 'data', href: searchUrl(address) }, address);
}

// Asked once for each row, however often the table is drawn.
function once(read) {
	const known = new WeakMap();
	return (row) => {
		if (!known.has(row)) known.set(row, read(row));
		return known.get(row);
	};
}

// Which word of the RDATA is a name that can be looked for.
const NAME_WORD = { CNAME: 0, NS: 0, PTR: 0, DNAME: 0, MX: 1, SRV: 3, SVCB: 1, HTTPS: 1, SOA: 0, AFSDB: 1, KX: 1, NAPTR: -1, NSEC: 0 };

// {address} or {name} that a record points to, or undefined.
export const target = once((row) => {
	if (row.rrtype === 'A' || row.rrtype === 'AAAA') return isAddress(row.rdata) ? { address: row.rdata } : undefined;
	if (!(row.rrtype in NAME_WORD)) return undefined;
	const name = row.rdata.split(' ').at(NAME_WORD[row.rrtype]);
	return name && name !== '.' && !name.startsWith('\\#') ? { name } : undefined;
});

// The name in Unicode, beside its punycode and never instead of it: letters of several scripts look the same.
function reads(name) {
	const meant = format.unicode(name);
	return meant && el('bdi', { class: 'aside', title: 'the name in Unicode' }, meant);
}

// RDATA with its names and addresses as links.
function rdata(row) {
	const to = target(row);
	if (to?.address) return addressLink(to.address);
	const words = row.rdata.split(' ');
	const at = to ? (NAME_WORD[row.rrtype] + words.length) % words.length : -1;
	const text = (s) => el('span', { class: 'data' }, s);
	return words.map((word, i) => {
		const space = i > 0 ? ' ' : '';
		if (i === at) return [space, nameLink(word), reads(word)];
		const spf = /^("?[+~?-]?ip[46]:|ipv[46]hint="?)([0-9a-f.:,/]+)("?)$/i.exec(word);
		if (spf && spf[2].split(',').every((a) => isAddress(a.replace(/\/\d+$/, ''))))
			return [text(space + spf[1]), spf[2].split(',').map((a, j) => [j ? ',' : '', addressLink(a)]), text(spf[3])];
		const include = /^("?[+~?-]?(?:include:|redirect=|exists:))([a-z0-9_.-]+\.[a-z0-9-]+)("?)$/i.exec(word);
		if (include) return [text(space + include[1]), nameLink(include[2].toLowerCase()), text(include[3]), reads(include[2].toLowerCase())];
		return text(space + word);
	});
}

function long(row, content) {
	if (row.rdata.length <= 300) return content;
	const cell = el('span', { class: 'data' }, `${row.rdata.slice(0, 200)}… `);
	cell.append(el('button', { type: 'button', class: 'quiet small', onclick: () => cell.replaceChildren(...[content].flat(9)) },
		`all ${format.number(row.rdata.length)} characters`));
	return cell;
}

function owner(row) {
	const address = reversed(row.rrname);
	return [
		row.rrname === '.' ? el('span', { class: 'data' }, '.') : nameLink(row.rrname),
		reads(row.rrname),
		address && el('span', { class: 'aside' }, 'for ', addressLink(address)),
	];
}

export function time(seconds) {
	return el('time', { datetime: format.iso(seconds), title: `${format.iso(seconds)}, ${format.ago(seconds)}` }, format.minute(seconds));
}

// A bar from first to last seen within the times of all rows.
export function bar(row, extent) {
	const width = Math.max(1, extent.last - extent.first), percent = (t) => (100 * (t - extent.first)) / width;
	const from = extent.last > extent.first ? percent(row.time_first) : 0;
	const to = extent.last > extent.first ? percent(row.time_last) : 100;
	return svg('svg', { class: 'bar', 'aria-hidden': 'true', focusable: 'false' },
		svg('title', null, `${format.minute(row.time_first)} – ${format.minute(row.time_last)}: ${format.span(row.time_last - row.time_first)}`),
		svg('line', { class: 'track', x1: '0', x2: '100%', y1: '50%', y2: '50%' }),
		svg('rect', { class: 'seen', x: `${Math.min(from, 99).toFixed(2)}%`, width: `${Math.max(1, to - from).toFixed(2)}%`, y: '30%', height: '40%', rx: '2' }));
}

export function extentOf(rows) {
	let first = Infinity, last = -Infinity;
	for (const row of rows) {
		if (row.time_first < first) first = row.time_first;
		if (row.time_last > last) last = row.time_last;
	}
	return { first, last };
}

// As the server sorts (query/sorted.c): names by their labels from the right, addresses as numbers, then names that are
// pointed to, then all else as text.
export const collate = (name) => name.split('.').reverse().join('\0');
export function addressKey(text) {
	if (!isAddress(text)) return undefined;
	if (!text.includes(':')) return '4' + text.split('.').map((o) => o.padStart(3, '0')).join('.');
	const [head, tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
	const groups = (part) => (part ? part.split(':') : []);
	const fill = 8 - groups(head).length - groups(tail).length;
	return '6' + [...groups(head), ...Array(tail === undefined ? 0 : fill).fill('0'), ...groups(tail)].map((g) => g.padStart(4, '0')).join(':');
}
const SORTED_BY_TARGET = ['CNAME', 'DNAME', 'NS', 'PTR', 'SOA', 'MX', 'SRV', 'SVCB', 'HTTPS'];
function rdataKey(row) {
	const to = target(row);
	if (to?.address) return addressKey(to.address);
	return to?.name && SORTED_BY_TARGET.includes(row.rrtype) ? `7${collate(to.name)}` : `8${row.rdata}`;
}

const seen = [
	{ id: 'seen', label: 'Time line', cell: bar, axis: true },
	{ id: 'first', label: 'First seen', key: (r) => r.time_first, cell: (r) => time(r.time_first), newest: true },
	{ id: 'last', label: 'Last seen', key: (r) => r.time_last, cell: (r) => time(r.time_last), newest: true },
	{ id: 'count', label: 'Count', key: (r) => r.count, cell: (r) => format.number(r.count), number: true },
];

// id (as the server's sort), label, key to sort by, cell(row, extent), newest, number: those first.
export const RECORD_COLUMNS = [
	{ id: 'name', label: 'Name', key: once((r) => collate(r.rrname)), cell: owner },
	{ id: 'type', label: 'Type', key: (r) => r.rrtype, cell: (r) => el('span', { class: 'type' }, r.rrtype) },
	{ id: 'rdata', label: 'Data', key: once(rdataKey), cell: (r) => long(r, rdata(r)) },
	...seen,
];

// What local files say about the address or name of a record (docs/context.md). A column is shown if a row has something for it.
export const CONTEXT_COLUMNS = [
	{ id: 'as', label: 'AS', key: (r) => r.context?.asn ?? 0, has: (r) => r.context?.asn,
		cell: (r) => r.context?.asn !== undefined && [el('span', { class: 'data' }, `AS${r.context.asn}`), ' ', el('bdi', null, r.context.as_name ?? '')] },
	{ id: 'country', label: 'Country', key: (r) => r.context?.country ?? '', has: (r) => r.context?.country, cell: (r) => r.context?.country },
	{ id: 'label', label: 'Network', key: (r) => `${r.context?.kind ?? ''} ${r.context?.label ?? ''}`, has: (r) => r.context?.label ?? r.context?.kind,
		cell: (r) => [r.context?.kind && el('span', { class: 'type' }, r.context.kind), ' ', el('bdi', null, r.context?.label ?? '')] },
	{ id: 'rank', label: 'Rank', key: (r) => r.context?.rank ?? Infinity, has: (r) => r.context?.rank, number: true,
		cell: (r) => r.context?.rank !== undefined && format.number(r.context.rank) },
];

// The server cannot sort by these.
export const isContext = (id) => CONTEXT_COLUMNS.some((c) => c.id === id);

export const withContext = (columns, rows) => [...columns, ...CONTEXT_COLUMNS.filter((c) => rows.some(c.has))];

export const LIST_COLUMNS = [
	{ id: 'query', label: 'Asked for', key: once((r) => addressKey(r.query) ?? collate(r.query)), cell: (r) => [el('a', { class: 'data', href: searchUrl(r.query) }, breakable(r.query)), reads(r.query)] },
	...RECORD_COLUMNS,
];

// Of newly observed records (/api/new).
export const DOMAIN_COLUMN = {
	id: 'domain', label: 'Domain', key: once((r) => collate(r.domain)),
	cell: (r) => [/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(r.domain) && !isAddress(r.domain) ? el('a', { class: 'data', href: searchUrl(`*.${r.domain}`) }, breakable(r.domain)) : nameLink(r.domain), reads(r.domain)],
};
const NEW_WORDS = { domain: 'new domain', name: 'new name', record: 'new record' };
export const NEW_COLUMN = { id: 'new', label: 'New', key: (r) => r.new, cell: (r) => el('span', { class: `why is-${r.new in NEW_WORDS ? r.new : ''}` }, NEW_WORDS[r.new] ?? '') };
export const STORED_COLUMN = { id: 'stored', label: 'Stored', key: (r) => r.time_stored, cell: (r) => time(r.time_stored), newest: true };
export const KNOWN_COLUMN = { id: 'known', label: 'Known since', key: (r) => r.time_known, cell: (r) => (r.history ? el('time', { datetime: format.iso(r.time_known), title: format.iso(r.time_known) }, format.day(r.time_known)) : ''), newest: true };

export const REASONS = {
	contains: ['contains it', 'The name contains the keyword'],
	homoglyph: ['look-alike letters', 'Letters of other scripts that look like those of the keyword'],
	'digit for letter': ['digit for letter', 'Digits or letters that look alike: 0 and o, 1 and l, rn and m'],
	split: ['dot or hyphen inside', 'A dot or hyphen added, removed or changed'],
	'one edit': ['one letter different', 'One letter added, removed or changed, or two swapped'],
	'similar letters': ['similar letters', 'Letters exchanged for similar ones: b and d, c and e, d and cl'],
};
const REASON_ORDER = Object.keys(REASONS);

function found(row, keyword) {
	const meant = row.unicode ? format.visible(row.unicode) : format.unicode(row.name);
	const at = row.reason === 'contains' && keyword ? row.name.indexOf(keyword) : -1;
	const link = nameLink(row.name);
	if (at >= 0)
		fill(link, breakable(row.name.slice(0, at)), el('mark', null, keyword), breakable(row.name.slice(at + keyword.length)));
	return [link, meant && meant !== row.name && el('bdi', { class: 'aside', title: 'the name in Unicode' }, meant)];
}

export function foundColumns(keyword) {
	const why = {
		id: 'why', label: 'Why', key: (r) => REASON_ORDER.indexOf(r.reason),
		cell: (r) => el('span', { class: `why why-${REASON_ORDER.indexOf(r.reason)}`, title: REASONS[r.reason]?.[1] }, REASONS[r.reason]?.[0] ?? r.reason),
	};
	return [
		{ id: 'name', label: 'Name', key: once((r) => collate(r.name)), cell: (r) => found(r, keyword) },
		...(keyword ? [why] : []),
		{ id: 'type', label: 'Types', key: (r) => r.types.join(), cell: (r) => r.types.map((t) => [el('span', { class: 'type' }, t), ' ']) },
		...seen,
	];
}

// Flexible search answers a line for each owner and type: one for each owner, as find does.
export function foundOf(rows) {
	const byName = new Map();
	for (const row of rows) {
		const name = row.rrname.length > 1 ? row.rrname.replace(/\.$/, '') : row.rrname;
		const one = byName.get(name) ?? { name, types: [], time_first: Infinity, time_last: 0, count: 0 };
		if (!one.types.includes(row.rrtype)) one.types.push(row.rrtype);
		one.time_first = Math.min(one.time_first, row.time_first);
		one.time_last = Math.max(one.time_last, row.time_last);
		one.count += row.count;
		byName.set(name, one);
	}
	return [...byName.values()];
}
