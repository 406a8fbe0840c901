#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what the receivers of test_alerts.sh noted with the three alerts that were sent: every format is parsed and unescaped.

    alert_forms.py FOLDER
"""
import hashlib
import hmac
import json
import pathlib
import re
import sys

T = pathlib.Path(sys.argv[1])
NAME = 'a<b>&"|=\\]`\\027.example.com'


def same(what, found, expected):
    if found != expected:
        sys.exit(f'{what}: found {found!r}, expected {expected!r}')


def lines(name):
    return (T / name).read_text().splitlines()


# own JSON
alerts = [json.loads(line) for line in lines('out/alerts.json')]
same('ids', [a['id'] for a in alerts], ['all1', 'all2', 'all3'])
for a in alerts:
    same('name', a['name'], NAME)
    same('keys', sorted(a), sorted(['version', 'entry', 'time', 'id', 'rule', 'kind', 'name', 'type', 'rdata', 'first', 'last', 'sensor',
                                    'expected', 'reason']))

# webhook
for line, a in zip(lines('hook'), alerts):
    request = json.loads(line)
    same('body', json.loads(request['body']), a)
    same('key', request['headers']['idempotency-key'], f'{a["id"]}-{a["entry"]}')
    same('secret', request['headers']['authorization'], 'Bearer geheim')
    same('header', request['headers']['x-team'], 'soc')
    same('signature', request['headers']['x-lookback-signature'],
         'sha256=' + hmac.new(b'schluessel', request['body'].encode(), hashlib.sha256).hexdigest())

# RFC 5424
SYSLOG = re.compile(r'<(\d+)>1 (\S+Z) (\S+) lookback (\d+) (\S+) \[lookback@32473((?: \w+="(?:[^"\\\]]|\\["\\\]])*")*)\] (.*)', re.S)
for line, a in zip(lines('out/unix.log'), alerts):
    match = re.fullmatch(r'<36>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d lookback\[\d+\]: (.*)', line)
    same('unix syntax', bool(match), True)
    same('unix message', json.loads(match[1]), a)
for name, facility in (('tcp', 16), ('tls', 16), ('udp', 16)):
    for line, a in zip(lines(f'out/{name}.log'), alerts):
        match = SYSLOG.fullmatch(line)
        same(f'{name} syntax', bool(match), True)
        same(f'{name} priority', int(match[1]), facility * 8 + 4)
        same(f'{name} time', match[2], a['time'])
        params = {k: re.sub(r'\\(.)', r'\1', v) for k, v in re.findall(r'(\w+)="((?:[^"\\\]]|\\.)*)"', match[6])}
        same(f'{name} parameters', (params['name'], params['id']), (NAME, a['id']))
        if name != 'udp':
            same(f'{name} message', json.loads(match[7]), a)

# CEF
for line, a in zip(lines('out/udp.log'), alerts):
    head = re.split(r'(?<!\\)\|', line[line.index('CEF:'):], maxsplit=7)
    same('CEF head', (head[0], head[1], head[4], head[6]), ('CEF:0', 'Lookback', 'new', '5'))
    fields = {k: re.sub(r'\\(.)', r'\1', v) for k, v in re.findall(r'(\w+)=((?:[^=\\]|\\.)*?)(?= \w+=|$)', head[7])}
    same('CEF name', fields['destinationDnsDomain'], NAME)
    same('CEF id', fields['externalId'], a['id'])

# mail
mails = [json.loads(line) for line in lines('out/mail.log')]
same('sender', mails[0]['from'], 'lookback@sensor.example')
same('recipients', mails[0]['to'], ['soc@example.com', 'ciso@example.com'])
same('TLS', mails[0]['tls'], True)
same('subject', NAME in mails[0]['headers']['Subject'], True)
same('bodies', sum(m['body'].replace('\r\n', '\n').count(f'record    {NAME} A 192.0.2.1\n') for m in mails) >= 1, True)

# MISP feed
manifest = json.loads((T / 'feed/manifest.json').read_text())
events = [json.loads((T / f'feed/{uuid}.json').read_text())['Event'] for uuid in manifest]
same('events', len(events) >= 1, True)
for event in events:
    same('UUID', event['uuid'] in manifest, True)
    rrname = [x['value'] for x in event['Object'][0]['Attribute'] if x['object_relation'] == 'rrname']
    same('rrname', rrname, [NAME])
