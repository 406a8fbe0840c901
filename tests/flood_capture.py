#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts a flood between the packets of a capture.

    flood_capture.py fragments|tcp|subdomains COUNT IN.pcap OUT.pcap

fragments: first fragments of datagrams that never go on; tcp: connections that begin a message and fall silent;
subdomains: answers about names that come once, under victim0.net to victim3.net, some of them several labels deep.
"""
import socket
import struct
import sys

kind, count, source, target = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
ETHERNET = bytes.fromhex("020000000001" "020000000002" "0800")


def ip(i, protocol, flags, payload):
    address = struct.pack(">BBH", 10, i >> 16 & 0xff, i & 0xffff)
    return ETHERNET + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), i & 0xffff, flags, 64, protocol, 0) + \
        socket.inet_aton("192.0.2.1") + address + payload


def packet(i):
    if kind == "fragments":
        return ip(i, 17, 0x2000, struct.pack(">HHHH", 53, 1024, 3000, 0) + b"\0" * 24)
    if kind == "subdomains":
        labels = [f"{i * 2654435761 % 2**32:08x}"] + ["deep", "er"] * (i % 7 == 0) + [f"victim{i % 4}", "net"]
        name = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
        dns = struct.pack(">HHHHHH", i & 0xffff, 0x8180, 1, 1, 0, 0) + name + struct.pack(">HH", 1, 1) + \
            b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 300, 4) + bytes([203, 0, 113, i % 3])
        return ip(i, 17, 0, struct.pack(">HHHH", 53, 1024 + i % 60000, 8 + len(dns), 0) + dns)
    half = struct.pack(">H", 500) + struct.pack(">HHHHHH", i & 0xffff, 0x8180, 1, 1, 0, 0) + b"\3abc"
    return ip(i, 6, 0, struct.pack(">HHIIBBHHH", 53, 1024 + i % 60000, i, 0, 5 << 4, 0x18, 1000, 0, 0) + half)


data = open(source, "rb").read()
at, packets = 24, []
while at < len(data):
    size = struct.unpack_from("<I", data, at + 8)[0]
    packets.append(data[at:at + 16 + size])
    at += 16 + size
each = count // len(packets)
with open(target, "wb") as out:
    out.write(data[:24])
    i = 0
    for head in packets:
        stamp = head[:8]
        for _ in range(each):
            flood = packet(i)
            out.write(stamp + struct.pack("<II", len(flood), len(flood)) + flood)
            i += 1
        out.write(head)
