// SPDX-License-Identifier: BSD-3-Clause
// What can be searched for, and the keys of the page.
import { el } from './dom.js';

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

const KEYS = [['/', 'go to the search box'], ['?', 'show this help'], ['Esc', 'close a dialog or menu'], ['arrow keys, Enter', 'in the graph: move between nodes, expand']];

const rows = (list, head) => list.map(([code, ...texts]) => el('tr', null, el('td', null, el(head, null, code)), texts.map((text, i) => el(i < texts.length - 1 ? 'th' : 'td', i < texts.length - 1 ? { scope: 'row' } : null, text))));

export function showHelp() {
	if (document.querySelector('dialog[open]')) return;
	const dialog = el('dialog', { class: 'help', 'aria-labelledby': 'help-title' },
		el('h2', { id: 'help-title', tabindex: '-1' }, 'What you can search for'),
		el('table', { class: 'kinds' }, el('caption', { class: 'hidden' }, 'What you can search for'), el('tbody', null, rows(KINDS, 'code'))),
		el('h2', null, 'Keys'),
		el('table', { class: 'kinds' }, el('caption', { class: 'hidden' }, 'Keys'), el('tbody', null, rows(KEYS, 'kbd'))),
		el('p', { class: 'aside' }, 'The API has the same searches for programs; ', el('code', null, 'curl'), ' and ', el('code', null, 'dnsdbq'), ' can ask it.'),
		el('div', { class: 'buttons' }, el('button', { type: 'button', onclick: () => dialog.close() }, 'Close')));
	dialog.addEventListener('close', () => dialog.remove());
	document.body.append(dialog);
	dialog.showModal();
	dialog.querySelector('#help-title').focus();
}
