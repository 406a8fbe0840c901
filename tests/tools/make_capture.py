#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Makes a capture of DNS answers, the same one each time, and the records that it holds.

    make_capture.py --responses N --names M OUT.pcap GOLDEN.tsv

N answers over M names: A, AAAA, CNAME, MX, TXT, NS, SRV, PTR, SOA by turns, over UDP, IPv4 and IPv6, every fifth behind a
VLAN tag, 1,000 a second from 2024-01-01 on. Each name is asked for in turn; the first ones come again and again.
"""
import argparse
import socket
import struct

START_S = 1704067200
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV = 1, 2, 5, 6, 12, 15, 16, 28, 33


def wire(name):
    """A name in wire form, uncompressed."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def records_of(i):
    """The question's name and type, and what the answer to name `i` holds: [(owner, type, rdata, text)]."""
    name, kind = f"host{i}.zone{i % 997}.example.com", i % 9
    address = f"198.51.{i // 256 % 256}.{i % 256}"
    if kind == 0:
        return name, A, [(name, A, socket.inet_aton(address), f"A {address}")]
    if kind == 1:
        text = f"2001:db8:{i // 65536 + 1:x}::{i % 65536 + 1:x}"
        return name, AAAA, [(name, AAAA, socket.inet_pton(socket.AF_INET6, text), f"AAAA {text}")]
    if kind == 2:
        target = f"edge{i % 100}.cdn.example.net"
        where = f"203.0.113.{i % 100}"
        return name, A, [(name, CNAME, wire(target), f"CNAME {target}"),
                         (target, A, socket.inet_aton(where), f"A {where}")]
    if kind == 3:
        return name, MX, [(name, MX, struct.pack(">H", p) + wire(f"mx{p}.{name}"), f"MX {p} mx{p}.{name}")
                          for p in (10, 20)]
    if kind == 4:
        strings = [f"v=spf1 ip4:{address} -all", "a \"quoted\" back\\slash"]
        quoted = " ".join('"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"' for s in strings)
        return name, TXT, [(name, TXT, b"".join(bytes([len(s)]) + s.encode() for s in strings), f"TXT {quoted}")]
    if kind == 5:
        return name, NS, [(name, NS, wire(f"ns{n}.example.org"), f"NS ns{n}.example.org") for n in (1, 2)]
    if kind == 6:
        owner = f"_sip._tcp.{name}"
        return owner, SRV, [(owner, SRV, struct.pack(">HHH", 1, 2, 5060) + wire(name), f"SRV 1 2 5060 {name}")]
    if kind == 7:
        owner = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        return owner, PTR, [(owner, PTR, wire(name), f"PTR {name}")]
    numbers = (2024010100 + i % 100, 7200, 3600, 1209600, 300)
    return name, SOA, [(name, SOA, wire("ns1.example.org") + wire("hostmaster.example.org") + struct.pack(">5I", *numbers),
                        "SOA ns1.example.org hostmaster.example.org " + " ".join(map(str, numbers)))]


def message(i, ident):
    """The answer about name `i`: the owner is compressed where it is the question's name."""
    question, qtype, records = records_of(i)
    out = struct.pack(">HHHHHH", ident, 0x8180, 1, len(records), 0, 0) + wire(question) + struct.pack(">HH", qtype, 1)
    for owner, rdtype, rdata, _ in records:
        out += b"\xc0\x0c" if owner == question else wire(owner)
        out += struct.pack(">HHIH", rdtype, 1, 300, len(rdata)) + rdata
    return out, records


def frame(payload, number):
    """Ethernet, IP and UDP around it; checksums are left 0, as captures of a sending host have them."""
    udp = struct.pack(">HHHH", 53, 1024 + number % 60000, 8 + len(payload), 0) + payload
    if number % 3 == 2:
        client = 0x20010DB8 << 96 | number % 5000
        head = struct.pack(">IHBB", 6 << 28, len(udp), 17, 60) + (0x20010DB8 << 96 | 53).to_bytes(16, "big") + \
            client.to_bytes(16, "big")
        ethertype = 0x86DD
    else:
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number % 65536, 0, 60, 17, 0,
                           bytes([192, 0, 2, 53]), bytes([10, 0, number // 256 % 256, number % 256]))
        ethertype = 0x0800
    tag = struct.pack(">HH", 0x8100, 100) if number % 5 == 4 else b""
    return bytes(6) + bytes(6) + tag + struct.pack(">H", ethertype) + head + udp


def name_index(number, names):
    """Every other answer brings the next name, the others one of the first hundred."""
    return number // 2 % names if number % 2 == 0 else number // 2 % min(100, names)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--responses", type=int, default=100000)
    parser.add_argument("--names", type=int, default=20000)
    parser.add_argument("pcap")
    parser.add_argument("golden")
    args = parser.parse_args()
    golden = {}
    made = {}
    with open(args.pcap, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(args.responses):
            i = name_index(number, args.names)
            if i not in made:
                made[i] = message(i, i % 65536)
            payload, records = made[i]
            data = frame(payload, number)
            second = START_S + number // 1000
            out.write(struct.pack("<IIII", second, number % 1000 * 1000, len(data), len(data)) + data)
            for owner, _, _, text in records:
                have = golden.setdefault((owner, text), [0, second, second])
                have[0] += 1
                have[2] = second
    with open(args.golden, "w", encoding="ascii") as out:
        for (owner, text), (count, first, last) in sorted(golden.items()):
            out.write("\t".join([owner, *text.split(" ", 1), str(count), str(first), str(last)]) + "\n")


if __name__ == "__main__":
    main()
