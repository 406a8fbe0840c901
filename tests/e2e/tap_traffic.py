#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Traffic as a mirror port gives it, until it is killed: a new query every 10 ms, and its answer.

    tap_traffic.py IFACE queries|both COPIES     each packet COPIES times
"""
import socket
import struct
import sys
import time


def name_of(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def checksum(octets):
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(source, target, source_port, target_port, payload):
    udp = struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    return bytes(6) + b"\x02" + bytes(5) + b"\x08\x00" + head + udp


def main(iface, kind, copies):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.bind((iface, 0))
        number = 0
        while True:
            number += 1
            name, port = name_of(f"n{number % 50}.doctor.example"), 1024 + number % 60000
            identity = number % 65536
            question = name + struct.pack(">HH", 1, 1)
            query = struct.pack(">HHHHHH", identity, 0x0100, 1, 0, 0, 0) + question
            answer = struct.pack(">HHHHHH", identity, 0x8180, 1, 1, 0, 0) + question + b"\xc0\x0c" + struct.pack(
                ">HHIH4s", 1, 1, 60, 4, socket.inet_aton("203.0.113.1"))
            packets = [frame("192.0.2.9", "192.0.2.53", port, 53, query)]
            if kind == "both":
                packets.append(frame("192.0.2.53", "192.0.2.9", 53, port, answer))
            for packet in packets:
                for _ in range(int(copies)):
                    s.send(packet)
            time.sleep(0.01)


main(*sys.argv[1:])
