#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts DNS answers on an interface, as frames: one A record each or more, names n0.ZONE, n1.ZONE, …

    dns_send.py IFACE --count 1000 --rate 20000 --zone example.com --server 192.0.2.53
"""
import argparse
import socket
import struct
import time


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def answer(owner, number, address, records=1):
    """The address, and those that follow it."""
    header = struct.pack(">HHHHHH", number & 0xFFFF, 0x8180, 1, records, 0, 0)
    question = name(owner) + struct.pack(">HH", 1, 1)
    first = struct.unpack(">I", socket.inet_aton(address))[0]
    return header + question + b"".join(b"\xc0\x0c" + struct.pack(">HHIHI", 1, 1, 300, 4, first + i) for i in range(records))


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_frame(source, destination, protocol, payload, number, more=False):
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0x2000 if more else 0, 64, protocol, 0)
    ip += socket.inet_aton(source) + socket.inet_aton(destination)
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + ip + payload


def frame(source, destination, source_port, destination_port, payload, number, fragment=False):
    udp = struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload
    if fragment:  # the first one, and more to come
        udp = udp[:len(udp) // 16 * 8]
    return ip_frame(source, destination, 17, udp, number, fragment)


def stream(source, destination, source_port, destination_port, payload, number):
    """A connection's first segment, and one with a message behind octets that do not come."""
    message = struct.pack(">H", len(payload)) + payload
    for seq, flags, octets in ((1000, 0x12, b""), (1512, 0x10, message)):
        tcp = struct.pack(">HHIIBBHHH", source_port, destination_port, seq, 1, 0x50, flags, 65535, 0, 0) + octets
        yield ip_frame(source, destination, 6, tcp, number)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("iface")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--rate", type=int, default=0, help="a second; 0: as fast as it goes")
    parser.add_argument("--zone", default="example.com")
    parser.add_argument("--names", type=int, default=100, help="so many different names")
    parser.add_argument("--records", type=int, default=1, help="in each answer")
    parser.add_argument("--server", default="192.0.2.53")
    parser.add_argument("--port", type=int, default=53)
    parser.add_argument("--fragments", action="store_true", help="only the first fragment of each")
    parser.add_argument("--streams", action="store_true", help="over TCP, each behind a hole in a stream of its own: two frames")
    args = parser.parse_args()
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    out.bind((args.iface, 0))
    frames = [frame(args.server, "198.51.100.7", args.port, 40000,
                    answer(f"n{i}.{args.zone}", i, "203.0.113.7", args.records), i, args.fragments) for i in range(args.names)]
    if args.streams:
        frames = [f for i in range(args.names) for f in stream(args.server, "198.51.100.7", args.port, 40000 + i,
                                                               answer(f"n{i}.{args.zone}", i, "203.0.113.7"), i)]
    start = time.monotonic()
    for i in range(args.count):
        out.send(frames[i % len(frames)])
        if args.rate and i % 32 == 31:
            ahead = (i + 1) / args.rate - (time.monotonic() - start)
            if ahead > 0:
                time.sleep(ahead)


if __name__ == "__main__":
    main()
