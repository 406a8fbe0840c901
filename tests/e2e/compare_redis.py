#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Compares all that a Redis holds with golden records (docs/schema.md).

    compare_redis.py --redis SOCKET|HOST:PORT [OPTION]... GOLDEN.tsv...

A golden file has one record a line: name, type, rdata, count, first, last; several files add up. Every key
of the sightings and the indexes is computed from them and compared, member by member and score by score;
a key that should not be there is a difference too. Exit status 0 only where all agree.
"""
import argparse
import collections
import ipaddress
import sys

import redis

import golden

SUFFIX_LIST = "/usr/share/publicsuffix/public_suffix_list.dat"
# where the target name stands in the text of the RDATA
TARGET = {"CNAME": 0, "DNAME": 0, "NS": 0, "PTR": 0, "SOA": 0, "MX": 1, "SVCB": 1, "HTTPS": 1, "SRV": 3}


class Suffixes:
    """The public suffix algorithm (publicsuffix.org/list), on the labels of a name in text form."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as lines:
            words = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
        self.rules = {word.encode("idna").decode() if not word.isascii() else word for word in words}

    def zone(self, name):
        labels = split(name)
        suffix = 1  # the rule "*" where no other matches
        for i in range(len(labels)):
            rest = ".".join(labels[i:])
            if "!" + rest in self.rules:
                suffix = len(labels) - i - 1
                break
            if rest in self.rules or ".".join(["*"] + labels[i + 1:]) in self.rules and i + 1 < len(labels):
                suffix = len(labels) - i
                break
        return ".".join(labels[-(suffix + 1):]) if len(labels) > suffix else name


def split(name):
    """Labels of a name in text form; an escaped dot does not end one."""
    labels, at = [""], 0
    while at < len(name):
        if name[at] == "\\":
            labels[-1] += name[at:at + 2]
            at += 2
        else:
            labels.append("") if name[at] == "." else labels.__setitem__(-1, labels[-1] + name[at])
            at += 1
    return labels


def expected_keys(records, prefix):
    """{key: {member: score}} for everything that the records lead to."""
    keys = collections.defaultdict(dict)
    suffixes = Suffixes(SUFFIX_LIST)

    def put(key, member, score, choose):
        old = keys[prefix + key].get(member)
        keys[prefix + key][member] = score if old is None else choose(old, score)

    for (name, rdtype, rdata), (count, first, last) in records.items():
        member = f"{rdtype} {rdata}"
        put(f"name:{name}", member, last, max)
        put(f"first:{name}", member, first, min)
        put(f"count:{name}", member, count, int.__add__)
        put(f"zone:{suffixes.zone(name)}", name, first, min)
        if rdtype in ("A", "AAAA"):
            net = ipaddress.ip_network((rdata, 24 if rdtype == "A" else 48), strict=False)
            put(f"ip:{rdata}", name, last, max)
            put(f"net:{net}", rdata, first, min)
        elif rdtype in TARGET:
            target = rdata.split(" ")[TARGET[rdtype]]
            if target != ".":
                put(f"rdata:{target}", f"{rdtype} {name}", last, max)
    return keys


def found_keys(db, prefix):
    families = ("name", "first", "count", "zone", "ip", "net", "rdata")
    names = [key for key in db.scan_iter(match=prefix + "*", count=10000)
             if key[len(prefix):].split(":", 1)[0] in families and ":" in key[len(prefix):]]
    found = {}
    for start in range(0, len(names), 1000):
        some = names[start:start + 1000]
        pipe = db.pipeline(transaction=False)
        for name in some:
            pipe.zrange(name, 0, -1, withscores=True)
        for name, members in zip(some, pipe.execute()):
            found[name] = {member: int(score) for member, score in members}
    return found


def stream_differences(db, prefix, records):
    """The stream has each record once, in whatever order."""
    length = db.xlen(prefix + "new")
    if length != len(records):
        yield f"{prefix}new: expected {len(records)} entries, found {length}"
    for _, entry in db.xrange(prefix + "new"):
        if (entry["name"], entry["type"], entry["rdata"]) not in records:
            yield f"{prefix}new: not expected {entry}"


def differences(want, have, between):
    """Lines about keys, members and scores that differ; `between` bounds the times where they are not known."""
    def agree(key, w, h):
        if between and ":count:" not in key:
            return w is not None and h is not None and between[0] <= h <= between[1]
        return w == h

    for key in sorted(want.keys() | have.keys()):
        if key not in have:
            yield f"{key}: missing; expected {want[key]}"
        elif key not in want:
            yield f"{key}: not expected; found {have[key]}"
        else:
            for member in sorted(want[key].keys() | have[key].keys()):
                w, h = want[key].get(member), have[key].get(member)
                if not agree(key, w, h):
                    yield f"{key}: {member}: expected {w}, found {h}"


def connect(where):
    if "/" in where:
        return redis.Redis(unix_socket_path=where, decode_responses=True)
    host, port = where.rsplit(":", 1)
    return redis.Redis(host, int(port), decode_responses=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("golden", nargs="*")
    parser.add_argument("--redis", required=True, metavar="SOCKET|HOST:PORT", action="append", help="more than once: the primaries of "
                        "a cluster")
    parser.add_argument("--prefix", default="pdns:")
    parser.add_argument("--no-stream", action="store_true", help="do not look at the stream of new records")
    parser.add_argument("--between", nargs=2, type=int, metavar="SECONDS", help="do not compare times, look whether "
                        "they lie from the first to the second")
    parser.add_argument("--show", type=int, default=20, help="differences to print at most")
    args = parser.parse_args()
    servers = [connect(where) for where in args.redis]
    records = golden.read(args.golden)
    want = expected_keys(records, args.prefix)
    have = {}
    for db in servers:
        have.update(found_keys(db, args.prefix))
    wrong = list(differences(want, have, args.between))
    if not args.no_stream:
        wrong += stream_differences(servers[0], args.prefix, records)
    for line in wrong[:args.show]:
        print(line)
    print(f"{len(records)} records, {len(want)} keys, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
