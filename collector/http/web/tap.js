// SPDX-License-Identifier: BSD-3-Clause
// What is missing in the traffic of a tap, by the counters of a sensor since its start, with what to do. The dataplane reports
// the same in its log and summary (dataplane/control/hints.c).

const FEW = 10, MANY = 1000, PART = 100;
const alone = (these, others) => (these >= FEW && others === 0) || (these >= MANY && others < these / PART);
const sum = (object, names) => names.reduce((n, name) => n + (object?.[name] ?? 0), 0);

function directions({ counters: c, sensor }, say) {
	const queries = c.messages_total?.query ?? 0, all = sum(c.messages_received_total, ['udp', 'tcp']);
	const answers = Math.max(0, all - queries - sum(c.messages_total, ['malformed', 'snapped', 'server_skipped']));
	if (alone(queries, answers))
		say('warning', `Sensor ${sensor} sees ${queries} queries and ${answers} answers: one direction is missing, and only answers give records. Mirror both directions of the port, or add the other port.`);
	if (alone(answers, queries) && !(c.messages_total?.unmatched > 0))
		say('note', `Sensor ${sensor} sees answers and no queries: enough for records, but the setting match needs the queries. To use it, mirror both directions of the port.`);
	if (alone(answers, queries) && c.messages_total?.unmatched > 0)
		say('warning', `Sensor ${sensor} sees answers and no queries, and match drops answers without a query. Mirror both directions of the port, or set match = off.`);
}

function copies({ counters: c, sensor }, say) {
	const found = c.packets_repeated_total ?? 0, compared = c.packets_compared_total ?? 0;
	if (found >= FEW && found > compared / PART && !(c.packets_total?.duplicate > 0))
		say('warning', `Sensor ${sensor}: ${Math.round((100 * found) / compared)} % of the packets compared come twice within 50 ms, as from a mirror port that copies both ingress and egress; counts are doubled. Mirror one of the two, or set dedup = 50.`);
	if (c.packets_forgotten_total > 0)
		say('warning', `Sensor ${sensor}: packets are forgotten before the time of dedup ends, so their copies are counted. Set dedup lower, or use more workers.`);
}

// Calls `say(level, text)` for each thing that a sensor of /api/status misses.
export function missing(sensor, say) {
	const cut = sensor.counters.packets_total ?? {};
	directions(sensor, say);
	copies(sensor, say);
	if (cut.snapped > 0) say('warning', `Sensor ${sensor.sensor}: ${cut.snapped} packets were cut when they were captured. Capture whole ones (tcpdump -s 0).`);
	if (cut.no_time > 0) say('warning', `Sensor ${sensor.sensor}: ${cut.no_time} packets have a time that cannot be stored, and were dropped. Set the clock, or the times of the capture (editcap -t).`);
	for (const port of sensor.ports) {
		const long = (port.port_oversized_total ?? 0) + (port.port_lost_total?.too_long ?? 0);
		if (long > 0) say('warning', `Port ${port.port}: ${long} frames were longer than the capture allows, and were cut or lost. Switch segment offloading off (ethtool -K ${port.port} gro off lro off; of a veth also tso off gso off at its other end), or raise its MTU.`);
	}
}
