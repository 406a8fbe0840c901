#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes a capture of answers for the names of one zone.

    guide_capture.py WORD FILE.pcap      hN.WORD.example, 40 names, the first ten also twice
"""
import struct
import sys
import time

import dns_send


def main(word, path):
    now = int(time.time())
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in list(range(40)) + list(range(10)):
            packet = dns_send.frame('192.0.2.53', '198.51.100.7', 53, 40000, dns_send.answer(f'h{number}.{word}.example', number, f'203.0.113.{number}'), number)
            shared = dns_send.frame('192.0.2.53', '198.51.100.7', 53, 40000, dns_send.answer('www.example.com', number, '203.0.113.1'), number)
            for octets in (packet, shared):
                out.write(struct.pack('<IIII', now, 0, len(octets), len(octets)) + octets)


main(*sys.argv[1:])
