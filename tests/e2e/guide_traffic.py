#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Queries and answers on interfaces, as a mirror port delivers them, until it is killed. Started by test_guide.sh.

    guide_traffic.py IFACE…
"""
import socket
import struct
import sys
import time

import tap_frame

NAMES = {'www.example.com': '203.0.113.1', 'mail.example.com': '203.0.113.2', 'shop.example.net': '203.0.113.3'}
CLIENT, RESOLVER, PAUSE_S = '198.51.100.7', '192.0.2.53', 0.02


def message(name, number, address=None):
    labels = b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'
    question = labels + struct.pack('>HH', 1, 1)
    if address is None:
        return struct.pack('>HHHHHH', number, 0x0100, 1, 0, 0, 0) + question
    return struct.pack('>HHHHHH', number, 0x8180, 1, 1, 0, 0) + question + b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 300, 4) + socket.inet_aton(address)


def main(ifaces):
    outs = []
    for iface in ifaces:
        out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        out.bind((iface, 0))
        outs.append(out)
    number = 0
    while True:
        for name, address in NAMES.items():
            number = (number + 1) & 0xFFFF
            query = tap_frame.ipv4(CLIENT, RESOLVER, 17, tap_frame.udp(40000, 53, message(name, number)), number)
            answer = tap_frame.ipv4(RESOLVER, CLIENT, 17, tap_frame.udp(53, 40000, message(name, number, address)), number)
            for out in outs:
                try:
                    out.send(tap_frame.ethernet(query))
                    out.send(tap_frame.ethernet(answer))
                except OSError:
                    pass  # a page took its end of the cable away
        time.sleep(PAUSE_S)


main(sys.argv[1:])
