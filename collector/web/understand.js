// SPDX-License-Identifier: BSD-3-Clause
// What somebody pasted, understood:
//
//     name      www.example.com            its records, and who points to it
//     below     *.example.com              a name and all below it
//     stem      www.example.*              names that begin so
//     pattern   *pay?al*, /^pay/           glob or regular expression over names
//     address, prefix, range               names that had these addresses
//     keyword   paypal                     names that contain it or look like it
//     list      192.0.2.1 a.example …      several of these at once, but keywords and patterns

const FANGS = [
	[/\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\[\.|\.\]/gi, '.'], [/\[:\/\/\]/g, '://'], [/\[:\]/g, ':'],
	[/\[@\]|\[at\]/gi, '@'], [/^(h)(?:xx|\*\*|tt)(ps?:)/i, '$1tt$2'],
];

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

// The host of a URL; obfuscated addresses (0x7f.1, 2130706433) as everyone writes them.
function hostOf(text) {
	let host = text.slice(text.indexOf('://') + 3).replace(/[/?#\\].*$/s, '');
	host = host.slice(host.lastIndexOf('@') + 1);
	const v6 = /^\[([^\]]*)\]/.exec(host);
	if (v6) return v6[1];
	if (!isV6(host)) host = host.replace(/:\d*$/, '');
	if (/^(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+))*$/i.test(host) && URL.canParse(`http://${host}/`))
		return new URL(`http://${host}/`).hostname;
	return host;
}

// Letters outside ASCII, as DNS carries them; undefined where that cannot be.
function ascii(name) {
	if (!/[^\x00-\x7f]/.test(name)) return name;
	const url = `http://${name.replace(/[。．｡]/g, '.')}/`;
	const host = URL.canParse(url) ? new URL(url).hostname : '';
	return host && !host.startsWith('[') ? host : undefined;
}

function addresses(text) {
	const plain = text.replace(/^\[([^\]]*)\]/, '$1').replace(/%[^/]*$/, '');
	if (isAddress(plain)) return { kind: 'address', value: plain.toLowerCase() };
	const prefix = /^([^/,]+)[/,](\d{1,3})$/.exec(plain);
	if (prefix && isAddress(prefix[1])) {
		if (+prefix[2] > (isV4(prefix[1]) ? 32 : 128))
			return { error: `A prefix of ${prefix[1]} has at most ${isV4(prefix[1]) ? 32 : 128} bits.` };
		return { kind: 'prefix', value: `${prefix[1]}/${prefix[2]}`.toLowerCase() };
	}
	const range = /^(\S+?)\s*(?:-|–|\.\.)\s*(\S+)$/.exec(plain);
	if (range && isAddress(range[1]) && isAddress(range[2]))
		return { kind: 'range', value: `${range[1]}-${range[2]}`.toLowerCase() };
	const stars = /^(\d{1,3}(?:\.\d{1,3}){0,2})(?:\.\*)+$/.exec(plain);
	if (stars) {
		const octets = stars[1].split('.');
		const first = [...octets, 0, 0, 0].slice(0, 4).join('.');
		if (isV4(first)) return { kind: 'prefix', value: `${first}/${8 * octets.length}` };
	}
	return undefined;
}

function names(text) {
	let name = ascii(text.replace(/^\.(?=[^.])/, '*.'));
	if (name === undefined) return { error: `“${text}” cannot be a name in DNS.` };
	const rooted = name.length > 1 && name.endsWith('.');
	name = name.toLowerCase().replace(/(?<=[^.\\])\.$/, '');
	if (name === '*') return { error: 'Everything is a matter for an export: lookback export, or /api/export.' };
	if (/^\*\.[^*?]+$/.test(name)) return { kind: 'below', value: name };
	if (/^[^*?]+\.\*$/.test(name)) return { kind: 'stem', value: name };
	if (/[*?]/.test(name)) return { kind: 'pattern', value: name };
	if (!rooted && name !== '.' && !name.includes('.')) return { kind: 'keyword', value: text.toLowerCase() };
	return { kind: 'name', value: name };
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

// What a report or a log held: names and addresses one after another.
function list(text) {
	const items = [...new Set(text.split(/[\s,;|]+/).filter(Boolean))].map((part) => understand(part));
	const odd = items.find((i) => i.error || i.kind === 'keyword' || i.kind === 'pattern' || i.kind === 'list');
	if (odd) return { error: odd.error ?? `In a list, only names, addresses, prefixes and ranges are understood: “${odd.value}” is none.` };
	const values = [...new Set(items.map((i) => i.value))];
	return { kind: 'list', value: values.join(' '), values, changed: false, also: [] };
}

// Commas behind it, and quotes or brackets around it.
function unwrap(text) {
	const bare = text.trim().replace(/(?<=.)[,;]+$/, '');
	const inner = /^(?:"(.+)"|'(.+)'|`(.+)`|<(.+)>|\((.+)\)|“(.+)”|‘(.+)’)$/s.exec(bare);
	return inner ? inner.slice(1).find(Boolean).trim() : bare;
}

// {kind, value, changed: what was pasted is written otherwise, also} or {error}. `as`: 'keyword' or 'name', where
// that was chosen: taken as it stands.
export function understand(pasted, as) {
	const text = as === 'name' ? pasted : unwrap(pasted);
	if (!text) return { error: 'Nothing to look for.' };
	if (as === 'name') return { kind: 'name', value: text, also: others({ kind: 'name', value: text }) };
	if (as === 'keyword') return { kind: 'keyword', value: text.toLowerCase(), also: [] };
	const regex = /^\/(.+)\/$/.exec(text);
	if (regex) return { kind: 'pattern', regex: true, value: regex[1], also: [] };
	let plain = FANGS.reduce((t, [from, to]) => t.replace(from, to), text);
	let found = addresses(plain);
	if (!found && /\s/.test(plain)) return list(plain);
	if (!found) {
		if (plain.includes('://')) plain = hostOf(plain);
		else plain = plain.replace(/^.*(?<!\\)@/s, '').replace(/^\/\//, '').replace(/(?<=\.[^/]*)\/.*$|:\d+$/s, '');
		found = addresses(plain) ?? names(plain);
	}
	if (found.error) return found;
	return { ...found, changed: found.value !== text.toLowerCase(), also: others(found) };
}

export const KIND_WORDS = {
	name: ['Name', 'its records, and records that point to it'],
	below: ['Names below', 'the name and all below it'],
	stem: ['Names that begin', 'names that begin with these labels'],
	pattern: ['Pattern', 'names that match'],
	address: ['Address', 'names that had this address'],
	prefix: ['Prefix', 'names that had an address of it'],
	range: ['Range', 'names that had an address of it'],
	list: ['List', 'records of each'],
	keyword: ['Keyword', 'names that contain it or look like it'],
};
