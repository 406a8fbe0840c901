#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a capture of DNS answers in IP fragments of many kinds, and the records that are to come of it.

    fragment_capture.py OUT.pcap GOLDEN.tsv

Each case has a name of its own, <case>4.example or <case>6.example; the golden file has those that can be put together.
"""
import socket
import struct
import sys

START_S = 1704067200
packets, golden = [], []
idents = iter(range(1, 60000))


def answer(name):
    """An answer of about 1,300 octets: an address, and a text to fill it."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    text = bytes([255]) + b"x" * 255
    dns = struct.pack(">HHHHHH", 7, 0x8180, 1, 2, 0, 0) + wire + struct.pack(">HH", 1, 1) + \
        struct.pack(">HHHIH", 0xc00c, 1, 1, 300, 4) + bytes([192, 0, 2, 1]) + \
        struct.pack(">HHHIH", 0xc00c, 16, 1, 300, 5 * len(text)) + 5 * text
    return struct.pack(">HHHH", 53, 40000, 8 + len(dns), 0) + dns


def ipv4(payload, protocol=17, ident=0, more=0, at=0, options=b""):
    head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), ident,
                       more << 13 | at // 8, 64, protocol, 0)
    return head + socket.inet_aton("192.0.2.53") + socket.inet_aton("198.51.100.1") + options + payload


def ipv6(payload, protocol):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + socket.inet_pton(socket.AF_INET6, "2001:db8::53") + \
        socket.inet_pton(socket.AF_INET6, "2001:db8::1") + payload


def part(version, payload, protocol, ident, more, at, before=()):
    """One fragment; `before`: extension headers ahead of the fragment header, (number, octets behind the first one)."""
    if version == 4:
        return ipv4(payload, protocol, ident, more, at)
    payload, following = struct.pack(">BBHI", protocol, 0, at | more, ident) + payload, 44
    for number, rest in reversed(before):
        payload, following = bytes([following]) + rest + payload, number
    return ipv6(payload, following)


def cut(version, payload, sizes, protocol=17, before=()):
    ident, at, parts = next(idents), 0, []
    for size in (*sizes, len(payload)):
        piece = payload[at:at + size]
        parts.append(part(version, piece, protocol, ident, int(at + size < len(payload)), at, before))
        at += len(piece)
        if at == len(payload):
            return parts


def send(*datagrams):
    for ip in datagrams:
        packets.append(bytes(12) + (b"\x08\x00" if ip[0] >> 4 == 4 else b"\x86\xdd") + ip)


def expect(name, count=1):
    second = START_S + (len(packets) - 1) // 100  # that of the last one sent, 10 ms apart
    golden.append(f"{name}\tA\t192.0.2.1\t{count}\t{second}\t{second}")
    golden.append(f"{name}\tTXT\t" + " ".join(5 * ['"' + "x" * 255 + '"']) + f"\t{count}\t{second}\t{second}")


AH = (51, bytes([4, 0, 0]) + bytes(20))  # 24 octets: its length counts words less two, RFC 4302 §2.2
HOP_BY_HOP = (0, bytes([0, 1, 4]) + bytes(4))
for v in (4, 6):
    def three(case):
        return cut(v, answer(f"{case}{v}.example"), (480, 480))

    for case, order in (("ordered", "012"), ("reversed", "210"), ("mixed", "120"), ("twice-first", "0012"),
                        ("twice-middle", "0112"), ("twice-last", "2201"), ("twice-each", "001122")):
        parts = three(case)
        send(*(parts[int(i)] for i in order.removesuffix("2" if case == "twice-each" else "")))
        expect(f"{case}{v}.example")
    parts = three("again")
    send(*parts, *parts)
    expect(f"again{v}.example", 2)
    send(*cut(v, answer(f"eight{v}.example"), 7 * (160,)))
    expect(f"eight{v}.example")
    # the same place, other octets: nothing is believed
    udp = answer(f"forged{v}.example")
    send(part(v, udp[:480], 17, 60001, 1, 0), part(v, bytes(480), 17, 60001, 1, 480),
         part(v, udp[480:960], 17, 60001, 1, 480), part(v, udp[960:], 17, 60001, 0, 960))
    # more than a datagram can have
    send(part(v, bytes(80), 17, 60002, 0, 65520))
    # a tunnel's packets in fragments, and in them the fragments of an answer
    for inner in cut(v, answer(f"nested{v}.example"), (1000,)):
        send(*cut(4, inner, (600,), protocol=4 if v == 4 else 41))
    expect(f"nested{v}.example")
for case, before in (("hop", (HOP_BY_HOP,)), ("ah", (AH,)), ("both", (HOP_BY_HOP, AH))):
    send(*cut(6, answer(f"{case}6.example"), (480, 480), before=before))
    expect(f"{case}6.example")

with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, frame in enumerate(packets):
        out.write(struct.pack("<IIII", START_S + i // 100, i % 100 * 10000, len(frame), len(frame)) + frame)
with open(sys.argv[2], "w", encoding="ascii") as out:
    out.write("\n".join(golden) + "\n")
