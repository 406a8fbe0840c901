# SPDX-License-Identifier: BSD-3-Clause
"""What test_pivot.sh checks on small sets of records: bounds, times, formats, hostile names, the API.

    pivot_checks.py LOOKBACK REDIS-SOCKET URL FOLDER
"""
import csv
import io
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import networkx
import redis

LOOKBACK, SOCKET, URL, FOLDER = sys.argv[1:5]
DAY = 86400
T0 = 1767225600
server = redis.Redis(unix_socket_path=SOCKET)
faults = 0


def same(what, expected, found):
    global faults
    if expected != found:
        faults += 1
        print(f'{what}: expected {str(expected)[:300]}, found {str(found)[:300]}')


def load(records):
    server.flushall()
    path = os.path.join(FOLDER, 'records')
    with open(path, 'w', encoding='ascii') as out:
        for owner, kind, rdata, first, last in records:
            out.write(json.dumps({'rrname': owner, 'rrtype': kind, 'rdata': rdata, 'time_first': T0 + int(first * DAY), 'time_last': T0 + int(last * DAY),
                                  'count': 1}) + '\n')
    subprocess.run([LOOKBACK, '-o', f'redis=unix:{SOCKET}', 'import', path], check=True, capture_output=True, timeout=60)


def run(*words):
    return subprocess.run([LOOKBACK, '-o', f'redis=unix:{SOCKET}', 'pivot', *words], capture_output=True, text=True, timeout=60, check=False)


def rows(*words):
    done = run('--json', *words)
    if done.returncode not in (0, 1):
        print(f'pivot {words}: {done.stderr}')
    return [json.loads(line) for line in done.stdout.splitlines()]


def values(found, what='result'):
    return {row['value'] for row in found if row['what'] == what}


def get(query):
    try:
        with urllib.request.urlopen(f'{URL}/api/pivot?{urllib.parse.urlencode(query)}', timeout=30) as answer:
            return answer.status, answer.headers['Content-Type'], answer.read().decode('ascii')
    except urllib.error.HTTPError as error:
        return error.code, '', error.read().decode()


def try_hub():
    """An address and a name server with very many names cost next to nothing."""
    many = int(os.environ.get('PIVOT_HUB', '200000'))
    load([('bad.example', 'A', '198.51.100.1', 0, 30), ('bad.example', 'NS', 'ns1.large.net', 0, 30), ('bad.example', 'A', '203.0.113.5', 5, 9),
          ('worse.example', 'A', '203.0.113.5', 6, 9)])
    for start in range(0, many, 10000):
        server.zadd('pdns:ip:198.51.100.1', {f'n{i}.d{i}.com': T0 + 30 * DAY for i in range(start, start + 10000)})
        server.zadd('pdns:rdata:ns1.large.net', {f'NS d{i}.com': T0 + 30 * DAY for i in range(start, start + 10000)})
    server.config_resetstat()
    begin = time.monotonic()
    found = rows('bad.example')
    took = time.monotonic() - begin
    calls = sum(stat['calls'] for name, stat in server.info('commandstats').items())
    spent = sum(stat['usec'] for name, stat in server.info('commandstats').items())
    print(f'two sets of {many} members: {took * 1000:.0f} ms, {calls} commands, {spent} us in Redis')
    same('cheap', True, calls < 100 and spent < 20000)
    same('found beside the hub', True, 'worse.example' in values(found))
    same('hubs', {'198.51.100.1', 'ns1.large.net'}, values(found, 'shared'))
    stops = {row['value']: row for row in found if row['what'] == 'shared'}
    same('why', ('domains', 'zones'), (stops['198.51.100.1']['stop'], stops['ns1.large.net']['stop']))
    same('how many', True, stops['198.51.100.1']['stop_number'] > many / 2)
    same('through what is shared', True, len(values(rows('--through-shared', '--limit', '0', '--depth', '1', 'bad.example'))) > 200)


def try_times():
    """Tenants before and after are not those at the same time."""
    load([('bad.example', 'A', '203.0.113.5', 40, 50), ('same.example', 'A', '203.0.113.5', 41, 49), ('before.example', 'A', '203.0.113.5', 0, 20),
          ('after.example', 'A', '203.0.113.5', 75, 90), ('old.example', 'A', '192.0.2.77', 0, 90)])
    found = rows('bad.example')
    same('at the same time', {'bad.example', 'same.example', '203.0.113.5'}, values(found))
    reason = [r for row in found if row['what'] == 'result' and row['value'] == 'same.example' for r in row['reasons'] if r['reason'] == 'overlap']
    same('overlap in days', [8], [r['number'] for r in reason])
    same('path', ['bad.example', '203.0.113.5', 'same.example'], [step['value'] for row in found if row.get('value') == 'same.example' for step in row['path']])
    same('nothing since', 1, run('--since', str(T0 + 60 * DAY), 'bad.example').returncode)
    same('nothing until', False, 'same.example' in values(rows('--until', str(T0 + 40 * DAY + 3600), 'bad.example')))
    same('depth 0', {'bad.example', '203.0.113.5'}, values(rows('--depth', '0', 'bad.example')))
    same('beyond', 1, rows('--depth', '0', 'bad.example')[-1]['beyond_depth'])
    same('limit', (1, 2), (lambda end: (end['results'], end['left_out']))(rows('--limit', '1', 'bad.example')[-1]))
    same('an address', True, 'bad.example' in values(rows('203.0.113[.]5')))
    for words in (('--depth', '9', 'a.b'), ('--depth', 'record', 'a.b'), ('--score', '0', 'a.b'), ('192.0.2.0/24',), ('paypal',), ('a..b',), ()):
        same(f'status of {words}', 2, run(*words).returncode)
    same('unknown', 1, run('nothing.invalid').returncode)
    same('private', 'special', {row['value']: row for row in mixed()}['10.0.0.1'].get('stop'))


