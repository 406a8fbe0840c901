// SPDX-License-Identifier: BSD-3-Clause
import { el } from './dom.js';

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

export function home() {
	return el('section', { class: 'home' },
		el('h1', { tabindex: '-1' }, 'Who resolved to what, and when'),
		el('p', { class: 'lead' }, 'Paste what you have. It is looked for in all that this sensor and its siblings have seen.'),
		el('table', { class: 'kinds' },
			el('caption', { class: 'hidden' }, 'What can be looked for'),
			el('tbody', null, KINDS.map(([example, name, text]) =>
				el('tr', null, el('td', null, el('code', null, example)), el('th', { scope: 'row' }, name), el('td', null, text))))),
		el('p', { class: 'aside' }, 'Each name and each address in an answer leads to the next search. ', el('kbd', null, '/'), ' goes to the search box. Times are UTC.'));
}
