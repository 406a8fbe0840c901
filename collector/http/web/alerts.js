// SPDX-License-Identifier: BSD-3-Clause
// What the watch rules found.
import { follow as askStream } from './api.js';
import { el } from './dom.js';
import { choice, follow, SPANS } from './follow.js';
import * as format from './format.js';
import { newUrl } from './new.js';
import { RECORD_COLUMNS } from './records.js';

const WITHIN = { '1h': 'in the last hour', '1d': 'in the last day', all: '' };
const KINDS = { new: 'new', again: 'seen again', moved: 'moved', changed: 'changed', tamper: 'tamper', burst: 'burst', summary: 'held back' };

const alertsUrl = (params) => `/?${new URLSearchParams({ view: 'alerts', ...params })}`;

// As the row of a record, which the columns know.
const rowOf = (a) => ({ ...a, rrname: a.name, rrtype: a.type, time_first: a.first, time_last: a.last, written: Date.parse(a.time) / 1000 });

// A column of records; a summary has no record.
function optional(id) {
	const { cell, ...column } = RECORD_COLUMNS.find((c) => c.id === id);
	return { ...column, cell: (row) => (row.rrname ? cell(row) : '') };
}

const columns = (urlOf) => [
	{ id: 'written', label: 'Time', key: (r) => r.written, newest: true, cell: (r) => el('time', { datetime: r.time, title: `${r.time}, ${format.ago(r.written)}` }, format.minute(r.written)) },
	{ id: 'kind', label: 'Kind', key: (r) => r.kind, cell: (r) => el('span', { class: `why is-${r.kind in KINDS ? r.kind : ''}` }, KINDS[r.kind] ?? format.visible(r.kind)) },
	{ id: 'rule', label: 'Rule', key: (r) => r.rule, cell: (r) => el('a', { class: 'data', href: urlOf({ rule: r.rule }) }, format.visible(r.rule)) },
	optional('name'), optional('type'), optional('rdata'),
	{ id: 'reason', label: 'Reason', key: (r) => r.reason, cell: (r) => [format.visible(r.reason), r.expected && el('span', { class: 'expected' }, 'expected ', el('span', { class: 'data' }, format.visible(r.expected)))] },
];

export function openAlerts(main, params, { go, showKey }) {
	const state = { since: params.since in SPANS ? params.since : '1d', rule: params.rule, kind: params.kind in KINDS ? params.kind : undefined };
	const [, seconds] = SPANS[state.since];
	const urlOf = (change) => alertsUrl(Object.fromEntries(Object.entries({ ...state, ...change }).filter(([, v]) => v)));
	const kind = el('select', { id: 'kind', onchange: () => go(Object.fromEntries(new URLSearchParams(urlOf({ kind: kind.value }).slice(2)))) },
		[['', 'all kinds'], ...Object.entries(KINDS)].map(([id, text]) => el('option', { value: id, selected: id === (state.kind ?? '') }, text)));
	return follow(main, {
		heading: ['Alerts', state.rule && [' of rule ', el('span', { class: 'data' }, format.visible(state.rule))]],
		controls: [choice('Written', SPANS, state.since, (since) => urlOf({ since })), el('label', { class: 'hidden', for: 'kind' }, 'Kind'), kind,
			state.rule && [el('a', { href: urlOf({ rule: undefined }) }, 'all rules'), el('a', { href: newUrl({ depth: 'domain', since: state.since, rule: state.rule }) }, 'new domains of this rule')]],
		columns: columns(urlOf),
		sort: { id: 'written', descending: true },
		one: 'alert', within: WITHIN[state.since], seconds,
		nothing: el('p', { class: 'aside' }, 'Rules are in watch.conf; ', el('code', null, 'lookback watch --help'), ' describes them.'),
		ask: async (options, signal) => {
			const answer = await askStream('/api/alerts', { rule: state.rule, kind: state.kind, since: seconds ? -seconds : undefined, ...options }, signal);
			return { ...answer, rows: answer.rows.map(rowOf) };
		},
		keyOf: (r) => r.entry || `${r.id} ${r.time}`, timeOf: (r) => r.written, cursorOf: (r) => r.entry,
		textOf: (r) => `${r.rule} ${r.kind} ${r.name} ${r.type} ${r.rdata} ${r.reason}`,
	}, showKey);
}
