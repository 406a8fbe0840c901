// SPDX-License-Identifier: BSD-3-Clause
// The live view of the sensor, and the state beside its name. Asks every two seconds while the page is visible.
import { status as askStatus } from './api.js';
import { announce, el, fill, setText, svg } from './dom.js';
import * as format from './format.js';
import { digest, problems, rate, total } from './status.js';

const EVERY_MS = 2000, DOT_EVERY_MS = 20000, HISTORY = 90;

// Calls `tick` every `ms` while the page is seen, once at a time. Returns what ends it.
export function whileSeen(ms, tick) {
	let timer, ended = false, running = false;
	const controller = new AbortController();
	async function turn() {
		clearTimeout(timer);
		if (ended || running || document.hidden) return;
		running = true;
		await tick(controller.signal).catch(() => {});
		running = false;
		if (!ended) timer = setTimeout(turn, ms);
	}
	document.addEventListener('visibilitychange', turn);
	turn();
	return () => {
		ended = true;
		clearTimeout(timer);
		controller.abort();
		document.removeEventListener('visibilitychange', turn);
	};
}

function setDot(level, text) {
	document.querySelector('.to-sensor').dataset.level = level;
	document.querySelector('.to-sensor').title = text;
	setText(document.getElementById('sensor-state'), `: ${text}`);
}

const AWAY = [{ level: 'error', text: 'The collector does not answer. The figures are the last received.' }];

function sayProblems(list) {
	const level = list.find((p) => p.level !== 'note')?.level ?? 'well';
	setDot(level, level === 'well' ? 'All is well' : list[0].text);
}

export function watchSensor() {
	let last;
	return whileSeen(DOT_EVERY_MS, async (signal) => {
		try {
			const now = digest(await askStatus(signal));
			sayProblems(problems(last, now));
			last = now;
		} catch {
			sayProblems(AWAY);
		}
	});
}

function sparkline(values) {
	const most = Math.max(1, ...values.filter((v) => v !== undefined));
	const points = values.map((v, i) => [100 - ((values.length - 1 - i) * 100) / (HISTORY - 1), v === undefined ? undefined : 30 - (28 * v) / most]).filter((p) => p[1] !== undefined);
	const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
	return svg('svg', { class: 'spark', viewBox: '0 0 100 31', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
		points.length > 1 && svg('polygon', { points: `${points[0][0].toFixed(1)},31 ${line} ${points.at(-1)[0].toFixed(1)},31` }),
		points.length > 1 && svg('polyline', { points: line, 'vector-effect': 'non-scaling-stroke' }));
}

const perSecond = (n, unit) => (n === undefined ? '–' : `${format.short(n, unit)}/s`);
const card = (title, cls, ...content) => el('section', { class: `card ${cls}` }, el('h2', null, title), content);
const figures = (pairs) => el('dl', { class: 'figures' }, pairs.filter(Boolean).map(([name, value, bad]) =>
	el('div', { class: bad ? 'bad' : null }, el('dt', null, name), el('dd', null, value))));

function meter(label, value, most, text) {
	const share = most > 0 ? Math.min(1, value / most) : 0;
	return el('div', { class: 'meter' }, el('span', null, label), el('span', { class: 'value' }, text),
		svg('svg', { 'aria-hidden': 'true' }, svg('rect', { class: 'all', width: '100%', height: '100%', rx: '3' }),
			svg('rect', { class: share > 0.9 ? 'full' : 'used', width: `${(100 * share).toFixed(1)}%`, height: '100%', rx: '3' })));
}

const LOSS = { packets_total: ['short', 'snapped', 'oversized', 'no_time', 'tunnel_unknown', 'tunnel_depth', 'filtered'], messages_total: ['malformed', 'snapped', 'not_query_answer', 'truncated', 'unmatched', 'server_skipped'],
	records_total: ['out_of_bailiwick', 'too_long', 'not_in', 'name_skipped'] };
const words = (label) => label.replaceAll('_', ' ');

// A family of counters by outcome: total, share and rate; zeros are left out.
function outcomes(title, family, then, now) {
	const all = Object.entries(now.counters[family] ?? {}), sum = total(now.counters[family]);
	const rows = all.filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
	return card(title, 'outcomes', rows.length === 0 ? el('p', { class: 'aside' }, 'none yet') : el('table', null,
		el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'Outcome'), el('th', { scope: 'col', class: 'number' }, 'Now'),
			el('th', { scope: 'col', class: 'number' }, 'Total'), el('th', { scope: 'col', class: 'number' }, 'Share'))),
		el('tbody', null, rows.map(([label, n]) => el('tr', { class: LOSS[family]?.includes(label) ? 'refused' : null }, el('th', { scope: 'row' }, words(label)),
			el('td', { class: 'number' }, perSecond(rate(then, now, (d) => d.counters[family]?.[label]))),
			el('td', { class: 'number', title: format.number(n) }, format.short(n)),
			el('td', { class: 'number' }, `${((100 * n) / sum).toFixed(1)} %`))))));
}

