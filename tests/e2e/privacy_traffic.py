#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Queries and answers of clients whose addresses must not be stored: IPv4 and IPv6, with EDNS Client Subnet (RFC 7871), over UDP and TCP.

    privacy_traffic.py send IFACE           # puts the frames on an interface
    privacy_traffic.py write CAPTURE [N]    # writes a capture, with N answers of each client over UDP

What stays in memory for long is among them: queries without an answer, first fragments, TCP messages after a gap. Names end in
ZONE, which must be found wherever records are.
"""
import ipaddress
import socket
import struct
import sys
import time

from tap_frame import ethernet, ipv4

# Octets that no text has, and no other number in the tests.
CLIENTS = [("10.171.219.233", "192.0.2.53"), ("fd5e:c7a9:93b1:d2f4:a6e8:b9c3:8d6b:e3c5", "2001:db8::53")]
SUBNETS = ["10.203.187.214", "fd9a:b6e3:c8d7:a1f5:d9c2:e7b4:93ae:c6d8"]  # of EDNS Client Subnet: whole addresses
PORT = 61987  # of each client
ZONE = "privacy-control.example"
NAMES = 40
A, TXT, OPT, UDP, TCP = 1, 16, 41, 17, 6


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def subnet(address):
    """An OPT record with this client subnet."""
    packed = ipaddress.ip_address(address).packed
    option = struct.pack(">HHHBB", 8, 4 + len(packed), 1 if len(packed) == 4 else 2, 8 * len(packed), 0) + packed
    return b"\0" + struct.pack(">HHIH", OPT, 1232, 0, len(option)) + option


def message(label, number, subnet_of, answers=0, pad=0):
    rdata = [struct.pack(">HHIH", A, 1, 300, 4) + bytes([203, 0, 113, i + 1]) for i in range(answers)]
    if pad:
        rdata.append(struct.pack(">HHIH", TXT, 1, 300, pad + 1) + bytes([pad]) + b"t" * pad)
    head = struct.pack(">6H", number & 0xFFFF, 0x8180 if rdata else 0x0100, 1, len(rdata), 0, 1)
    question = name(f"{label}.{ZONE}") + struct.pack(">HH", A, 1)
    return head + question + b"".join(b"\xc0\x0c" + r for r in rdata) + subnet(subnet_of)


def packet(source, destination, protocol, payload, fragment=False):
    """A frame; `fragment`: the first one of a datagram whose others do not come."""
    if ":" not in source:
        frame = ethernet(ipv4(source, destination, protocol, payload))
        return frame[:20] + (b"\x20\0" if fragment else frame[20:22]) + frame[22:]
    if fragment:
        payload = struct.pack(">BBHI", protocol, 0, 1, 77) + payload
        protocol = 44
    ends = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return ethernet(b"")[:12] + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + ends + payload


def udp(ports, payload):
    return struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload


def segment(ports, seq, flags, payload=b""):
    return struct.pack(">HHIIBBHHH", *ports, seq, 1000, 0x50, flags, 65535, 0, 0) + payload


def prefixed(payload):
    return struct.pack(">H", len(payload)) + payload


def conversations(client, server, subnet_of, names):
    """All frames of one client."""
    asks, answers = (PORT, 53), (53, PORT)
    family = "six" if ":" in client else "four"
    for i in range(names):
        yield packet(client, server, UDP, udp(asks, message(f"udp{i}-{family}", i, subnet_of)))
        yield packet(server, client, UDP, udp(answers, message(f"udp{i}-{family}", i, subnet_of, 2)))
    for i in range(8):  # no one answers
        yield packet(client, server, UDP, udp(asks, message(f"waits{i}-{family}", 1000 + i, subnet_of)))
    for i in range(4):
        ports = (PORT - 1 - i, 53)
        yield packet(client, server, TCP, segment(ports, 999, 0x02))
        yield packet(server, client, TCP, segment(ports[::-1], 999, 0x12))
        yield packet(client, server, TCP, segment(ports, 1000, 0x18, prefixed(message(f"tcp{i}-{family}", i, subnet_of))))
        response = prefixed(message(f"tcp{i}-{family}", i, subnet_of, 2, 200))
        yield packet(server, client, TCP, segment(ports[::-1], 1000, 0x10, response[:50]))
        yield packet(server, client, TCP, segment(ports[::-1], 1050, 0x18, response[50:]))
    for i in range(4):  # a gap that no segment fills, and half a message
        ports = (PORT + 1 + i, 53)
        for ends, way in (((client, server), ports), ((server, client), ports[::-1])):
            yield packet(*ends, TCP, segment(way, 999, 0x12))
            yield packet(*ends, TCP, segment(way, 1500, 0x18, prefixed(message(f"gap{i}-{family}", i, subnet_of, 2, 200))[:200]))
    whole = udp(answers, message(f"cut-{family}", 1, subnet_of, 2, 200))
    yield packet(server, client, UDP, whole[:len(whole) // 8 * 8 - 8], True)


def frames(names=NAMES):
    for (client, server), subnet_of in zip(CLIENTS, SUBNETS):
        yield from conversations(client, server, subnet_of, names)


def send(iface):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((iface, 0))
    for frame in frames():
        out.send(frame)
        time.sleep(0.0002)


def write(path, names=NAMES):
    start = int(time.time()) - 60 - 4 * int(names) // 1000
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, frame in enumerate(frames(int(names))):
            out.write(struct.pack("=IIII", start + i // 1000, i % 1000 * 1000, len(frame), len(frame)) + frame)


if __name__ == "__main__":
    {"send": send, "write": write}[sys.argv[1]](*sys.argv[2:])
