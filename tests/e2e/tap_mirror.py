#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Mirrors an interface, both directions, as they are, or in GRE or ERSPAN, as a switch does: tap_mirror.py plain|gre|erspan FROM TO"""
import socket
import struct
import sys

from tap_frame import ethernet, ipv4

ALL, GRE = 0x0003, 47


def main():
    kind, source, target = sys.argv[1:]
    listen = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
    listen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUFFORCE if hasattr(socket, "SO_RCVBUFFORCE") else 33, 1 << 24)
    listen.bind((source, ALL))
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((target, 0))
    print("mirroring", flush=True)
    number = 0
    while True:
        frame = listen.recv(65536)
        number += 1
        if kind == "plain":
            out.send(frame)
            continue
        if kind == "gre":  # RFC 1701, transparent Ethernet bridging
            header = struct.pack(">HH", 0, 0x6558)
        else:  # ERSPAN type II: GRE with a sequence number, version 1, session 1
            header = struct.pack(">HHIHHI", 0x1000, 0x88BE, number, 0x1000, 0x0001, 0)
        out.send(ethernet(ipv4("198.51.100.1", "198.51.100.2", GRE, header + frame, number)))


main()
