// SPDX-License-Identifier: BSD-3-Clause
// Asking the collector. Lookups come in DNSDB's frame ({"cond":"begin"}, {"obj":…}, …, {"cond":"succeeded"}), so
// that an answer that was cut off differs from a complete one.
import { key } from './keep.js';

export const BULK_LIMIT = 2000; // records of each question

// What went wrong: kind (key-needed, key-wrong, quota, refused, busy, away, broken), and the server's own words.
export class AskError extends Error {
	constructor(kind, message, status = 0) {
		super(message);
		Object.assign(this, { kind, status });
	}
}

const KINDS = { 400: 'refused', 401: 'key-needed', 403: 'key-wrong', 413: 'refused', 414: 'refused', 416: 'refused', 429: 'quota', 503: 'busy' };

async function get(path, signal, body, withKey = key.get()) {
	const headers = withKey ? { 'X-API-Key': withKey } : {};
	let response;
	try {
		response = await fetch(path, { method: body === undefined ? 'GET' : 'POST', body, signal, headers, cache: 'no-store', credentials: 'same-origin' });
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		throw new AskError('away', 'the collector does not answer');
	}
	if (response.ok) return response;
	const line = (await response.text().catch(() => '')).trim();
	throw new AskError(KINDS[response.status] ?? 'broken', line || `HTTP status ${response.status}`, response.status);
}

export async function status(signal) {
	const response = await get('/api/status', signal);
	return response.json();
}

// {kind, value}, {kind: 'list', values, refused: [{query, error}]}, or {error, refused}.
export async function meaningOf(text, signal) {
	const response = await get('/api/understand', signal, text);
	return response.json();
}

// Throws if this server does not answer lookups with this key: it needs one, or does not know this one. Costs no lookup.
export const mayAsk = (withKey) => get('/dnsdb/v2/rate_limit', undefined, undefined, withKey);

async function* lines(body) {
	const reader = body.pipeThrough(new TextDecoderStream()).getReader();
	let rest = '';
	for (;;) {
		const { done, value } = await reader.read();
		if (done) break;
		const parts = (rest + value).split('\n');
		rest = parts.pop();
		yield* parts;
	}
	if (rest) yield rest;
}

// The objects of a framed answer. Returns {rows, more: the limit was reached, failure: what broke it off}; what had
// come before is kept. Throws AskError where nothing came, AbortError where it was cancelled.
export async function lookup(path, signal, progress = () => {}) {
	const response = await get(path, signal);
	const rows = [];
	let end;
	try {
		for await (const line of lines(response.body)) {
			const said = JSON.parse(line);
			if (said.obj) rows.push(said.obj);
			else if (said.cond !== 'begin') end = said;
			if (rows.length % 1000 === 0) progress(rows.length);
		}
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		end = undefined;
	}
	const failure = !end ? 'the connection broke' : end.cond === 'failed' ? end.msg : '';
	if (failure && rows.length === 0) throw new AskError('busy', failure);
	return { rows, more: end?.cond === 'limited', failure };
}

// Many questions at once. As lookup(), besides: missing: questions without an answer, refused: {query, error}.
export async function bulk(values, options, signal, progress = () => {}) {
	const p = times(options);
	p.set('limit', BULK_LIMIT);
	p.set('context', 'true');
	p.set('domain', 'true');
	const response = await get(`/api/bulk?${p}`, signal, values.join('\n'));
	const rows = [], missing = [], refused = [], counts = new Map();
	let failure = '';
	try {
		for await (const line of lines(response.body)) {
			const said = JSON.parse(line);
			if (said.error) refused.push(said);
			else if (said.found === false) missing.push(said.query);
			else rows.push(said);
			counts.set(said.query, (counts.get(said.query) ?? 0) + 1);
			if (rows.length % 1000 === 0) progress(rows.length);
		}
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		failure = 'the connection broke';
	}
	if (rows.length === 0 && refused.length > 0 && refused.length === counts.size) throw new AskError('busy', refused[0].error);
	return { rows, more: false, failure, missing, refused, cut: [...counts].filter(([, n]) => n >= BULK_LIMIT).map(([query]) => query) };
}

// The engine's walk from a name or an address: {rows: results and what is shared, edges, end}. options: depth, score, limit.
export async function pivot({ kind, value }, options, signal) {
	const p = new URLSearchParams({ q: value, ...options });
	if (kind === 'name') p.set('as', 'name');
	const response = await get(`/api/pivot?${p}`, signal);
	const rows = [], edges = [];
	let end;
	for await (const line of lines(response.body)) {
		const said = JSON.parse(line);
		if (said.what === 'edge') edges.push(said);
		else if (said.what === 'end') end = said;
		else rows.push(said);
	}
	if (!end) throw new AskError('away', 'the connection broke');
	return { rows, edges, end };
}

function times({ since, until }) {
	const p = new URLSearchParams();
	if (since !== undefined) p.set('time_last_after', since);
	if (until !== undefined) p.set('time_first_before', until);
	return p;
}

// A part of a stream (/api/new, /api/alerts). Returns {rows, cursor, more, gap, oldest}; the last line has no record.
export async function follow(path, options, signal) {
	const p = new URLSearchParams();
	for (const [name, value] of Object.entries(options)) if (value !== undefined) p.set(name, value);
	const response = await get(`${path}?${p}`, signal);
	const rows = [];
	let end;
	try {
		for await (const line of lines(response.body)) {
			const said = JSON.parse(line);
			if (said.more === undefined) rows.push(said);
			else end = said;
		}
	} catch (error) {
		if (error.name === 'AbortError') throw error;
	}
	if (!end) throw new AskError('busy', 'the connection broke');
	return { rows, ...end };
}

// Lookback's path for what was understood. options: type, since, until, sort, limit, offset.
export function lookupPath(found, options = {}) {
	const p = times(options);
	let path = '/api/lookup';
	if (found.kind === 'pattern')
		path = `/dnsdb/v2/${found.regex ? 'regex' : 'glob'}/rrnames/${encodeURIComponent(found.value)}/ALL`;
	else if (found.kind === 'keyword') path = '/api/find';
	if (found.kind !== 'pattern') p.set('q', found.value);
	if (found.kind === 'name') {
		p.set('as', 'name');
		p.set('targets', 'also');
	}
	p.set('frame', 'true');
	if (path === '/api/lookup') for (const name of ['context', 'domain']) p.set(name, 'true');
	for (const name of ['type', 'sort', 'limit', 'offset']) if (options[name]) p.set(name, options[name]);
	return `${path}?${p}`;
}