const LOSSES = [['port_lost_total', 'Ports', (d) => d.ports.reduce((sum, p) => {
	for (const [reason, n] of Object.entries(p.port_lost_total ?? {})) sum[reason] = (sum[reason] ?? 0) + n;
	return sum;
}, {})], ...[['fragments_lost_total', 'Fragments'], ['tcp_streams_lost_total', 'TCP streams'], ['match_queries_lost_total', 'Queries'],
	['sightings_lost_total', 'Sightings']].map(([family, label]) => [family, label, (d) => d.counters[family] ?? {}])];

function losses(then, now) {
	const rows = LOSSES.flatMap(([, label, read]) => Object.entries(read(now)).map(([reason, n]) => ({ label, reason, n, rate: rate(then, now, (d) => read(d)[reason]) })))
		.filter((r) => r.n > 0);
	return card('Lost, by reason', 'losses', rows.length === 0 ? el('p', { class: 'aside' }, 'Nothing is lost: no packet, fragment, stream or sighting.') : el('table', null,
		el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'What'), el('th', { scope: 'col' }, 'Reason'), el('th', { scope: 'col', class: 'number' }, 'Now'), el('th', { scope: 'col', class: 'number' }, 'Total'))),
		el('tbody', null, rows.map((r) => el('tr', { class: r.rate > 0 ? 'dropped' : null }, el('th', { scope: 'row' }, r.label), el('td', null, words(r.reason)),
			el('td', { class: 'number' }, perSecond(r.rate)), el('td', { class: 'number' }, format.short(r.n)))))));
}

function redisCard(then, now) {
	const { status, collector } = now, applied = collector.collector_last_applied_timestamp_seconds;
	const errors = Object.entries(status.redis_errors).filter(([, n]) => n > 0);
	return card('Redis', status.redis.up ? 'redis' : 'redis broken', figures([
		['State', status.redis.up ? 'connected' : 'not connected', !status.redis.up],
		!status.redis.up && ['Reason', status.redis.why, true],
		['Records written', perSecond(rate(then, now, (d) => d.collector.collector_records_total))],
		['Commands', perSecond(rate(then, now, (d) => d.collector.collector_commands_sent_total))],
		['Last write', applied > 0 ? format.ago(applied) : 'none yet'],
		['Records, total', format.short(total(collector.collector_records_total))],
		['New to Redis', format.short(collector.collector_records_first_seen_total)],
		...errors.map(([kind, n]) => [`Errors: ${words(kind)}`, format.number(n)]),
	]));
}

// The outcome of the sightings that dataplanes sent.
function account(c) {
	const outcomes = Object.entries(c.collector_sightings_total ?? {}).filter(([outcome, n]) => n > 0 || outcome === 'applied');
	return [['Sightings taken', format.number(c.collector_sightings_taken_total)],
		...outcomes.map(([outcome, n]) => [`Sightings ${words(outcome)}`, format.number(n), outcome === 'given_up' || outcome === 'damaged']),
		['Sightings waiting', format.number(c.collector_sightings_waiting)],
		...(c.collector_accounts_unbalanced ? [['Accounts', 'unbalanced: a bug, please report it', true]] : [])];
}

