#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts a flood between the packets of a capture.

    flood_capture.py fragments|tcp|queries|mixed|subdomains COUNT IN.pcap OUT.pcap

fragments: first fragments of datagrams that never go on, of both families, every tenth of one ID; tcp: connections that begin
a message and fall silent, every other one from one address; queries: queries without an answer, and the query of each answer
of IN.pcap half a turn before it; mixed: these by turns; with fragments and mixed, every other answer comes in two fragments; subdomains: answers about names that come once, under victim0.net to victim3.net, some of them several labels deep.
"""
import socket
import struct
import sys

kind, count, source, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
ETHERNET = bytes.fromhex("020000000001" "020000000002" "0800")


def ip(i, protocol, flags, payload, ident=0):
    address = struct.pack(">BBH", 10, i >> 16 & 0xff, i & 0xffff)
    return ETHERNET + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xffff, flags, 64, protocol, 0) + \
        socket.inet_aton("192.0.2.1") + address + payload


def ip6(i, protocol, payload):
    return ETHERNET[:12] + struct.pack(">HIHBB", 0x86dd, 6 << 28, len(payload), protocol, 64) + \
        socket.inet_pton(socket.AF_INET6, "2001:db8::53") + struct.pack(">QQ", 0x20010db8 << 32, i) + payload


def fragment(i):
    ident = 7 if i % 10 == 9 else i
    udp = struct.pack(">HHHH", 53, 1024, 3000, 0) + bytes([i & 0xff]) * 24
    if i % 2:
        return ip6(i, 44, struct.pack(">BBHI", 17, 0, 1, ident) + udp)
    return ip(i, 17, 0x2000, udp, ident)


def segment(i):
    half = struct.pack(">H", 500) + struct.pack(">HHHHHH", i & 0xffff, 0x8180, 1, 1, 0, 0) + b"\3abc"
    port, client = (1024 + i % 60000, i // 120000) if i % 2 else (1024 + i % 60000, i)
    return ip(client, 6, 0, struct.pack(">HHIIBBHHH", 53, port, i, 0, 5 << 4, 0x18, 1000, 0, 0) + half)


def query(i):
    name = f"q{i}".encode()
    dns = struct.pack(">HHHHHH", i & 0xffff, 0x0100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\7example\0" + \
        struct.pack(">HH", 1, 1)
    udp = struct.pack(">HHHH", 1024 + i % 60000, 53, 8 + len(dns), 0) + dns
    return ip6(i, 17, udp) if i % 2 else ip(i, 17, 0, udp)


def subdomain(i):
    labels = [f"{i * 2654435761 % 2**32:08x}"] + ["deep", "er"] * (i % 7 == 0) + [f"victim{i % 4}", "net"]
    name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
    dns = struct.pack(">HHHHHH", i & 0xffff, 0x8180, 1, 1, 0, 0) + name + struct.pack(">HH", 1, 1) + \
        b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 300, 4) + bytes([203, 0, 113, i % 3])
    return ip(i, 17, 0, struct.pack(">HHHH", 53, 1024 + i % 60000, 8 + len(dns), 0) + dns)


def mixed(i):
    return (fragment, segment, query)[i % 3](i // 3)


def asked(frame):
    """The query that the response in `frame` (Ethernet, perhaps a tag, IP, UDP) answers."""
    at = 18 if frame[12:14] == b"\x81\x00" else 14
    v6 = frame[at] >> 4 == 6
    size, end = (16, at + 40) if v6 else (4, at + 20)
    dns = frame[end + 8:]
    past = 12
    while dns[past]:
        past += 1 + dns[past]
    dns = dns[:2] + b"\1\0\0\1" + bytes(6) + dns[12:past + 5]
    udp = frame[end + 2:end + 4] + frame[end:end + 2] + struct.pack(">HH", 8 + len(dns), 0) + dns
    addresses = frame[end - size:end] + frame[end - 2 * size:end - size]
    head = bytearray(frame[:end - 2 * size])
    struct.pack_into(">H", head, at + (4 if v6 else 2), len(udp) if v6 else 20 + len(udp))
    return bytes(head) + addresses + udp


def in_fragments(frame, ident):
    """The frame (Ethernet, perhaps a tag, IP without options or extensions) as two fragments."""
    at = 18 if frame[12:14] == b"\x81\x00" else 14
    v6 = frame[at] >> 4 == 6
    end = at + (40 if v6 else 20)
    for place, payload in ((0, frame[end:end + 24]), (24, frame[end + 24:])):
        head = bytearray(frame[:end])
        if v6:
            payload = struct.pack(">BBHI", 17, 0, place | (place == 0), ident) + payload
            struct.pack_into(">HB", head, at + 4, len(payload), 44)
        else:
            struct.pack_into(">HHH", head, at + 2, 20 + len(payload), ident & 0xffff, place // 8 | (place == 0) << 13)
        yield bytes(head) + payload


packet = {"fragments": fragment, "tcp": segment, "queries": query, "mixed": mixed, "subdomains": subdomain}[kind]
data = open(source, "rb").read()
at, packets = 24, []
while at < len(data):
    size = struct.unpack_from("<I", data, at + 8)[0]
    packets.append(data[at:at + 16 + size])
    at += 16 + size
each = count // len(packets)
with open(target, "wb") as out:
    def write(stamp, frame):
        out.write(stamp + struct.pack("<II", len(frame), len(frame)) + frame)

    out.write(data[:24])
    i = 0
    for number, head in enumerate(packets):
        stamp, parts = head[:8], [head[16:]]
        if kind in ("fragments", "mixed") and number % 2:
            parts = list(in_fragments(head[16:], number))
        for turn in range(each):
            if turn == each // 2 and kind in ("queries", "mixed"):
                write(stamp, asked(head[16:]))
            if turn == each - 20 and len(parts) == 2:
                write(stamp, parts.pop(0))
            write(stamp, packet(i))
            i += 1
        for part in parts:
            write(stamp, part)
