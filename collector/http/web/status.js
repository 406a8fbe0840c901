// SPDX-License-Identifier: BSD-3-Clause
// Rates and problems from the counters of /api/status.
import * as format from './format.js';
import { missing } from './tap.js';

const plus = (a, b) => {
	if (typeof b !== 'object') return (a ?? 0) + b;
	const sum = { ...a };
	for (const [name, value] of Object.entries(b)) sum[name] = plus(sum[name], value);
	return sum;
};

// All sensors as one (or the one named), with the collector's own counters.
export function digest(status, sensor) {
	const sensors = status.sensors.filter((s) => sensor === undefined || s.sensor === sensor);
	return {
		at: performance.now(), status, sensors,
		counters: sensors.reduce((sum, s) => plus(sum, s.counters), {}),
		ports: sensors.flatMap((s) => s.ports.map((p) => ({ ...p, sensor: s.sensor }))),
		collector: status.collector,
	};
}

export const total = (value) => (value === undefined ? 0 : typeof value === 'object' ? Object.values(value).reduce((a, b) => a + total(b), 0) : value);

// Per second, from `read(digest)` then and now; undefined where there was none, or a restart in between.
export function rate(then, now, read) {
	if (!then) return undefined;
	const grown = total(read(now)) - total(read(then));
	return grown < 0 ? undefined : (1000 * grown) / Math.max(1, now.at - then.at);
}

// [{level: 'error' | 'warning' | 'note', text}] of what is wrong, worst first.
export function problems(then, now) {
	const { status, counters, ports, collector } = now, found = [];
	const say = (level, text) => found.push({ level, text });
	const growing = (read) => rate(then, now, read) > 0;
	if (!status.redis.up) say('error', `Redis does not take what it is sent: ${status.redis.why || 'not connected'}. Records wait in the spool; lookups fail.`);
	for (const line of status.redis.warnings.split('\n')) if (line) say('warning', `${line}.`);
	if (!status.spool.well) say('error', `The spool does not accept frames: ${status.spool.why}.`);
	if (collector.collector_accounts_unbalanced) say('error', 'The accounts are unbalanced: the sightings taken differ from those in Redis, lost and waiting, or from those that a sensor sent. This is a bug in Lookback; please report it.');
	if (growing((d) => d.collector.collector_records_given_up_total)) say('error', 'The spool is full: the oldest records are dropped.');
	if (growing((d) => d.counters.sightings_lost_total)) say('error', 'Sightings are lost: all frames to the collector are full.');
	for (const port of ports) {
		const lost = rate(then, now, (d) => {
			const { too_long, ...others } = d.ports.find((p) => p.port === port.port && p.sensor === port.sensor)?.port_lost_total ?? {};
			return others; // too_long is no matter of speed
		});
		if (lost > 0) say('error', `Port ${port.port} loses ${format.short(lost)} packets per second: the workers do not keep up.`);
		if (port.port_link_up === 0 && port.port_rx_packets_total > 0) say('warning', `Port ${port.port}: the link is down.`);
	}
	if (status.sensors.length === 0) say('warning', 'No dataplane has connected since the collector started.');
	for (const s of now.sensors) missing(s, say);
	for (const s of status.sensors) if (!s.connected) say('warning', `The dataplane of sensor ${s.sensor} is not connected; its figures are the last received.`);
	if (status.spool.limit_bytes > 0 && status.spool.bytes > 0.8 * status.spool.limit_bytes)
		say('warning', `The spool is ${Math.round((100 * status.spool.bytes) / status.spool.limit_bytes)} % full.`);
	if (growing((d) => d.collector.collector_back_pressure_total)) say('warning', 'Back pressure: the spool accepts no more frames.');
	if (growing((d) => d.counters.table_passed_total)) say('warning', 'The table is full: new sightings bypass it. Raise table.records.');
	if (growing((d) => d.counters.flush_waits_total)) say('note', 'The flush waits for free frames.');
	if (total(collector.collector_records_total) > 0 && growing((d) => (d.collector.collector_records_total.error ?? 0) + (d.collector.collector_records_total.wrong_type ?? 0)))
		say('warning', 'Redis rejects some records: a key has another type, or a command fails.');
	if (status.names && !status.names.complete) say('note', 'The index of names is being built; wildcards and keywords take longer until then.');
	const order = ['error', 'warning', 'note'];
	return found.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
