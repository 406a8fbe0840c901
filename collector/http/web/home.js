// SPDX-License-Identifier: BSD-3-Clause
import { AskError, key, mayAsk, status } from './api.js';
import { announce, el, fill, setText } from './dom.js';
import * as format from './format.js';
import { newNow } from './new.js';

const KINDS = [
	['www.example.com', 'A name', 'its records, and records that point to it'],
	['*.example.com', 'Names below', 'a name and all names below it'],
	['www.example.*', 'Names that begin', 'all names that begin with these labels'],
	['192.0.2.1', 'An address', 'names that resolved to it; IPv4 or IPv6'],
	['192.0.2.0/24', 'A prefix', 'or 192.0.2.*'],
	['192.0.2.1-192.0.2.9', 'A range', 'both ends included'],
	['paypal', 'A keyword', 'names that contain it or look like it: letters of other scripts, digits for letters, one letter different'],
	['*pay?al*', 'A pattern', 'with * and ?; or a /regular expression/'],
	['hxxps://evil[.]example/x', 'Defanged text, URLs', 'also mail addresses, and names in Unicode'],
	['192.0.2.1 evil[.]example', 'A list', 'of names, addresses and prefixes, from a report or a log'],
];

const FORMATS = [['COF', 'lookback.cof.jsonl', '', 165], ['CSV', 'lookback.csv', '?format=csv', 75]]; // octets a record

// All records, as a link that the browser saves while it downloads. A link cannot send a key: then the page shows a curl command.
function everything() {
	const size = el('span'), notice = el('div', { role: 'status' });
	const commandLine = (query) => el('p', { class: 'notice' }, 'This server requires a key, which a link cannot send. Use the command line: ',
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
			announce(`Download of ${name} started`);
		} catch (error) {
			fill(notice, error.kind === 'key-needed' || error.kind === 'key-wrong' ? commandLine(query) : el('p', { class: 'notice error' }, `Download failed: ${error.message}.`));
		}
	}
	status().then(({ names }) => names?.complete && setText(size, `${format.plural(names.names, 'name')} ${names.names === 1 ? 'is' : 'are'} known, most with a few records each. `)).catch(() => {});
	return el('section', { class: 'everything', 'aria-labelledby': 'everything' },
		el('h2', { id: 'everything' }, 'Everything'),
		el('p', null, 'Download all records as ',
			FORMATS.map(([label, name, query], i) => [i ? ' or ' : '', el('a', { href: `/api/export${query}`, download: name, 'data-export': label, onclick: (event) => save(event, name, query) }, label)]), '.'),
		notice,
		el('p', { class: 'aside' }, size, `One million records are about ${FORMATS.map(([label, , , octets]) => `${octets} MB as ${label}`).join(', ')}, uncompressed. `,
			'If the browser reports a failed download, the file is incomplete. Names are untrusted input: open CSV as text, not in a spreadsheet.'));
}

export function home() {
	return el('section', { class: 'home' },
		el('h1', { tabindex: '-1' }, 'What names resolved to, and when'),
		el('p', { class: 'lead' }, 'Paste a name, an address or a list of them. The search covers all records in this Redis, from all its sensors.'),
		newNow(),
		el('table', { class: 'kinds' },
			el('caption', { class: 'hidden' }, 'What you can search for'),
			el('tbody', null, KINDS.map(([example, name, text]) =>
				el('tr', null, el('td', null, el('code', null, example)), el('th', { scope: 'row' }, name), el('td', null, text))))),
		el('p', { class: 'aside' }, 'Names and addresses in the results are links to further searches. Press ', el('kbd', null, '/'), ' to go to the search box. Times are in UTC.'),
		everything());
}
