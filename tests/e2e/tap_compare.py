#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares what Redis holds with the zones of tap_zones.py: every record that was asked for is there, none is
invented. The first --asked lines of FOLDER/queries were asked."""
import argparse
import sys

import dns.name
import dns.rdatatype
import dns.zone
import redis

# what tap_forge.py answers truly
ALSO = {("pair.one.example", "A 203.0.113.99")}


def text(rdata):
    kind = dns.rdatatype.to_text(rdata.rdtype)
    words = rdata.to_text(relativize=False)
    if kind != "TXT":
        words = " ".join(word.rstrip(".").lower() for word in words.split())
    return f"{kind} {words}"


def read_zones(folder):
    records = {}
    for path, zone in (("auth1", "one.example"), ("auth2", "two.example")):
        content = dns.zone.from_file(f"{folder}/{path}/{zone}.zone", origin=zone, relativize=False)
        for name, _, rdata in content.iterate_rdatas():
            records.setdefault(name.to_text(omit_final_dot=True).lower(), set()).add(text(rdata))
    return records


def wanted(records, name, kind):
    """What an answer to that question has to bring."""
    found = records.get(name, set())
    alias = [r for r in found if r.startswith("CNAME ")]
    if alias and kind != "CNAME":
        return {(name, alias[0])} | wanted(records, alias[0].split()[1], kind)
    return {(name, r) for r in found if r.startswith(kind + " ")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--redis", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--asked", type=int, required=True)
    parser.add_argument("--unanswered", type=int, default=0, help="questions that the resolver was too busy for, wherever they are")
    args = parser.parse_args()
    records = read_zones(args.folder)
    served = {(name, record) for name, found in records.items() for record in found} | ALSO
    with open(f"{args.folder}/queries", encoding="ascii") as lines:
        questions = [line.split() for line in lines][:args.asked]
    expected = [wanted(records, name, kind) for name, kind in questions]
    asked = set().union(*expected)
    client = redis.Redis(unix_socket_path=args.redis, decode_responses=True)
    held = set()
    for key in client.scan_iter("pdns:count:*", count=1000):
        owner = key[len("pdns:count:"):]
        held |= {(owner, member) for member, score in client.zrange(key, 0, -1, withscores=True) if score > 0}
    incomplete = [e for e in {frozenset(e) for e in expected} if not e <= held]
    if len(incomplete) <= args.unanswered:
        asked -= set().union(*incomplete)
    for what, difference in (("missing", asked - held), ("invented", held - served)):
        for name, record in sorted(difference)[:20]:
            print(f"{what}: {name} {record}")
        if difference:
            sys.exit(f"{len(difference)} records {what}")
    print(f"{len(asked)} records of {len(questions)} questions are in Redis, and {len(held - asked)} that came along")


main()
