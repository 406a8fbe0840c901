#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures what watch rules cost while records go into Redis: rounds without rules and with rules alternate.

    tests/bench/watch_ingest.py [--rules N] [--indicators N] [--records N] [--rounds N] [--repeated N]

Each round starts with an empty Redis. All records are new, the worst case; --repeated N sends them N more times, as sensors do
(no rule then has more to do). `per_s`: records/s; `redis_us`, `writer_us`, `watch_us`: processor time per record of Redis, of the
thread that writes to it, and of the thread that watches. On a machine with other load compare the processor times.
"""
import argparse
import pathlib
import random
import re
import statistics
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import frames
from faults import PROGRAMS, World, until
from frames import Dataplane, NEW, record

PER_FRAME = 32


def write_rules(folder, rules, indicators):
    r = random.Random(1)
    with open(f"{folder}/list", "w") as file:
        for i in range(indicators):
            file.write(f"bad{i}.listed{i % 997}.example\n" if i % 4 else f"203.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n")
    with open(f"{folder}/watch.conf", "w") as file:
        file.write(f"[rule list]\nmatch = file {folder}/list\n" if rules else "")
        for i in range(1, rules):
            word = "".join(r.choice("bcdfgklmnprst") + r.choice("aeiou") for _ in range(4))
            file.write(f"[rule r{i}]\nmatch = " + (f"keyword {word}brand{i}, not zone {word}.example", f"zone {word}{i}.example, type A AAAA",
                                                   f"target ns{i}.{word}.example", f"address 198.{i >> 8 & 255}.{i & 255}.0/24")[i % 4] + "\n")


def make_frames(records):
    r, items = random.Random(2), []
    for i in range(records):
        word = "".join(r.choice("bcdfgklmnprst") + r.choice("aeiou") for _ in range(4))
        owner = f"www.{word}{i}.com" if i % 3 else f"host{i}.{word}.net"
        rdata = bytes([10, i >> 16 & 255, i >> 8 & 255, i & 255])
        items.append(record(owner, 1, rdata, 1700000000, 1700000000, 1, NEW) if i % 5 else
                     record(owner, 2, frames.name(f"ns1.{word}.org"), 1700000000, 1700000000, 1, NEW))
    return [items[i:i + PER_FRAME] for i in range(0, records, PER_FRAME)]


def cpu_s(pid, thread=None):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if thread is None or (task / "comm").read_text().strip() == thread:
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def one_round(batches, records, repeated, rules, folder):
    with World() as w:
        w.start_redis("--save", "", "--appendonly", "no")
        w.start(f"watch.file={folder}/watch.conf" if rules else "watch.file=", "log.level=info", "names.file=", "spool.keep=1s")
        if rules:
            until(lambda: "watch: " in w.log(), 60)
        d = Dataplane(w.path).connect()
        d.records(batches[0])
        d.wait()
        w.settled()
        pids = (w.redis.pid, w.collector.pid)
        before = [cpu_s(pids[0])] + [cpu_s(pids[1], t) for t in ("writer", "watch")]
        begun = time.monotonic()
        for _ in range(1 + repeated):
            for batch in batches[1:]:
                d.records(batch)
        d.wait()
        until(lambda: re.search(r"^lookback_collector_spool_waiting_batches 0$", w.http("/metrics")[1], re.M), 600)
        took = time.monotonic() - begun
        if rules:
            until(lambda: w.metric('collector_watch_records_total{outcome="looked_at"}') >= records, 60)
            assert w.metric("collector_watch_missed_total") == 0
        after = [cpu_s(pids[0])] + [cpu_s(pids[1], t) for t in ("writer", "watch")]
        n = (records - PER_FRAME) * (1 + repeated)
        return [n / took] + [(b - a) / n * 1e6 for a, b in zip(before, after)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("rules", 10000), ("indicators", 1000000), ("records", 90000), ("rounds", 3), ("repeated", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--collector", default=str(ROOT / "build" / "collector" / "lookback-collector"))
    args = parser.parse_args()
    PROGRAMS["collector"] = args.collector
    batches = make_frames(args.records)
    with World() as place:
        write_rules(place.folder, args.rules, args.indicators)
        found = {False: [], True: []}
        for _ in range(args.rounds):
            for rules in found:
                found[rules].append(one_round(batches, args.records, args.repeated, rules, place.folder))
    medians = {rules: [statistics.median(column) for column in zip(*rows)] for rules, rows in found.items()}
    for rules, row in medians.items():
        print(f"{'rules   ' if rules else 'no rules'}  per_s {row[0]:8.0f}  redis_us {row[1]:6.2f}  writer_us {row[2]:6.2f}  watch_us {row[3]:6.2f}")
    print("with rules against none: per_s %+.1f %%, redis %+.1f %%" % tuple(100 * (medians[True][i] / medians[False][i] - 1) for i in (0, 1)))


main()
