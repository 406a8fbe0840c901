#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The data of the guides, moved to the present: the day 2026-11-30 becomes today.

    guides_data.py records              prints tests/data/guides/records.jsonl
    guides_data.py capture PART OUT     writes a capture of today: PART is the name of a list below
"""
import json
import pathlib
import socket
import struct
import sys
import time

import dns.message
import dns.rrset

DAY_S = 86400
WRITTEN = 1795996800  # 2026-11-30
RECORDS = pathlib.Path(__file__).resolve().parent.parent / 'data/guides/records.jsonl'

CAPTURES = {
    # what a sensor sees after the rules of the guide are in force
    'brand': [('northbank-verify.example.', 'NS', 'ns1.bulletdns.example.'), ('northbank-verify.example.', 'A', '198.51.100.77'),
              ('www.harmless.example.', 'A', '203.0.113.9')],
    'own': [('northbank.example.', 'NS', 'ns1.northbank.example.'), ('login.northbank.example.', 'A', '192.0.2.11')],
    'tamper': [('northbank.example.', 'NS', 'ns1.evil-dns.example.'), ('login.northbank.example.', 'A', '198.51.100.99')],
}


def records():
    shift = (int(time.time()) // DAY_S - WRITTEN // DAY_S) * DAY_S
    for line in RECORDS.read_text(encoding='utf-8').splitlines():
        record = json.loads(line)
        record['time_first'] += shift
        record['time_last'] += shift
        print(json.dumps(record))


def frame(source, target, sport, dport, payload, ident):
    udp = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(udp), ident & 0xffff, 0, 64, 17, 0) + socket.inet_aton(source) + socket.inet_aton(target)
    return bytes.fromhex('020000000001' '020000000002' '0800') + ip + udp


def capture(part, out):
    at = int(time.time()) - 60
    with open(out, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (owner, rdtype, rdata) in enumerate(CAPTURES[part]):
            query = dns.message.make_query(owner, rdtype)
            query.id = i
            answer = dns.message.make_response(query)
            answer.answer.append(dns.rrset.from_text(owner, 300, 'IN', rdtype, rdata))
            for data in (frame('10.0.0.1', '192.0.2.53', 4096 + i, 53, query.to_wire(), i),
                         frame('192.0.2.53', '10.0.0.1', 53, 4096 + i, answer.to_wire(), i)):
                file.write(struct.pack('<IIII', at + i, 0, len(data), len(data)) + data)


{'records': records, 'capture': capture}[sys.argv[1]](*sys.argv[2:])
