#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A capture of everything at once in which limits decide: the same one each time.

    pressure_capture.py PACKETS OUT.pcap

Queries and answers, some late, some never asked for; streams with segments missing, repeated, or minutes late; fragments
likewise; zones with random names, whose flood ends and begins again; answers that come again and again. Time stands still,
jumps, and once goes back to the start.
"""
import random
import socket
import struct
import sys

START_S = 1700000000
rng = random.Random(5)
waiting = []  # packets to come later: (seconds, frame)


def wire(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def message(name, ident, response, answers=1):
    out = struct.pack(">6H", ident, 0x8180 if response else 0x0100, 1, answers if response else 0, 0, 0)
    out += wire(name) + struct.pack(">HH", 1, 1)
    for n in range(answers if response else 0):
        address = socket.inet_aton(f"198.51.{sum(name.encode()) % 256}.{n}")
        out += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + address
    return out


def ip(client, server, protocol, payload, ident=0, offset=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, offset, 60, protocol, 0,
                       socket.inet_aton(client), socket.inet_aton(server))
    return bytes(12) + b"\x08\x00" + head + payload


def udp(source, target, payload):
    return struct.pack(">HHHH", source, target, 8 + len(payload), 0) + payload


def segment(client, port, seq, flags, payload=b""):
    head = struct.pack(">HHIIBBHHH", 53, port, seq & 0xffffffff, 1, 0x50, flags, 65535, 0, 0)
    return ip("192.0.2.53", client, 6, head + payload)


def name_of():
    kind = rng.random()
    if kind < 0.4:  # a flood, of one of some zones
        return f"r{rng.getrandbits(40):x}.flooded{rng.randrange(5)}.example"
    return f"www{int(rng.expovariate(0.002))}.site{rng.randrange(40)}.example"


def exchange():
    client, port, ident, name = f"10.0.{rng.randrange(8)}.{rng.randrange(1, 255)}", rng.randrange(1024, 65536), \
        rng.getrandbits(16), name_of()
    if rng.random() < 0.9:
        yield 0, ip(client, "192.0.2.53", 17, udp(port, 53, message(name, ident, False)))
    delay = rng.choice([0, 0, 0, 0, 1, 9, 10, 11, 70])
    yield delay, ip("192.0.2.53", client, 17, udp(53, port, message(name, ident, True, rng.randrange(1, 5))))


def stream():
    client, port, seq = f"10.1.{rng.randrange(8)}.{rng.randrange(1, 255)}", rng.randrange(2000, 2040), rng.getrandbits(32)
    if rng.random() < 0.8:
        yield 0, segment(client, port, seq, 0x12)
    data = b"".join(struct.pack(">H", len(m)) + m for m in
                    (message(name_of(), i, True, 3) for i in range(rng.randrange(1, 6))))
    parts = [(at, data[at:at + 60]) for at in range(0, len(data), 60)]
    if rng.random() < 0.3:
        rng.shuffle(parts)
    for at, part in parts:
        if rng.random() < 0.95:
            yield rng.choice([0, 0, 0, 0, 0, 1, 12, 61, 65]), segment(client, port, seq + 1 + at, 0x18, part)
    if rng.random() < 0.5:
        yield 1, segment(client, port, seq + 1 + len(data), rng.choice([0x11, 0x14]))


def fragments():
    client, ident = f"10.2.{rng.randrange(8)}.{rng.randrange(1, 255)}", rng.getrandbits(16)
    data = udp(53, 5353, message(name_of(), ident, True, 30))
    for at in range(0, len(data), 128):
        if rng.random() < 0.97:
            yield rng.choice([0, 0, 0, 0, 2, 5, 6]), ip("192.0.2.53", client, 17, data[at:at + 128], ident,
                                                       at // 8 | (0x2000 if at + 128 < len(data) else 0))


def main():
    packets, clock = int(sys.argv[1]), 0
    with open(sys.argv[2], "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(packets):
            if number == packets // 2:
                clock = 0
            clock += rng.choice([0] * 3000 + [1] * 20 + [3, 70])
            if not waiting or rng.random() < 0.3:
                kind = rng.choice([exchange, exchange, exchange, stream, fragments])
                waiting.extend((clock + delay, frame) for delay, frame in kind())
            due = [i for i, (at, _) in enumerate(waiting) if at <= clock] or [0]
            frame = waiting.pop(due[0])[1]
            out.write(struct.pack("<IIII", START_S + clock, number % 1000000, len(frame), len(frame)) + frame)


main()
