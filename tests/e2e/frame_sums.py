#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A collector for one replay: writes what Redis would hold of each record, sorted, one a line.

    frame_sums.py SOCKET OUT [STOPPED GO]     # type, owner, RDATA, reports of floods apart, first, last, count

With STOPPED it acknowledges nothing until the file GO is there, and makes STOPPED once the workers have taken packets and
poll no more.
"""
import pathlib
import socket
import struct
import sys

import frames


def add_records(sums, body):
    at = 0
    while at < len(body):
        first, last, count, rrtype, rdata_size, owner_size, flags = frames.RECORD.unpack_from(body, at)
        at += frames.RECORD.size
        owner, rdata = body[at:at + owner_size], body[at + owner_size:at + owner_size + rdata_size]
        at += owner_size + rdata_size
        at += -at % 4
        s = sums.setdefault((rrtype, owner, rdata, flags & frames.FLOOD), [None, 0, 0])
        if flags & (frames.NEW | frames.FLOOD):
            s[0] = first if s[0] is None else min(s[0], first)
        s[1] = max(s[1], last)
        s[2] += count


class Polls:
    """Tells from STATS frames whether the workers, which have taken packets, poll no more."""

    def __init__(self):
        self.fields = [frames.FIELDS["WORKER"].index(field) for field in ("polls", "rx_packets")]
        self.before = None

    def have_stopped(self, body):
        size, outbox = len(frames.FIELDS["WORKER"]), len(frames.FIELDS["OUTBOX"])
        now = [[struct.unpack_from("=Q", body, frames.STATS_HEAD.size + 8 * (outbox + i * size + field))[0] for field in self.fields]
               for i in range(struct.unpack_from("=I", body)[0])]
        same = now == self.before
        self.before = now
        return same and sum(packets for _, packets in now) > 0


def serve(path, stopped, go):
    sums, polls, last, acked = {}, Polls(), 0, 0
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    stream = listener.accept()[0].makefile("rwb")
    while head := stream.read(frames.HEADER.size):
        _, _, kind, size, _, number = frames.HEADER.unpack(head)
        body = stream.read(size - frames.HEADER.size)
        if kind == frames.RECORDS:
            add_records(sums, body)
        if kind == frames.STATS and stopped and polls.have_stopped(body):
            pathlib.Path(stopped).touch()
        last = number or last
        if last > acked and (not stopped or pathlib.Path(go).exists()):
            acked = last
            stream.write(frames.frame(frames.ACK, last))
            stream.flush()
    return sums


def main():
    path, out, stopped, go = (sys.argv[1:] + [None, None])[:4]
    sums = serve(path, stopped, go)
    with open(out, "w", encoding="ascii") as lines:
        for (rrtype, owner, rdata, flood), (first, last, count) in sorted(sums.items()):
            lines.write(f"{rrtype} {owner.hex()} {rdata.hex()} {flood} {first} {last} {count}\n")


main()
