// SPDX-License-Identifier: BSD-3-Clause
// Rows as files.
import { el } from './dom.js';
import { iso } from './format.js';

const CSV_HEAD = ['rrname', 'rrtype', 'rdata', 'time_first', 'time_last', 'count'];
const CONTEXT_HEAD = ['asn', 'as_name', 'country', 'label', 'kind', 'rank'];
const FOUND_HEAD = ['name', 'unicode', 'reason', 'types', 'time_first', 'time_last', 'count'];

// RFC 4180. What a spreadsheet would take for a formula gets an apostrophe before it: names and texts are hostile.
function field(value) {
	let text = Array.isArray(value) ? value.join(' ') : String(value ?? '');
	if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
	return /[",\r\n ;']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const TIMES = ['time_first', 'time_last'];
const valueOf = (row, name) => (TIMES.includes(name) ? iso(row[name]) : row[name]);

// Times are in ISO 8601, UTC.
export function csv(rows) {
	const head = rows[0]?.rrname === undefined && rows.length > 0 ? FOUND_HEAD : CSV_HEAD;
	const more = rows.some((row) => row.context) ? CONTEXT_HEAD : [];
	return [[...head, ...more], ...rows.map((row) => [...head.map((name) => valueOf(row, name)), ...more.map((name) => row.context?.[name])])].map((line) => line.map(field).join(',') + '\r\n').join('');
}

// Common Output Format: one object a line, as the server sent it.
export const jsonLines = (rows) => rows.map((row) => JSON.stringify(row) + '\n').join('');

export function download(name, type, text) {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = el('a', { href: url, download: name });
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const fileName = (what, ending) => `lookback-${what.replace(/[^a-z0-9.-]+/gi, '_').slice(0, 80) || 'results'}.${ending}`;
