// SPDX-License-Identifier: BSD-3-Clause
// Newly observed domains, names and records.
import { follow as askStream } from './api.js';
import { el, fill } from './dom.js';
import { choice, follow, SPANS } from './follow.js';
import * as format from './format.js';
import { key } from './keep.js';
import { CONTEXT_COLUMNS, DOMAIN_COLUMN, KNOWN_COLUMN, NEW_COLUMN, RECORD_COLUMNS, STORED_COLUMN } from './records.js';

const DEPTHS = { domain: ['Domains', 'domain'], name: ['Names', 'name'], record: ['Records', 'record'] };
const WITHIN = { '1h': 'first seen in the last hour', '1d': 'first seen in the last day', all: '' };
const ONLY = '!arpa'; // without names of addresses

const column = (id) => RECORD_COLUMNS.find((c) => c.id === id);
const RECORD = [column('name'), column('type'), column('rdata'), column('first'), STORED_COLUMN];
const COLUMNS = { domain: [DOMAIN_COLUMN, ...RECORD], name: RECORD, record: [NEW_COLUMN, ...RECORD] };
const KEYS = { domain: (r) => r.domain, name: (r) => r.rrname, record: (r) => `${r.rrname} ${r.rrtype} ${r.rdata}` };

export const newUrl = (params) => `/?${new URLSearchParams({ view: 'new', ...params })}`;

export function openNew(main, params, { go, showKey }) {
	const state = { depth: params.depth in DEPTHS ? params.depth : 'domain', since: params.since in SPANS ? params.since : '1h', only: params.only ?? ONLY,
		rule: params.rule, history: params.history ? 'true' : undefined };
	const [, one] = DEPTHS[state.depth], [, seconds] = SPANS[state.since];
	const urlOf = (change) => {
		const { depth, since, only, rule, history } = { ...state, ...change };
		return newUrl({ depth, since, ...(only === ONLY ? {} : { only }), ...(rule ? { rule } : {}), ...(history ? { history } : {}) });
	};
	const goTo = (change) => go(Object.fromEntries(new URLSearchParams(urlOf(change).slice(2))));
	const only = el('input', { id: 'only', class: 'data', value: state.only === '.' ? '' : state.only, placeholder: 'com, co.uk, !arpa', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false' });
	const limits = el('form', { class: 'only', onsubmit: (event) => {
		event.preventDefault();
		goTo({ only: only.value.trim() || '.' });
	} }, el('label', { for: 'only' }, 'TLDs, zones'), only, el('button', { class: 'quiet', type: 'submit' }, 'Apply'));
	const history = el('label', { class: 'check', title: 'Also what an import or an older capture knows from before' },
		el('input', { type: 'checkbox', id: 'history', checked: Boolean(state.history), onchange: (event) => goTo({ history: event.target.checked ? 'true' : undefined }) }), ' with history');
	const wider = state.since === '1h' ? '1d' : 'all';
	return follow(main, {
		heading: [`New ${one}s`, state.rule && [' of rule ', el('span', { class: 'data' }, format.visible(state.rule))]],
		controls: [choice('What is new', DEPTHS, state.depth, (depth) => urlOf({ depth })), choice('First seen', SPANS, state.since, (since) => urlOf({ since })), limits, history],
		columns: [...COLUMNS[state.depth].slice(0, -2), ...CONTEXT_COLUMNS, ...COLUMNS[state.depth].slice(-2), ...(state.history ? [KNOWN_COLUMN] : [])],
		sort: { id: 'stored', descending: true },
		one: `new ${one}`, within: WITHIN[state.since], seconds,
		nothing: el('p', { class: 'aside' }, `A ${one} is new if nothing of it was known before, by a sensor or by an import. `,
			state.since !== 'all' && el('a', { href: urlOf({ since: wider }) }, wider === '1d' ? 'Show the last day' : 'Show all that is kept')),
		ask: (options, signal) => askStream('/api/new', { depth: state.depth, tld: state.only, rule: state.rule, history: state.history, context: 'true', since: seconds ? -seconds : undefined, ...options }, signal),
		keyOf: KEYS[state.depth], timeOf: (r) => r.time_first, cursorOf: (r) => r.cursor,
		textOf: (r) => `${r.domain} ${r.rrname} ${r.rrtype} ${r.rdata}`,
	}, showKey);
}

// The part of the start page: the latest new domains, and the ways to the rest. With a key, a visit does not cost a lookup.
export function newNow() {
	const list = el('ul', { class: 'latest' }), links = (since, words) => Object.entries(DEPTHS).map(([depth, [text]], i) =>
		[i ? ' · ' : '', el('a', { href: newUrl({ depth, since }), 'aria-label': `New ${text.toLowerCase()} of the ${words}` }, text)]);
	const seen = (row) => el('time', { datetime: format.iso(row.time_first), title: format.iso(row.time_first) }, format.ago(row.time_first));
	if (!key.get())
		askStream('/api/new', { depth: 'domain', tld: ONLY, newest: true, limit: 8, cursor: '' }, AbortSignal.timeout(5000)).then(({ rows }) =>
			fill(list, rows.length === 0 ? el('li', { class: 'aside' }, 'No domain was new so far.') : rows.map((row) =>
				el('li', null, DOMAIN_COLUMN.cell(row), el('span', { class: 'aside' }, ` ${row.rrtype} `, seen(row)))))).catch(() => {});
	return el('section', { class: 'new-now', 'aria-labelledby': 'new-now' },
		el('h2', { id: 'new-now' }, 'New now'),
		el('p', null, el('span', { class: 'together' }, 'Last hour: ', links('1h', 'last hour')), el('span', { class: 'together' }, 'Last day: ', links('1d', 'last day')),
			el('span', { class: 'together' }, el('a', { href: '/?view=alerts' }, 'Alerts'))),
		list);
}
