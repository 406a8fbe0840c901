#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes the captures of test_new.sh.

    newly_capture.py PART NOW OUT.pcap

PART: known (a month before NOW), fresh (ten minutes before NOW), later (five minutes before NOW), older (of the fresh names,
two hours before NOW). Queries and answers over UDP.
"""
import socket
import struct
import sys

import dns.message
import dns.name
import dns.rrset

BIG = 400  # names of one domain
HOSTILE = dns.name.from_wire(b'\x1c<img src=x onerror=alert(1)>\x07hostile\x07example\x00', 0)[0]


def known():
    for i in range(BIG):
        yield f"n{i}.big.example.", "A", f"198.51.{i // 256}.{i % 256}"
    yield "www.known.example.", "A", "192.0.2.1"
    yield "known.example.", "NS", "ns1.known.example."


def fresh():
    yield "www.known.example.", "A", "192.0.2.2"  # a new record
    yield "mail.known.example.", "A", "192.0.2.3"  # a new name
    yield "x.big.example.", "A", "192.0.2.4"
    yield "evil.example.", "NS", "ns1.evil.example."  # new domains
    yield "www.evil.example.", "A", "192.0.2.5"
    yield "www.evil.example.", "AAAA", "2001:db8::5"
    yield "shop.brand.co.uk.", "A", "192.0.2.6"
    yield "www.twice.example.", "A", "192.0.2.7"
    yield "www.imported.example.", "A", "192.0.2.8"  # the domain was imported
    yield HOSTILE, "A", "192.0.2.9"


def later():
    yield "www.later.example.", "A", "192.0.2.10"
    yield "www.evil.example.", "A", "192.0.2.11"


def older():
    yield "old.twice.example.", "A", "192.0.2.12"


AGE_S = {known: 30 * 86400, fresh: 600, later: 300, older: 7200}


def frame(source, target, sport, dport, payload, ident):
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), ident & 0xffff, 0, 64, 17, 0) + \
        socket.inet_aton(source) + socket.inet_aton(target)
    return bytes.fromhex("020000000001" "020000000002" "0800") + ip + udp


def main(part, now, out):
    part = {f.__name__: f for f in AGE_S}[part]
    at = int(now) - AGE_S[part]
    with open(out, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (owner, rdtype, rdata) in enumerate(part()):
            query = dns.message.make_query(owner, rdtype)
            query.id = i
            answer = dns.message.make_response(query)
            answer.answer.append(dns.rrset.from_text(owner, 300, "IN", rdtype, rdata))
            for data in (frame("10.0.0.1", "192.0.2.53", 4096 + i, 53, query.to_wire(), i),
                         frame("192.0.2.53", "10.0.0.1", 53, 4096 + i, answer.to_wire(), i)):
                file.write(struct.pack("<IIII", at, i, len(data), len(data)) + data)


main(*sys.argv[1:])
