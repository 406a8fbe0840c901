// SPDX-License-Identifier: BSD-3-Clause
// Errors and empty results, with what to do about them.
import { BULK_LIMIT } from './api.js';
import { el } from './dom.js';
import * as format from './format.js';

const button = (text, onclick) => el('button', { type: 'button', onclick }, text);

const WORDS = {
	'key-needed': ['A key is needed', 'This server answers lookups only with an API key.'],
	'key-wrong': ['This key is not known', 'It may be incomplete, or it was removed.'],
	quota: ['Over quota', ''],
	refused: ['The server did not understand this', ''],
	busy: ['The server cannot answer now', 'Redis is down or busy, or the lookup took too long. No records are lost: try again, or search for less.'],
	away: ['No answer', 'The collector is not running, or the network is down. The results on this page stay.'],
	broken: ['Something went wrong', ''],
};

// over quota: found 1000 requests in this period; the next period begins at 1700000000
function untilReset(message) {
	const reset = /begins at (\d+)/.exec(message);
	return reset ? `Your key may ask again in ${format.span(Math.max(1, +reset[1] - Date.now() / 1000))}, at ${format.iso(+reset[1])}.` : message;
}

export function explain(error, { again, withKey }) {
	const [title, words] = WORDS[error.kind] ?? WORDS.broken;
	const key = error.kind === 'key-needed' || error.kind === 'key-wrong';
	return el('div', { class: 'notice error', role: 'alert' },
		el('h2', null, title),
		el('p', null, error.kind === 'quota' ? untilReset(error.message) : words),
		!key && error.kind !== 'quota' && error.message && el('p', { class: 'said' }, 'Message of the server: ', el('span', { class: 'data' }, format.visible(error.message))),
		el('p', { class: 'buttons' }, key ? button('Enter a key', withKey) : button('Try again', again)));
}

const list = (values) => el('span', { class: 'data' }, format.visible(values.join(', ')));

// What to know about an answer besides its rows. `again`, `more`: repeat the request, load `moreMax` more rows.
export function notes(found, answer, { again, more, moreMax }) {
	const n = format.number(answer.rows.length), isFound = found.kind === 'keyword' || found.kind === 'pattern';
	return [
		answer.failure && el('p', { class: 'notice warning', role: 'alert' }, `The answer is incomplete after ${n} rows: ${answer.failure}. `, button('Try again', again)),
		answer.more && el('p', { class: 'notice' }, `${n} ${isFound ? 'names' : 'records'} are loaded; there are more. Restrict the ${isFound ? '' : 'type or the '}time, or `,
			el('button', { type: 'button', class: 'more', onclick: more }, `load ${format.number(moreMax)} more`)),
		answer.missing?.length > 0 && el('p', { class: 'notice' }, `Nothing was seen of ${format.number(answer.missing.length)} of ${format.number(found.values.length)}: `, list(answer.missing)),
		answer.cut?.length > 0 && el('p', { class: 'notice' }, `At most ${format.number(BULK_LIMIT)} records of each are shown; there may be more of `, list(answer.cut)),
		found.refused?.length > 0 && el('p', { class: 'notice' }, 'Not looked for (not a name with a dot, an address, a prefix or a range): ', list(found.refused.map((r) => r.query))),
		answer.refused?.map((r) => el('p', { class: 'notice warning' }, el('span', { class: 'data' }, r.query), `: ${format.visible(r.error)}`)),
	];
}

const link = (params, words) => el('a', { href: `/?${new URLSearchParams(params)}` }, words);

export function nothing(found, state) {
	const { kind, value } = found, ideas = [];
	if (state.since || state.until) ideas.push(link({ q: state.q, ...(state.as ? { as: state.as } : {}) }, 'at any time'));
	if (kind === 'name' && value.split('.').length > 2) ideas.push(link({ q: `*.${value.split('.').slice(1).join('.')}` }, `all names below ${value.split('.').slice(1).join('.')}`));
	for (const other of found.also) ideas.push(link(other.as ? { q: other.q, as: other.as } : { q: other.q }, other.words));
	return el('div', { class: 'nothing' },
		el('p', null, 'Nothing was seen of ', el('strong', { class: 'data' }, value), state.since || state.until ? ' in this time.' : '.'),
		ideas.length > 0 && [el('p', null, 'Search for:'), el('ul', null, ideas.map((idea) => el('li', null, idea)))],
		el('p', { class: 'aside' }, 'A sensor sees only answers that pass it. Other answers may exist.'));
}
