// SPDX-License-Identifier: BSD-3-Clause
// collector/http/web/tap.js by itself: which counters make it say what. Run by node, without a page.
import { readFileSync } from 'node:fs';
import assert from 'node:assert';

const source = readFileSync(new URL('../../collector/http/web/tap.js', import.meta.url), 'utf8');
const { missing } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

function said(counters, ports = []) {
	const list = [];
	missing({ sensor: 's', counters, ports }, (level, text) => list.push([level, text]));
	return list;
}
const messages = (query, taken, more = {}) => ({ messages_total: { query, taken, ...more }, messages_received_total: { udp: query + taken + (more.unmatched ?? 0) + (more.malformed ?? 0), tcp: 0 } });
const once = (list, level, pattern) => {
	assert.equal(list.length, 1, JSON.stringify(list));
	assert.equal(list[0][0], level);
	assert.match(list[0][1], pattern);
};

assert.deepEqual(said({}), []);
assert.deepEqual(said(messages(100, 100)), []);
assert.deepEqual(said(messages(9, 0)), []);
once(said(messages(10, 0)), 'warning', /10 queries and 0 answers: one direction is missing/);
once(said(messages(10, 0, { malformed: 5 })), 'warning', /one direction/);
once(said(messages(5000, 20)), 'warning', /one direction/);
assert.deepEqual(said(messages(5000, 200)), []);
once(said(messages(0, 10)), 'note', /no queries: enough for records/);
once(said(messages(0, 0, { unmatched: 10 })), 'warning', /match = off/);
once(said({ packets_repeated_total: 500, packets_compared_total: 1000 }), 'warning', /50 % of the packets compared come twice .* dedup = 50/);
assert.deepEqual(said({ packets_repeated_total: 9, packets_compared_total: 10 }), []);
assert.deepEqual(said({ packets_repeated_total: 500, packets_compared_total: 1000000 }), []);
assert.deepEqual(said({ packets_repeated_total: 500, packets_compared_total: 1000, packets_total: { duplicate: 500 } }), []);
once(said({ packets_forgotten_total: 1 }), 'warning', /Set dedup lower/);
once(said({ packets_total: { snapped: 3 } }), 'warning', /3 packets were cut .*tcpdump -s 0/);
once(said({ packets_total: { no_time: 3 } }), 'warning', /editcap -t/);
once(said({}, [{ port: 'eth1', port_oversized_total: 2, port_lost_total: { too_long: 3 } }]), 'warning', /Port eth1: 5 frames were longer .*ethtool -K eth1 gro off/);
console.log('tap.js says what is missing');
