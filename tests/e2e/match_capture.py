#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Queries and responses that belong together, and some that only seem to.

    match_capture.py CAPTURE GOLDEN     # what is believed with match = require, match.timeout = 5

Each case has a name of its own, and each response the same address.
"""
import socket
import struct
import sys

from tap_frame import ethernet, ipv4, udp

CLIENT, SERVER, OTHER = "10.0.0.1", "10.0.0.2", "10.0.0.3"
START = 1700000000
A, AAAA = 1, 28

packets = []  # seconds from the start, frame
believed = {}  # name: [count, first, last]
clock = 0


def at(seconds):
    global clock
    clock = seconds


def message(name, number, rrtype, response):
    owner = b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"
    head = struct.pack(">6H", number, 0x8180 if response else 0x0100, 1, response, 0, 0)
    answer = b"\xc0\x0c" + struct.pack(">HHIH", A, 1, 60, 4) + bytes([192, 0, 2, 1])
    return head + owner + struct.pack(">HH", rrtype, 1) + (answer if response else b"")


def query(name, number=1, port=2000, client=CLIENT, server=SERVER, rrtype=A):
    frame = ethernet(ipv4(client, server, 17, udp(port, 53, message(name, number, rrtype, False))))
    packets.append((clock, frame))
    return frame


def response(name, number=1, port=2000, client=CLIENT, server=SERVER, rrtype=A):
    frame = ethernet(ipv4(server, client, 17, udp(53, port, message(name, number, rrtype, True))))
    packets.append((clock, frame))
    return frame


def believe(name, count=1):
    believed[name.lower()] = count, clock, clock


def wrapped(frame, wrap):
    packets[-1] = (clock, wrap(frame))


def vlan(frame):
    return frame[:12] + b"\x81\0\0\5" + frame[12:]


def gre(source, destination):
    return lambda frame: ethernet(ipv4(source, destination, 47, b"\0\0\x65\x58" + frame))


def ipv6(source, destination, payload):
    head = struct.pack(">IHBB", 6 << 28, len(payload), 17, 64)
    packet = head + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination) + payload
    packets.append((clock, ethernet(packet)[:12] + b"\x86\xdd" + packet))


def in_fragments(frame):
    """The last one first; the first one has the ports and little else."""
    head, payload = bytearray(frame[14:34]), frame[34:]
    packets.pop()
    for start, end, more in ((24, len(payload), 0), (0, 24, 0x2000)):
        part = head[:2] + struct.pack(">HHH", 20 + end - start, 7, more | start // 8) + head[8:10] + b"\0\0" + head[12:]
        packets.append((clock, frame[:14] + bytes(part) + payload[start:end]))


def tcp(port, queries, responses):
    """A connection; what the server sends comes seven octets at a time."""
    def segment(of_client, sequence, acknowledged, flags, data=b""):
        ports = (port, 53) if of_client else (53, port)
        head = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 65000, 0, 0)
        ends = (CLIENT, SERVER) if of_client else (SERVER, CLIENT)
        packets.append((clock, ethernet(ipv4(*ends, 6, head + data))))

    asked, answered = (b"".join(struct.pack(">H", len(m)) + m for m in some) for some in (queries, responses))
    segment(True, 10, 0, 0x02)
    segment(False, 50, 11, 0x12)
    segment(True, 11, 51, 0x18, asked)
    for offset in range(0, len(answered), 7):
        segment(False, 51 + offset, 11 + len(asked), 0x18, answered[offset:offset + 7])


def cases():
    query("plain.test"), response("plain.test"), believe("plain.test")
    response("unasked.test")
    response("early.test"), query("early.test")
    query("zero-id.test", 0), response("zero-id.test", 0), believe("zero-id.test")
    query("Case.test"), response("cAse.test")
    query("sAme-cAse.test"), response("sAme-cAse.test"), believe("sAme-cAse.test")
    query("again.test"), query("again.test"), [response("again.test") for _ in range(3)], believe("again.test", 2)
    query("twice-delivered.test"), response("twice-delivered.test"), response("twice-delivered.test"), believe("twice-delivered.test")
    # two at a time with one ID from one port
    query("one.test"), query("two.test"), response("two.test"), response("one.test"), believe("one.test"), believe("two.test")
    query("id.test", 1), response("id.test", 2)
    query("port.test"), response("port.test", port=2001)
    query("server.test"), response("server.test", server=OTHER)
    query("client.test"), response("client.test", client=OTHER)
    query("type.test", rrtype=AAAA), response("type.test")
    query("both-53.test", port=53), response("both-53.test", port=53), believe("both-53.test")
    query("one-vlan.test"), wrapped(response("one-vlan.test"), vlan), believe("one-vlan.test")
    wrapped(query("tunnel.test"), gre("192.0.2.8", "192.0.2.9")), wrapped(response("tunnel.test"), gre("192.0.2.9", "192.0.2.8"))
    believe("tunnel.test")
    ipv6("2001:db8::1", "2001:db8::2", udp(4000, 53, message("six.test", 1, A, False)))
    ipv6("2001:db8::2", "2001:db8::1", udp(53, 4000, message("six.test", 1, A, True))), believe("six.test")
    query("fragments.test"), in_fragments(response("fragments.test")), believe("fragments.test")
    tcp(3000, [message("tcp-one.test", 5, A, False), message("tcp-two.test", 6, A, False)],
        [message("tcp-two.test", 6, A, True), message("tcp-one.test", 5, A, True)])
    believe("tcp-one.test"), believe("tcp-two.test")
    tcp(3001, [message("tcp-asked.test", 5, A, False)], [message("tcp-other.test", 5, A, True)])
    query("udp-asked.test", 9, 3002), tcp(3002, [], [message("udp-asked.test", 9, A, True)])
    query("late.test"), query("too-late.test")
    at(5)
    response("late.test"), believe("late.test")
    at(6)
    response("too-late.test")
    for number in range(100):
        query(f"unanswered-{number}.test")
    query("behind.test"), response("behind.test"), believe("behind.test")


def main():
    cases()
    with open(sys.argv[1], "wb") as capture:
        capture.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for seconds, frame in packets:
            capture.write(struct.pack("<IIII", START + seconds, 0, len(frame), len(frame)) + frame)
    with open(sys.argv[2], "w", encoding="ascii") as golden:
        for name, (count, first, last) in believed.items():
            golden.write(f"{name}\tA\t192.0.2.1\t{count}\t{START + first}\t{START + last}\n")


main()
