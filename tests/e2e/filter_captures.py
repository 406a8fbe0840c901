#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures for test_filter.sh: one answer of 10.1.1.53 in each header, and BSD loopback of several systems.

    filter_captures.py FOLDER       writes headers.pcap, loopback.pcap, links-N.pcap
"""
import struct
import sys


def owner(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def udp(name, padding=0):
    question = owner(name) + struct.pack(">HH", 1, 1)
    record = b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, 203, 0, 113, 1)
    text = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, padding) + b"".join(b"\xff" + b"x" * 255 for _ in range(padding // 256))
    message = struct.pack(">HHHHHH", 1, 0x8180, 1, 2 if padding else 1, 0, 0) + question + record + (text if padding else b"")
    return struct.pack(">HHHH", 53, 40000, 8 + len(message), 0) + message


def ip4(protocol, payload, source=(10, 1, 1, 53), offset=0, more=False):
    flags = (0x2000 if more else 0) | offset // 8
    return struct.pack(">BBHHHBBH4B4B", 0x45, 0, 20 + len(payload), 7, flags, 64, protocol, 0, *source, 192, 0, 2, 9) + payload


def ip6(header, payload):
    source, target = bytes.fromhex("20010db8000000000000000000000053"), bytes.fromhex("20010db8000100000000000000000010")
    return struct.pack(">IHBB", 0x60000000, len(payload), header, 64) + source + target + payload


MAC = bytes.fromhex("020000000001020000000002")
OUTER = (198, 51, 100, 1)


def eth(kind, payload):
    return MAC + bytes.fromhex(kind) + payload


def tcp(name):
    message = udp(name)[8:]
    return struct.pack(">HHIIBBHHH", 53, 40001, 1000, 1, 0x50, 0x18, 65535, 0, 0) + struct.pack(">H", len(message)) + message


def headers():
    def inner(name):
        return ip4(17, udp(name))
    yield eth("0800", inner("plain.test"))
    yield eth("8100", bytes.fromhex("00050800") + inner("vlan.test"))
    yield eth("88a8", bytes.fromhex("0006810000050800") + inner("qinq.test"))
    yield eth("8847", bytes.fromhex("00010140") + inner("mpls.test"))
    yield eth("8864", bytes.fromhex("11000001") + struct.pack(">H", 2 + len(inner("pppoe.test"))) + b"\0\x21" + inner("pppoe.test"))
    yield eth("0800", ip4(47, bytes.fromhex("00000800") + inner("gre.test"), OUTER))
    vxlan = bytes.fromhex("0800000000000100") + eth("0800", inner("vxlan.test"))
    yield eth("0800", ip4(17, struct.pack(">HHHH", 50000, 4789, 8 + len(vxlan), 0) + vxlan, OUTER))
    yield eth("8988", bytes.fromhex("0000000000000800") + inner("ttag.test"))
    yield eth("8100", bytes.fromhex("00050800") + ip4(6, tcp("tcp.test")))
    whole = udp("fragments.test", 1024)
    yield eth("8100", bytes.fromhex("00050800") + ip4(17, whole[:512], more=True))
    yield eth("8100", bytes.fromhex("00050800") + ip4(17, whole[512:], offset=512))
    yield eth("8100", bytes.fromhex("000586dd") + ip6(17, udp("six.test")))


def write(path, link, frames):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link))
        for i, frame in enumerate(frames):
            out.write(struct.pack("<IIII", 1700000000 + i, 0, len(frame), len(frame)) + frame)


def main():
    folder = sys.argv[1]
    write(f"{folder}/headers.pcap", 1, headers())
    families = [(4, "02000000"), (6, "0a000000"), (6, "18000000"), (6, "1c000000"), (6, "1e000000")]
    write(f"{folder}/loopback.pcap", 0, [bytes.fromhex(family) + (ip4 if version == 4 else ip6)(17, udp(f"f{family}.test"))
                                         for version, family in families])
    write(f"{folder}/loop.pcap", 108, [bytes.fromhex(family)[::-1] + (ip4 if version == 4 else ip6)(17, udp(f"f{family}.test"))
                                       for version, family in families])
    write(f"{folder}/raw.pcap", 101, [ip4(17, udp("raw.test")), ip6(17, udp("raw6.test"))])
    cooked = bytes.fromhex("0000000100060200000000010000")
    write(f"{folder}/cooked.pcap", 113, [cooked + b"\x08\x00" + ip4(17, udp("sll.test")),
                                         cooked + b"\x81\x00\x00\x05\x08\x00" + ip4(17, udp("sllvlan.test"))])


main()
