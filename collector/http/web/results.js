// SPDX-License-Identifier: BSD-3-Clause
// A search: what was understood, and the answer as a table or a graph.
import { makeActivity } from './activity.js';
import { bulk, lookup, lookupPath } from './api.js';
import { ACTIONS_COLUMN, copyAll } from './copy.js';
import { announce, el, fill, setText } from './dom.js';
import * as format from './format.js';
import { openGraph } from './graph.js';
import { groupChoice, groupColumns, groupRows, GROUPS } from './group.js';
import { recent } from './keep.js';
import { askForKey } from './key.js';
import { explain, notes, nothing } from './notices.js';
import { extentOf, foundColumns, foundOf, isContext, LIST_COLUMNS, REASONS, RECORD_COLUMNS, target, withContext } from './records.js';
import { csv, download, fileName, jsonLines } from './save.js';
import { announceSort, makeTable, PAGE } from './table.js';
import { seconds, timeTools } from './times.js';
import { KIND_WORDS, understand, understood as meaning } from './understand.js';

const FIRST = 1000, MORE = 10000; // rows asked for at first, and then each time
const CACHE_MAX = 20;
const cache = new Map(); // the latest answers, for Back
const cacheKey = ({ view, f, ...asked }) => JSON.stringify(asked, Object.keys(asked).sort());

const parseSort = (text) => (text ? { id: text.replace(/^-/, ''), descending: text.startsWith('-') } : undefined);
const sortText = (sort) => (sort ? (sort.descending ? '-' : '') + sort.id : undefined);
const rowKey = (row) => (row.rrname === undefined ? row.name : `${row.query} ${row.rrname} ${row.rrtype} ${row.rdata}`);

function counts(rows) {
	const names = new Set(), addresses = new Set();
	for (const row of rows) {
		names.add(row.rrname ?? row.name);
		const to = row.rrname !== undefined && target(row);
		if (to?.address) addresses.add(to.address);
	}
	const { first, last } = extentOf(rows);
	return [
		rows[0].rrname !== undefined && format.plural(new Set(rows.map((r) => `${r.rrname} ${r.rrtype} ${r.rdata}`)).size, 'record'), format.plural(names.size, 'name'),
		addresses.size > 0 && format.plural(addresses.size, 'address', 'addresses'),
		format.day(first) === format.day(last) ? `seen on ${format.day(first)}` : `seen ${format.day(first)} to ${format.day(last)}`,
	].filter(Boolean).map((text, i) => [i ? ' · ' : '', el('span', { class: 'together' }, text)]);
}

const contextWords = ({ context: c }) => (c ? `as${c.asn ?? ''} ${c.as_name ?? ''} ${c.country ?? ''} ${c.label ?? ''} ${c.kind ?? ''}` : '');

// Each word must be in the row; a word with "-" before it must not.
function matcher(text) {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length === 0) return () => true;
	return (row) => {
		const all = `${row.rrname ?? row.name} ${row.rrtype ?? row.types.join(' ')} ${row.rdata ?? ''} ${row.unicode ?? ''} ${contextWords(row)}`.toLowerCase();
		return words.every((w) => (w.length > 1 && w.startsWith('-') ? !all.includes(w.slice(1)) : all.includes(w)));
	};
}

// Shows an error instead of an answer, with what to do: `again` repeats the request.
function tell(notice, error, { again, showKey }) {
	const withKey = async (message) => {
		if (!(await askForKey(message))) return;
		showKey();
		again();
	};
	fill(notice, explain(error, { again, withKey: () => withKey('') }));
	if (error.kind === 'key-needed') withKey('This server answers lookups only with a key.');
	if (error.kind === 'key-wrong') withKey('This key is not known to the server. Check that it is complete; it may have been removed.');
}