function spoolCard(now) {
	const { spool } = now.status;
	return card('Spool', spool.well ? 'spool' : 'spool broken',
		meter('Disk', spool.bytes, spool.limit_bytes, `${format.bytes(spool.bytes)} of ${format.bytes(spool.limit_bytes)}`),
		figures([['State', spool.well ? 'accepting frames' : spool.why, !spool.well], ['Waiting for Redis', `${format.plural(spool.waiting_batches, 'batch', 'batches')}, ${format.bytes(spool.waiting_bytes)}`], 
			...account(now.collector), ['Dropped', format.plural(now.collector.collector_records_given_up_total, 'record'), now.collector.collector_records_given_up_total > 0]]));
}

function tableCard(then, now) {
	const { counters } = now;
	return card('Table', 'in-memory',
		meter('Records', counters.table_entries ?? 0, counters.table_entries_limit ?? 0, `${format.short(counters.table_entries ?? 0)} of ${format.short(counters.table_entries_limit ?? 0)}`),
		figures([['New', perSecond(rate(then, now, (d) => d.counters.table_inserted_total))], ['Seen again', perSecond(rate(then, now, (d) => d.counters.table_hits_total))],
			['Evicted', perSecond(rate(then, now, (d) => d.counters.table_evicted_total))], ['Pending', format.short(counters.sightings_pending ?? 0)],
			['Sent', format.number(counters.outbox_sightings_reached ?? 0)],
			['Taken by the collector', format.number(total(now.sensors.map((s) => s.sightings_taken ?? 0))), now.sensors.some((s) => s.unbalanced)],
			['Frames not acknowledged', `${format.number(counters.outbox_frames_unacknowledged ?? 0)} of ${format.number(counters.outbox_frames_limit ?? 0)}`]]));
}

function portsCard(then, now) {
	const of = (d, p) => d.ports.find((q) => q.port === p.port && q.sensor === p.sensor);
	return card('Ports', 'ports', now.ports.length === 0 ? el('p', { class: 'aside' }, 'none') : el('table', null,
		el('thead', null, el('tr', null, ['Port', 'Link', 'Packets', 'Bits', 'Queries', 'Answers', 'Lost'].map((t, i) => el('th', { scope: 'col', class: i > 1 ? 'number' : null }, t)))),
		el('tbody', null, now.ports.map((p) => el('tr', null, el('th', { scope: 'row' }, p.port), el('td', null, p.port_link_up ? (p.port_link_speed_bytes ? `${format.short(p.port_link_speed_bytes * 8, 'bit')}/s` : 'up') : 'down'),
			el('td', { class: 'number' }, perSecond(rate(then, now, (d) => of(d, p)?.port_rx_packets_total))),
			el('td', { class: 'number' }, perSecond(scale(rate(then, now, (d) => of(d, p)?.port_rx_bytes_total), 8), 'bit')),
			...['query', 'answer'].map((kind) => el('td', { class: 'number' }, perSecond(rate(then, now, (d) => of(d, p)?.port_messages_total?.[kind])))),
			el('td', { class: `number${total(p.port_lost_total) > 0 ? ' dropped' : ''}` }, format.short(total(p.port_lost_total))))))));
}

// Headers that the sensor does not know: it does not look inside them.
function unknownCard(now) {
	const rows = now.sensors.flatMap((s) => (s.unknown ?? []).map((u) => ({ ...u, sensor: s.sensor })));
	return rows.length > 0 && card('Unknown encapsulations', 'unknown', el('table', null,
		el('thead', null, el('tr', null, el('th', { scope: 'col' }, 'Header'), el('th', { scope: 'col', class: 'number' }, 'Packets'), el('th', { scope: 'col' }, 'What to do'))),
		el('tbody', null, rows.map((u) => el('tr', { class: u.holds_ip ? 'dropped' : null },
			el('th', { scope: 'row' }, `${u.kind} ${u.kind === 'EtherType' ? `0x${u.number.toString(16).padStart(4, '0')}` : u.number}`),
			el('td', { class: 'number' }, format.short(u.packets)),
			el('td', null, u.holds_ip ? 'Contains IP packets: let the switch or tap remove the header, or report it' : 'Contains no IP packet'))))));
}

