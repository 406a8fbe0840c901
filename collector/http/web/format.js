// SPDX-License-Identifier: BSD-3-Clause
// Numbers, times and names as people read them. Times are in UTC, or in local time if that was chosen.
import { zone } from './keep.js';

const grouped = new Intl.NumberFormat('en-US');
const pad = (n) => String(n).padStart(2, '0');

export const number = (n) => grouped.format(n);

export function plural(n, one, many = one + 's') {
	return `${number(n)} ${n === 1 ? one : many}`;
}

// 1,234 · 12.3 k · 4.56 M; with a unit 4.56 Mbit
export function short(n, of = '') {
	if (n < 10000) return (n < 10 && n % 1 ? n.toFixed(1) : number(Math.round(n))) + (of && ` ${of}`);
	for (const [size, unit] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
		if (n >= size) return `${(n / size).toFixed(n / size < 10 ? 2 : n / size < 100 ? 1 : 0)} ${unit}${of}`;
	return String(n);
}

export function bytes(n) {
	for (const [size, unit] of [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']])
		if (n >= size) return `${(n / size).toFixed(n / size < 10 ? 1 : 0)} ${unit}`;
	return `${n} B`;
}

const date = (seconds) => new Date(Math.min(seconds, 8.64e12) * 1000);

// 2024-01-31 12:00
export function minute(seconds) {
	const d = date(seconds);
	return `${day(seconds)} ${zone.isLocal() ? `${pad(d.getHours())}:${pad(d.getMinutes())}` : `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`}`;
}

export function day(seconds) {
	const d = date(seconds), [y, m, n] = zone.isLocal() ? [d.getFullYear(), d.getMonth(), d.getDate()] : [d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()];
	return `${y}-${pad(m + 1)}-${pad(n)}`;
}

// For a time within `width` seconds: with the hour if that is two days or less.
export const tick = (seconds, width) => (width <= 2 * 86400 ? minute(seconds) : day(seconds));

// Always UTC.
export const iso = (seconds) => date(seconds).toISOString().replace('.000Z', 'Z');

// "2024-01-31" or "2024-01-31T12:00", as minute() has it, in seconds since 1970; the last second of it if `end`. undefined if it is no time.
export function parse(text, end) {
	const found = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d))?$/.exec(text);
	if (!found) return undefined;
	const begin = Date.parse(`${found[1]}T${found[2] ?? '00:00'}:00${zone.isLocal() ? '' : 'Z'}`) / 1000;
	return Number.isFinite(begin) ? begin + (end ? (found[2] ? 59 : 86399) : 0) : undefined;
}

const SPANS = [[31557600, 'year'], [2629800, 'month'], [86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

// "3 days", rounded down
export function span(seconds) {
	for (const [size, unit] of SPANS)
		if (seconds >= size) return plural(Math.floor(seconds / size), unit);
	return 'an instant';
}

export function ago(seconds) {
	const past = Date.now() / 1000 - seconds;
	return past < 1 ? 'now' : `${span(past)} ago`;
}

// Characters without a glyph, and those that change the direction of the text, are shown as their code.
export function visible(text) {
	return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

// RFC 3492 §6.2; undefined where it is broken.
function punycode(text) {
	const out = [...text.slice(0, Math.max(0, text.lastIndexOf('-')))];
	let at = text.lastIndexOf('-') + 1, n = 128, i = 0, bias = 72;
	while (at < text.length) {
		const start = i;
		for (let weight = 1, k = 36; ; k += 36) {
			const code = text.charCodeAt(at++);
			const digit = code >= 97 && code <= 122 ? code - 97 : code >= 48 && code <= 57 ? code - 22 : 99;
			if (digit === 99 || Number.isNaN(code)) return undefined;
			i += digit * weight;
			const least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
			if (digit < least) break;
			weight *= 36 - least;
		}
		const length = out.length + 1;
		let delta = start === 0 ? Math.floor((i - start) / 700) : Math.floor((i - start) / 2);
		delta += Math.floor(delta / length);
		let k = 0;
		for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
		bias = k + Math.floor((36 * delta) / (delta + 38));
		n += Math.floor(i / length);
		i %= length;
		if (n > 0x10ffff) return undefined;
		out.splice(i++, 0, String.fromCodePoint(n));
	}
	return out.join('');
}

// The name as its owner means it to be read, or undefined where that is no other text.
export function unicode(name) {
	if (!name.includes('xn--')) return undefined;
	const labels = name.split('.').map((label) => (label.startsWith('xn--') ? punycode(label.slice(4)) ?? label : label));
	const text = visible(labels.join('.'));
	return text === name ? undefined : text;
}