def try_many_records():
    """Records that the walk does not follow cost no memory for long, and do not hide the others; a partial read is noted."""
    load([('bad.example', 'A', '203.0.113.5', 40, 50), ('same.example', 'A', '203.0.113.5', 41, 49)])
    server.zadd('pdns:name:bad.example', {f'TXT "{i} {"x" * 3000}"': T0 + 45 * DAY for i in range(200)})
    found = rows('bad.example')
    same('beside TXT records', True, 'same.example' in values(found))
    server.zadd('pdns:name:bad.example', {f'TXT "{i}"': T0 + 45 * DAY for i in range(200)})
    stops = {row['value']: row.get('stop') for row in rows('bad.example') if 'value' in row}
    same('read in part', 'records', stops['bad.example'])


def mixed():
    load([('bad.example', 'A', '10.0.0.1', 1, 5), ('other.example', 'A', '10.0.0.1', 1, 5)])
    found = rows('bad.example')
    same('not over a private address', False, 'other.example' in values(found))
    return [row for row in found if 'value' in row]


HOSTILE = ('=1+1', '-2', '+3', 'a"b', "a'b", '<script>', '&amp', 'a\\\\b', 'a\\032b', 'a\\000b', '\\255\\254', ']]>', '--', '%s%n', '{label}', 'a\\;b', '*')


def try_formats():
    names = [f'{label}.evil{i}.com' for i, label in enumerate(HOSTILE)]
    load([record for i, name in enumerate(names) for record in
          ((name, 'A', '203.0.113.9', 1, 5 + i / 10), (f'evil{i}.com', 'CNAME', name, 1, 5))][:36])
    found = rows('--score', '0.1', '203.0.113.9')
    same('paths without a circle', [], [row['path'] for row in found if 'path' in row and len({s['value'] for s in row['path']}) != len(row['path'])])
    same('JSON', True, len(values(found)) > len(HOSTILE))
    shown = values(found) | values(found, 'weak') | values(found, 'shared')
    table = list(csv.reader(io.StringIO(run('--csv', '--score', '0.1', '203.0.113.9').stdout)))
    same('CSV', len(shown) + 1, len(table))
    same('rows of CSV', {10}, {len(row) for row in table})
    same('no formula', [], [row[0] for row in table if row[0][:1] in ('=', '+', '-', '@')])
    same('values of CSV', shown, {row[0].removeprefix("'") for row in table[1:]})
    text = run('--graphml', '--score', '0.1', '203.0.113.9').stdout
    xml.etree.ElementTree.fromstring(text)
    graph = networkx.parse_graphml(text)
    same('GraphML', shown, {data['label'] for _, data in graph.nodes(data=True)})
    same('edges', len([row for row in found if row['what'] == 'edge']), graph.number_of_edges())
    same('a score', True, all(0 <= data['score'] <= 1 for _, data in graph.nodes(data=True)))
    dot = subprocess.run(['dot', '-Tjson'], input=run('--dot', '--score', '0.1', '203.0.113.9').stdout, capture_output=True, text=True, timeout=30, check=False)
    same('DOT', (0, ''), (dot.returncode, dot.stderr))
    drawn = json.loads(dot.stdout)
    same('nodes of DOT', len(shown), len(drawn['objects']))
    same('edges of DOT', graph.number_of_edges(), len(drawn.get('edges', [])))
    same('table', 0, run('--score', '0.1', '203.0.113.9').returncode)
    same('not of other commands', 2, subprocess.run([LOOKBACK, 'name', '--dot', 'a.b'], capture_output=True, timeout=20, check=False).returncode)
    for style, kind, of in (('json', 'application/x-ndjson', '--json'), ('csv', 'text/csv; charset=utf-8', '--csv'),
                            ('graphml', 'application/graphml+xml', '--graphml'), ('dot', 'text/vnd.graphviz', '--dot')):
        same(f'API: {style}', (200, kind, run(of, '--score', '0.1', '203.0.113.9').stdout.replace('\r\n', '\n')),
             (lambda status, found_type, body: (status, found_type, body.replace('\r\n', '\n')))(*get({'q': '203.0.113.9', 'score': '0.1', 'format': style})))
    for query in ({}, {'q': ''}, {'q': '192.0.2.0/24'}, {'q': 'a.b', 'depth': '9'}, {'q': 'a.b', 'score': '2'}, {'q': 'a.b', 'format': 'xml'},
                  {'q': 'a.b', 'since': 'never'}, {'q': 'a.b', 'limit': '-1'}):
        same(f'API: status of {query}', 400, get(query)[0])
    same('API: a name in any case', 200, get({'q': '=1+1.evil0.com', 'as': 'name'})[0])


try_hub()
try_times()
try_many_records()
try_formats()
sys.exit(1 if faults else 0)