const scale = (n, by) => (n === undefined ? undefined : n * by);

// The big figures, each with its last three minutes.
const HEADLINES = [
	['Packets', '', (d) => d.counters.rx_packets_total, 1], ['Traffic', 'bit', (d) => d.counters.rx_bytes_total, 8],
	['DNS messages', '', (d) => d.counters.messages_received_total, 1], ['Records taken', '', (d) => d.counters.records_total?.taken, 1],
	['Written to Redis', '', (d) => d.collector.collector_records_total, 1], ['New to Redis', '', (d) => d.collector.collector_records_first_seen_total, 1],
];

export function openLive(main) {
	const banner = el('div', { class: 'banner' }), place = el('div', { class: 'cards' }), state = el('p', { class: 'status' });
	const pick = el('select', { id: 'sensor', onchange: () => { last = undefined; history.forEach((h) => (h.length = 0)); } });
	const picker = el('span', { class: 'picker', hidden: true }, el('label', { for: 'sensor' }, 'Sensor'), pick);
	const history = HEADLINES.map(() => []);
	let last, said = '';
	fill(main, el('section', { class: 'live' }, el('div', { class: 'live-head' }, el('h1', { tabindex: '-1' }, 'Sensor'), picker, state), banner, place));

	function showBanner(list) {
		const text = list.map((p) => p.text).join('\n') || 'All is well';
		sayProblems(list);
		if (text === said) return;
		said = text;
		announce(text);
		fill(banner, list.length === 0 ? el('p', { class: 'notice well' }, 'All is well: packets arrive, nothing is lost, Redis accepts writes.') :
			list.map((p) => el('p', { class: `notice ${p.level}` }, p.text)));
	}

	function pickers(status) {
		const names = status.sensors.map((s) => s.sensor);
		picker.hidden = names.length < 2;
		if (pick.options.length !== names.length + 1) fill(pick, el('option', { value: '' }, 'all'), names.map((n) => el('option', { value: n }, n)));
	}

	return whileSeen(EVERY_MS, async (signal) => {
		let now;
		try {
			const status = await askStatus(signal);
			pickers(status);
			now = digest(status, pick.value || undefined);
		} catch (error) {
			if (error.name === 'AbortError') return;
			showBanner(AWAY);
			place.classList.add('stale');
			setText(state, 'No answer; retrying');
			last = undefined;
			return;
		}
		place.classList.remove('stale');
		showBanner(problems(last, now));
		setText(state, `${now.sensors.map((s) => `${s.sensor} ${s.version}, ${format.plural(s.workers, 'worker')}`).join('; ') || 'no dataplane'} · collector ${now.status.version} · every 2 s`);
		const heads = HEADLINES.map(([label, unit, read, by], i) => {
			const value = scale(rate(last, now, read), by);
			if (last || history[i].length > 0) history[i].push(value);
			if (history[i].length > HISTORY) history[i].shift();
			return el('div', { class: 'headline' }, el('span', { class: 'label' }, label), el('span', { class: 'value' }, perSecond(value, unit)), sparkline(history[i]));
		});
		fill(place, el('section', { class: 'card headlines', 'aria-label': 'Rates' }, heads), redisCard(last, now), spoolCard(now), tableCard(last, now),
			outcomes('Packets', 'packets_total', last, now), outcomes('DNS messages', 'messages_total', last, now), outcomes('Records', 'records_total', last, now),
			losses(last, now), unknownCard(now), portsCard(last, now),
			now.status.names && card('Index of names', 'index', figures([['Names', format.number(now.status.names.names)], ['Memory', format.bytes(now.status.names.memory_bytes)],
				['State', now.status.names.complete ? 'complete' : 'being built']])));
		last = now;
	});
}
