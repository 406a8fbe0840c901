#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""How long a sleeping worker takes until it has taken a packet: from the send on the peer's interface until DPDK's
telemetry tells of one packet more, the question itself included. Prints the median and the longest, in microseconds.

    wake_time.py TELEMETRY-SOCKET IFACE ROUNDS
"""
import json
import socket
import statistics
import sys
import time

from dns_send import answer, frame


def main():
    path, iface, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    telemetry = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    telemetry.connect(path)
    room = json.loads(telemetry.recv(4096))["max_output_len"]

    def taken():
        telemetry.send(b"/lookback/workers,0")
        return json.loads(telemetry.recv(room))["/lookback/workers"]["rx_packets"]

    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((iface, 0))
    packet = frame("192.0.2.53", "198.51.100.7", 53, 40000, answer("wake.example.com", 1, "203.0.113.7"), 1)
    times = []
    for turn in range(rounds):
        time.sleep(0.02 + turn % 7 / 1000)  # fast asleep, at another point of its nap each time
        before = taken()
        begun = time.monotonic()
        out.send(packet)
        while taken() == before:
            if time.monotonic() - begun > 5:
                sys.exit(f"packet {turn} was not taken in 5 s")
        times.append((time.monotonic() - begun) * 1e6)
    print(f"{statistics.median(times):.0f} {max(times):.0f}")


main()
