#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts the frames of captures on an interface: play.py IFACE SIZE CAPTURE...

Names on standard output the captures that it has played: Ethernet, microseconds or nanoseconds, no frame cut off or longer
than SIZE.
"""
import socket
import struct
import sys
import time

MAGICS = {0xA1B2C3D4, 0xA1B23C4D}
ETHERNET, HEAD, RECORD = 1, 24, 16


def frames(path, most):
    """The frames of a capture, or None where it is not to be played."""
    with open(path, "rb") as file:
        data = file.read()
    order = next((o for o in "<>" if len(data) >= HEAD and struct.unpack(o + "I", data[:4])[0] in MAGICS), None)
    if order is None or struct.unpack(order + "I", data[20:24])[0] != ETHERNET:
        return None
    found, at = [], HEAD
    while at + RECORD <= len(data):
        have, size = struct.unpack(order + "II", data[at + 8:at + RECORD])
        if have < size or size > most or at + RECORD + have > len(data):
            return None
        found.append(data[at + RECORD:at + RECORD + have])
        at += RECORD + have
    return found


def main():
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
    out.bind((sys.argv[1], 0))
    for path in sys.argv[3:]:
        found = frames(path, int(sys.argv[2]))
        if found is None:
            continue
        for i, frame in enumerate(found):
            out.send(frame)
            if i % 16 == 15:  # the rings behind are short
                time.sleep(0.002)
        print(path, flush=True)


main()
