# SPDX-License-Identifier: BSD-3-Clause
"""Frames for the tests of the tap."""
import socket
import struct


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp(source_port, destination_port, payload):
    return struct.pack(">HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def ipv4(source, destination, protocol, payload, number=0):
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0, 64, protocol, 0)
    header += socket.inet_aton(source) + socket.inet_aton(destination)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def ethernet(packet):
    return b"\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0" + packet
