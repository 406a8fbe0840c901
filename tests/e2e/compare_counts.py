#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares the counts of all sightings in a Redis with golden records, whatever their times: compare_counts.py SOCKET GOLDEN.tsv..."""
import collections
import sys

import redis

import golden

PREFIX = "pdns:count:"


def main():
    db = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
    expected, found = collections.Counter(), collections.Counter()
    for (name, rdtype, rdata), (count, _, _) in golden.read(sys.argv[2:]).items():
        expected[name, f"{rdtype} {rdata}"] = count
    for key in db.scan_iter(PREFIX + "*"):
        for member, score in db.zrange(key, 0, -1, withscores=True):
            found[key[len(PREFIX):], member] = int(score)
    differ = [f"{record}: expected {expected[record]}, found {found[record]}" for record in expected | found if expected[record] != found[record]]
    print(f"{len(expected)} records expected, {len(differ)} differ", *differ[:20], sep="\n  ")
    sys.exit(1 if differ else 0)


main()