// Asks first what the text means, unless that is known.
export function openResults(main, params, options) {
	const known = meaning(params.q, params.as);
	if (known) return showResults(main, params, known, options);
	const controller = new AbortController(), notice = el('div', { class: 'notices' });
	let close = () => controller.abort();
	async function ask() {
		fill(notice);
		try {
			const found = await understand(params.q, params.as, controller.signal);
			if (controller.signal.aborted) return;
			const focused = main.contains(document.activeElement);
			close = showResults(main, params, found, options);
			if (focused) main.querySelector('h1').focus({ preventScroll: true });
		} catch (error) {
			if (!controller.signal.aborted) tell(notice, error, { again: ask, showKey: options.showKey });
		}
	}
	fill(main, el('section', { class: 'answer' }, el('div', { class: 'understood' }, el('h1', { tabindex: '-1' }, params.q.slice(0, 300))), notice));
	ask();
	return () => close();
}

function showResults(main, params, found, { go, fresh, showKey }) {
	const state = { ...params }; // what the URL says
	const isFound = found.kind === 'keyword' || found.kind === 'pattern'; // names instead of records
	const facet = found.kind === 'keyword' ? 'why' : 'type';
	const own = isFound ? foundColumns(found.kind === 'keyword' ? found.value : '') : found.kind === 'list' ? LIST_COLUMNS : RECORD_COLUMNS;
	let columns; // these, those of context if a row has something for them, and the actions
	let answer; // {rows, more, failure, asked: rows that the server has given, took: ms}
	let controller, closeGraph, page = 0, shown = [];

	// --- parts of the page

	const status = el('p', { class: 'status' });
	const facets = el('div', { class: 'facets', role: 'group', 'aria-label': facet === 'why' ? 'Reason' : 'Record type' });
	const filter = el('input', { type: 'search', id: 'filter', placeholder: 'Filter', autocomplete: 'off', spellcheck: 'false', value: state.f ?? '' });
	const table = makeTable({ onSort, onPage });
	const content = el('div', { class: 'content' });
	const activity = makeActivity({ onRange: (since, until) => go({ ...state, since, until }, { fresh: false }) });
	const notice = el('div', { class: 'notices' });
	const tools = el('div', { class: 'tools', hidden: true },
		!isFound && el('div', { class: 'views', role: 'group', 'aria-label': 'View' }, view('', 'Table'), view('graph', 'Graph')),
		!isFound && state.view !== 'graph' && groupChoice(state.by in GROUPS ? state.by : undefined, onGroup),
		el('label', { class: 'hidden', for: 'filter' }, 'Filter rows: words, or -words to leave out'), filter, facets,
		el('span', { class: 'downloads' }, copyAll(() => shown), ' Download ', save('CSV', 'csv', 'text/csv', csv), save('COF', 'jsonl', 'application/x-ndjson', jsonLines)));
	fill(main, el('section', { class: 'answer' }, understood(), !found.error && el('div', { class: 'line' }, timeTools(state, (since, until) => go({ ...state, since, until })), status), notice, tools, activity.node, content));

	function understood() {
		if (found.error)
			return el('div', { class: 'understood' }, el('h1', { tabindex: '-1' }, params.q));
		const [name, words] = KIND_WORDS[found.kind];
		const heading = found.value.length > 300 ? `${found.value.slice(0, 300)}…` : found.value;
		const meant = found.kind !== 'list' && format.unicode(found.value);
		return el('div', { class: 'understood' },
			el('h1', { tabindex: '-1' }, el('span', { class: 'kind' }, found.regex ? 'Regular expression' : name), ' ', el('span', { class: 'data' }, heading)),
			meant && el('bdi', { class: 'aside' }, `in Unicode: ${meant}`),
			el('p', { class: 'aside' }, `${found.changed ? `Understood from “${format.visible(params.q.slice(0, 200))}”: ` : ''}${words}.`,
				found.also.length > 0 && [' Or: ', found.also.map((o, i) => [i ? ', ' : '', el('a', { href: `/?${new URLSearchParams(o.as ? { q: o.q, as: o.as } : { q: o.q })}` }, o.words)]), '.']));
	}

	function view(id, label) {
		return el('button', { type: 'button', 'aria-pressed': String((state.view ?? '') === id), 'data-view': id,
			onclick: () => (state.view ?? '') !== id && go({ ...state, view: id || undefined }, { fresh: false }) }, label);
	}

	function save(label, ending, type, make) {
		return el('button', { type: 'button', class: 'quiet', 'data-save': ending, onclick: () => {
			download(fileName(found.value, ending), type, make(shown));
			announce(`${format.plural(shown.length, 'row')} saved as ${label}`);
		} }, label);
	}

	// --- asking

	const options = () => ({
		since: state.since && seconds(state.since), until: state.until && seconds(state.until, true),
		sort: isFound || isContext(parseSort(state.sort)?.id) ? undefined : state.sort, type: answer?.partial && facet === 'type' ? state.type : undefined,
	});

	// Names are asked for from the start again: those of a pattern come as a row for each type.
	function request(offset, signal) {
		if (found.kind === 'list') return bulk(found.values, options(), signal, working);
		const limit = offset ? (isFound ? FIRST + MORE : MORE) : FIRST;
		return lookup(lookupPath(found, { ...options(), limit, offset: isFound ? 0 : offset }), signal, working);
	}

	async function ask({ offset = 0, again = false } = {}) {
		const old = cache.get(cacheKey(state));
		controller?.abort();
		const mine = (controller = new AbortController());
		if (!fresh && !again && old) {
			answer = old;
			render();
			return;
		}
		const begun = performance.now();
		working(0);
		try {
			const got = await request(offset, mine.signal);
			if (mine !== controller) return;
			take(got, offset, performance.now() - begun);
			controller = undefined;
			if (answer.more && state.type && facet === 'type' && !answer.partial) { // the filter has to look at all
				answer.partial = true;
				ask({ again: true });
				return;
			}
			remember();
			if (answer.rows.length > 0 && found.value.length <= params.q.length) recent.add(params.q);
			render();
			announce(status.textContent);
		} catch (error) {
			if (mine !== controller) return;
			controller = undefined;
			failed(error);
		}
	}

	function take(got, offset, took) {
		const rows = found.kind === 'pattern' ? foundOf(got.rows) : got.rows;
		const before = offset && answer && !isFound ? answer.rows : [];
		const seen = new Set(before.map(rowKey));
		const added = rows.filter((row) => !seen.has(rowKey(row)) && seen.add(rowKey(row)));
		answer = { ...got, rows: [...before, ...added], asked: offset + got.rows.length, took,
			partial: answer?.partial, types: answer?.partial ? answer.types : undefined };
	}

	function remember() {
		cache.delete(cacheKey(state));
		cache.set(cacheKey(state), answer);
		if (cache.size > CACHE_MAX) cache.delete(cache.keys().next().value);
	}

	function working(rows) {
		if (rows > 0) {
			setText(status.querySelector('.progress') ?? status, `Searching … ${format.plural(rows, 'row')}`);
			return;
		}
		main.querySelector('.answer').setAttribute('aria-busy', 'true');
		fill(status, el('span', { class: 'progress' }, 'Searching …'), ' ',
			el('button', { type: 'button', class: 'quiet small', onclick: cancel }, 'Cancel'));
		announce('Searching');
	}

	function cancel() {
		controller?.abort();
		controller = undefined;
		settled();
		fill(status, 'Cancelled. ', el('button', { type: 'button', class: 'quiet small', onclick: () => ask({ again: true }) }, 'Search again'));
		announce('Cancelled');
	}

	const settled = () => main.querySelector('.answer').removeAttribute('aria-busy');

	function failed(error) {
		settled();
		fill(status);
		if (error.name === 'AbortError') return;
		if (!answer) tools.hidden = true;
		tell(notice, error, { again: () => ask({ again: true }), showKey });
	}

	// --- showing

	function onSort(sort) {
		state.sort = sortText(sort);
		page = 0;
		go(state, { replace: true });
		announceSort(columns.find((c) => c.id === sort.id).label, sort.descending);
		if (answer.more && !isFound && found.kind !== 'list' && !isContext(sort.id)) ask({ again: true }); // the server knows the others
		else {
			remember();
			render();
		}
	}

	function onGroup(by) {
		state.by = by;
		page = 0;
		go(state, { replace: true });
		remember();
		render();
		announce(by ? `Grouped ${GROUPS[by][0]}` : 'No groups');
	}

	function onPage(n) {
		page = n;
		render();
		table.node.scrollIntoView({ block: 'start' });
		announce(`Page ${n + 1}`);
	}

	function onFacet(value) {
		state[facet] = value || undefined;
		page = 0;
		go(state, { replace: true });
		if (facet === 'type' && (answer.more || answer.partial) && !isFound) {
			answer.partial = Boolean(value);
			ask({ again: true });
		} else {
			remember();
			render();
		}
	}

	function showFacets(rows) {
		const tally = answer.types ?? new Map();
		if (!answer.types)
			for (const row of rows)
				for (const value of facet === 'why' ? [row.reason] : row.types ?? [row.rrtype]) tally.set(value, (tally.get(value) ?? 0) + 1);
		answer.types = tally;
		const focused = facets.contains(document.activeElement) ? document.activeElement.dataset.value : undefined;
		const chip = (value, text, n) => el('button', { type: 'button', 'data-value': value, 'aria-pressed': String((state[facet] ?? '') === value),
			onclick: () => onFacet((state[facet] ?? '') === value ? '' : value) }, text, n !== undefined && el('span', { class: 'n' }, format.number(n)));
		const order = facet === 'why' ? Object.keys(REASONS) : [...tally.keys()].sort((a, b) => tally.get(b) - tally.get(a));
		fill(facets, chip('', 'All'), order.filter((v) => tally.has(v)).map((v) => chip(v, REASONS[v]?.[0] ?? v, answer.more ? undefined : tally.get(v))));
		facets.hidden = tally.size < 2 && !state[facet];
		if (focused !== undefined) facets.querySelector(`[data-value="${CSS.escape(focused)}"]`)?.focus();
	}

	function render() {
		settled();
		closeGraph?.();
		closeGraph = undefined;
		const by = !isFound && state.by in GROUPS ? state.by : undefined;
		columns = by ? groupColumns(by) : [...(isFound ? own : withContext(own, answer.rows)), ACTIONS_COLUMN];
		const matches = matcher(filter.value);
		const inFacet = (row) => !state[facet] || (facet === 'why' ? row.reason === state.why : (row.types ?? [row.rrtype]).includes(state.type));
		const rows = answer.rows.filter((row) => inFacet(row) && matches(row));
		const sort = parseSort(state.sort) ?? (found.kind === 'keyword' ? undefined : { id: 'last', descending: true });
		fill(notice, notes(found, answer, { again: () => ask({ again: true }), more: () => ask({ offset: answer.asked, again: true }), moreMax: MORE }));
		tools.hidden = answer.rows.length === 0 && !answer.partial;
		showFacets(answer.rows);
		if (answer.rows.length === 0) {
			fill(status, 'Nothing found.');
			activity.show([]);
			fill(content, nothing(found, state));
			return;
		}
		fill(status, rows.length === 0 ? `None of ${format.plural(answer.rows.length, 'row')} matches the filter.` :
			[rows.length < answer.rows.length && `${format.number(rows.length)} of ${format.number(answer.rows.length)}: `, counts(rows),
				el('span', { class: 'aside' }, ` · ${Math.max(1, Math.round(answer.took))} ms`)]);
		activity.show(rows);
		page = by ? 0 : Math.min(page, Math.max(0, Math.ceil(rows.length / PAGE) - 1));
		if (state.view === 'graph' && !isFound) {
			shown = rows;
			closeGraph = openGraph(content, rows, ['name', 'address'].includes(found.kind) ? found : undefined);
			return;
		}
		if (rows.length === 0) fill(content);
		else {
			if (content.firstChild !== table.node) fill(content, table.node);
			shown = table.show(by ? groupRows(rows, by) : rows, columns, sort, page);
		}
	}

	let wait;
	filter.addEventListener('input', () => {
		clearTimeout(wait);
		wait = setTimeout(() => {
			state.f = filter.value || undefined;
			page = 0;
			go(state, { replace: true });
			if (!answer) return;
			remember();
			render();
			announce(status.textContent);
		}, 120);
	});

	if (found.error) {
		fill(notice, el('p', { class: 'notice error', role: 'alert' }, format.visible(found.error)));
		announce(found.error);
	} else {
		ask();
	}
	return () => {
		controller?.abort();
		controller = undefined;
		closeGraph?.();
		clearTimeout(wait);
	};
}
