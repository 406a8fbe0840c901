// SPDX-License-Identifier: BSD-3-Clause
import { AskError, key, mayAsk, status } from './api.js';
import { announce, el, fill, setText } from './dom.js';
import * as format from './format.js';

const KINDS = [
	['www.example.com', 'A name', 'its records, and records that point to it'],
	['*.example.com', 'Names below', 'a name and all below it'],
	['www.example.*', 'Names that begin so', 'the same host under other endings'],
	['192.0.2.1', 'An address', 'names that had it; IPv6 alike'],
	['192.0.2.0/24', 'A prefix', 'or 192.0.2.*'],
	['192.0.2.1-192.0.2.9', 'A range', 'both ends included'],
	['paypal', 'A keyword', 'names that contain it or look like it: other scripts, digits for letters, one letter off'],
	['*pay?al*', 'A pattern', 'with * and ?, or /regular expression/'],
	['hxxps://evil[.]example/x', 'Defanged text, URLs', 'mail addresses, names in Unicode'],
	['192.0.2.1 evil[.]example', 'A list', 'of names, addresses, prefixes, from a report or a log'],
];

const FORMATS = [['COF', 'lookback.cof.jsonl', '', 165], ['CSV', 'lookback.csv', '?format=csv', 75]]; // octets a record

// All records, as a link that the browser saves as it comes, however much it is. A link carries no key: then curl does.
function everything() {
	const size = el('span'), notice = el('div', { role: 'status' });
	const commandLine = (query) => el('p', { class: 'notice' }, 'This server wants a key, which a link cannot carry. On a command line: ',
		el('code', { class: 'data' }, `curl -f -H 'X-API-Key: YOUR-KEY' '${location.origin}/api/export${query}' > ${query ? 'lookback.csv' : 'lookback.cof.jsonl'}`));
	async function save(event, name, query) {
		event.preventDefault();
		fill(notice);
		try {
			if (key.get()) throw new AskError('key-needed', '');
			await mayAsk();
			const link = el('a', { href: `/api/export${query}`, download: name });
			document.body.append(link);
			link.click();
			link.remove();
			announce(`Download of ${name} begins`);
		} catch (error) {
			fill(notice, error.kind === 'key-needed' || error.kind === 'key-wrong' ? commandLine(query) : el('p', { class: 'notice error' }, `Nothing was downloaded: ${error.message}.`));
		}
	}
	status().then(({ names }) => names?.complete && setText(size, `${format.plural(names.names, 'name')} ${names.names === 1 ? 'is' : 'are'} known, most with a few records each. `)).catch(() => {});
	return el('section', { class: 'everything', 'aria-labelledby': 'everything' },
		el('h2', { id: 'everything' }, 'Everything'),
		el('p', null, 'Download all records as ',
			FORMATS.map(([label, name, query], i) => [i ? ' or ' : '', el('a', { href: `/api/export${query}`, download: name, 'data-export': label, onclick: (event) => save(event, name, query) }, label)]), '.'),
		notice,
		el('p', { class: 'aside' }, size, `A million records are about ${FORMATS.map(([label, , , octets]) => `${octets} MB as ${label}`).join(', ')}, before they are compressed. `,
			'The file is whole if the browser does not say that it failed. CSV is for programs: names are hostile, and a spreadsheet may take one for a formula.'));
}

export function home() {
	return el('section', { class: 'home' },
		el('h1', { tabindex: '-1' }, 'Who resolved to what, and when'),
		el('p', { class: 'lead' }, 'Paste what you have. It is looked for in all that this sensor and its siblings have seen.'),
		el('table', { class: 'kinds' },
			el('caption', { class: 'hidden' }, 'What can be looked for'),
			el('tbody', null, KINDS.map(([example, name, text]) =>
				el('tr', null, el('td', null, el('code', null, example)), el('th', { scope: 'row' }, name), el('td', null, text))))),
		el('p', { class: 'aside' }, 'Each name and each address in an answer leads to the next search. ', el('kbd', null, '/'), ' goes to the search box. Times are UTC.'),
		everything());
}
