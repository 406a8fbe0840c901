// SPDX-License-Identifier: BSD-3-Clause
// What a pasted text means. The server decides (/api/understand):
//
//     name      www.example.com            its records, and who points to it
//     below     *.example.com              a name and all below it
//     stem      www.example.*              names that begin so
//     pattern   *pay?al*, /^pay/           glob or regular expression over names
//     address, prefix, range               names that resolved to these addresses
//     keyword   paypal                     names that contain it or look like it
//     list      192.0.2.1 a.example …      several of these at once, but keywords and patterns
import { meaningOf } from './api.js';

const isV4 = (s) => /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(s) && !/(^|\.)0\d/.test(s);

function isV6(s) {
	if (!/^[0-9a-f:.]+$/i.test(s) || !s.includes(':')) return false;
	return URL.canParse(`http://[${s}]/`);
}

export const isAddress = (s) => isV4(s) || isV6(s);

// The address behind a name under in-addr.arpa or ip6.arpa, or undefined.
export function reversed(name) {
	const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
	if (v4) return v4.slice(1).reverse().join('.');
	const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/.exec(name);
	if (!v6) return undefined;
	const digits = v6[1].replaceAll('.', '').split('').reverse().join('');
	return new URL(`http://[${digits.match(/.{4}/g).join(':')}]/`).hostname.slice(1, -1);
}

// What else the same text may mean: {as, value, words}.
function others(found) {
	const { kind, value } = found, also = [];
	if (kind === 'name') {
		also.push({ q: `*.${value}`, words: 'all names below it' });
		const labels = value.split('.');
		const word = labels.length > 1 ? labels.slice(0, -1).reduce((a, b) => (b.length >= a.length ? b : a)) : '';
		if (word.length > 3 && !/^[\d-]+$/.test(word)) also.push({ q: word, as: 'keyword', words: `names like “${word}”` });
		const address = reversed(value);
		if (address) also.unshift({ q: address, words: `the address ${address}` });
	} else if (kind === 'below') {
		also.push({ q: value.slice(2), words: `${value.slice(2)} itself` });
	} else if (kind === 'keyword') {
		also.push({ q: `${value}.`, words: `the name “${value}” itself` }, { q: `*.${value}`, words: 'all names below it' });
	} else if (kind === 'address' && isV4(value)) {
		const net = value.replace(/\d+$/, '0/24');
		also.push({ q: net, words: `its neighbours, ${net}` });
	} else if (kind === 'address') {
		also.push({ q: `${value}/64`, words: `its neighbours, ${value}/64` });
	}
	return also;
}

const MEANINGS_MAX = 200;
const meanings = new Map(); // of texts, so that Back is at once

// {kind, value, changed: what was pasted is written otherwise, also} or {error, refused}; undefined where the server has to
// be asked first. `as`: 'keyword' or 'name', where that was chosen: not interpreted again.
export function understood(pasted, as) {
	if (as === 'name') return { kind: 'name', value: pasted, also: others({ kind: 'name', value: pasted }) };
	if (as === 'keyword') return { kind: 'keyword', value: pasted.toLowerCase(), also: [] };
	const said = meanings.get(pasted);
	if (!said || said.error) return said;
	if (said.kind === 'list') return { ...said, value: said.values.join(' '), changed: false, also: [] };
	const found = { kind: said.kind === 'regex' ? 'pattern' : said.kind, regex: said.kind === 'regex', value: said.value };
	return { ...found, changed: !found.regex && found.value !== pasted.trim().toLowerCase(), also: others(found) };
}

// Asks the server; throws AskError.
export async function understand(pasted, as, signal) {
	if (!understood(pasted, as)) {
		if (meanings.size === MEANINGS_MAX) meanings.delete(meanings.keys().next().value);
		meanings.set(pasted, await meaningOf(pasted, signal));
	}
	return understood(pasted, as);
}

export const KIND_WORDS = {
	name: ['Name', 'its records, and records that point to it'],
	below: ['Names below', 'the name and all below it'],
	stem: ['Names that begin', 'names that begin with these labels'],
	pattern: ['Pattern', 'names that match'],
	address: ['Address', 'names that resolved to this address'],
	prefix: ['Prefix', 'names that resolved to an address in it'],
	range: ['Range', 'names that resolved to an address in it'],
	list: ['List', 'records of each'],
	keyword: ['Keyword', 'names that contain it or look like it'],
};
