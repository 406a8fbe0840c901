#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Looking back at a Redis Cluster: the same records in a cluster of three and in a single Redis give the same answers, from the
command and over HTTP, while slots are moved as well.

    lookback_cluster.py FOLDER-OF-THE-PROGRAMS GOLDEN.tsv...

Exit status 0 only where all is the same; 77 without redis-server.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import golden
from cluster_faults import Cluster, Resp
from collector_faults import World, until

failures = []


def same(what, single, cluster):
    if single == cluster:
        return
    failures.append(what)
    print("FAILED: %s" % what)
    left, right = set(single.splitlines()), set(cluster.splitlines())
    for sign, lines in (("-", left - right), ("+", right - left)):
        for line in sorted(lines)[:3]:
            print("   %s %s" % (sign, line[:200]))


def golden_lines(paths):
    seen = {key: {"rrname": key[0], "rrtype": key[1], "rdata": key[2], "count": count, "time_first": first, "time_last": last}
            for key, (count, first, last) in golden.read(paths).items()}
    # sets beyond one page, and an owner with more records than one reply takes
    for i in range(1500):
        seen["many.example", "A", i] = {"rrname": "many.example", "rrtype": "A", "rdata": "10.9.%d.%d" % (i // 250, i % 250 + 1),
                                        "count": i + 1, "time_first": 1700000000 + i, "time_last": 1700100000 + i}
        seen["h%d.many.example" % i, "CNAME", i] = {"rrname": "h%d.many.example" % i, "rrtype": "CNAME", "rdata": "edge.many.example",
                                                    "count": 1, "time_first": 1700000000, "time_last": 1700000000 + i}
    return list(seen.values())


class Side:
    """A Redis, the command and a collector on it."""

    def __init__(self, world, build, name, redis):
        self.world, self.build, self.name, self.redis = world, build, name, redis
        self.process = None

    def look(self, *words, status=(0,), text=None):
        done = subprocess.run([f"{self.build}/collector/lookback", "-o", f"redis={self.redis}", *words], capture_output=True,
                              text=True, timeout=120, input=text)
        if done.returncode not in status:
            failures.append(self.name)
            print("FAILED: %s: lookback %s: status %d: %s" % (self.name, " ".join(words), done.returncode, done.stderr[:300]))
        return done.stdout

    def serve(self):
        log = open(f"{self.world.folder}/{self.name}.log", "w")
        self.process = subprocess.Popen(
            [f"{self.build}/collector/lookback-collector", "-o", f"redis={self.redis}", "-o",
             f"collector.socket={self.world.folder}/{self.name}.sock", "-o", "http.listen=127.0.0.1:0"], stdout=log, stderr=log)
        found = []

        def address():
            with open(log.name, encoding="utf-8") as text:
                found[:] = re.findall(r"listening on (\S+)", text.read())
            return found
        until(address)
        self.base = "http://" + found[0]
        until(lambda: "lookback_collector_names_complete 1" in self.ask("/metrics"))

    def ask(self, path, body=None):
        try:
            with urllib.request.urlopen(self.base + path, body, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return "%d %s" % (error.code, error.read().decode())

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


def in_order(text):
    return "\n".join(sorted(text.splitlines()))


def commands(records):
    names = sorted({r["rrname"] for r in records})
    dice = random.Random(3)
    for name in dice.sample(names, 12) + ["many.example"]:
        yield "name", name, "--json", "--sort", "rdata"
    targets = [r["rdata"].split(" ")[-1] for r in records if r["rrtype"] in ("NS", "MX", "CNAME")]
    for target in dice.sample(targets, 6) + ["edge.many.example"]:
        yield "rdata", target, "--json", "--sort", "name"
    for value in ("0.0.0.0/0", "10.9.0.0/16", "10.9.1.7", "10.9.1.7-10.9.2.9", "::/0"):
        yield "ip", value, "--json", "--sort", "name"
    for zone in (".", "many.example", "wikimedia.org", "org"):
        yield "zone", zone, "--json", "--sort", "name"
    yield "name", "h1.*", "--json", "--sort", "name"
    yield "find", "wikimedia", "--json"
    for indicator in ("wikimedia.org", "10.9.1.7", "edge.many.example"):
        yield "pivot", indicator, "--json", "--limit", "0"
    yield "find", "wikimedla", "--json"
    yield ("export",)
    yield "export", "--csv", "--type", "a,aaaa", "--since", "2012-01-01"


def paths(records):
    dice = random.Random(4)
    quote = urllib.parse.quote
    for r in dice.sample(records, 10):
        yield "/dnsdb/v2/lookup/rrset/name/" + quote(r["rrname"], safe="")
        yield "/pdns/query/" + quote(r["rrname"], safe="")
    for path in ("/dnsdb/v2/lookup/rrset/name/*.wikimedia.org?sort=name", "/dnsdb/v2/summarize/rdata/ip/10.9.0.0,16",
                 "/dnsdb/v2/lookup/rdata/name/edge.many.example?limit=0&sort=name", "/dnsdb/v2/glob/rrnames/h12*?limit=0",
                 "/dnsdb/v2/regex/rdata/" + quote("^edge\\.", safe=""), "/api/find?q=wikimedia&limit=0", "/api/export",
                 "/api/export?format=csv", "/api/lookup?q=many.example&limit=0", "/pdns/fquery/many.example", "/api/pivot?q=wikimedia.org"):
        yield path


def observe(run, records):
    """The stream of new records, as the writer fills it: `run` is a redis-cli. The records are there by import."""
    for r in [r for r in records if not r["rrname"].endswith("many.example")][:150]:
        run("XADD", "pdns:new", "*", "name", r["rrname"], "type", r["rrtype"], "rdata", r["rdata"], "first", str(r["time_first"]), "sensor", "s")


def newly(single, cluster):
    for depth in ("record", "name", "domain"):
        for words in (("--plain",), ("--plain", "--history"), ("--plain", "--type", "a")):
            left, right = (side.look("new", "--depth", depth, *words, status=(0, 1)) for side in (single, cluster))
            same("lookback new --depth %s %s" % (depth, " ".join(words)), left, right)
        same("/api/new by " + depth, *("\n".join(side.ask("/api/new?format=plain&newest=%s&depth=%s" % (newest, depth)) for newest in ("true", "false"))
                                      for side in (single, cluster)))
    if not single.look("new", "--depth", "domain", "--plain"):
        failures.append("no domain is new")


def compare(single, cluster, records):
    for words in commands(records):
        same("lookback " + " ".join(words), in_order(single.look(*words, status=(0, 1))), in_order(cluster.look(*words, status=(0, 1))))
    for path in paths(records):
        same(path, in_order(single.ask(path)), in_order(cluster.ask(path)))
    bulk = "\n".join(sorted({r["rrname"] for r in records})[:300] + ["no.such.name.invalid", "10.9.0.0/24"]).encode()
    same("/api/bulk", in_order(single.ask("/api/bulk?limit=0", bulk)), in_order(cluster.ask("/api/bulk?limit=0", bulk)))


def resumed(side):
    """Everything by pages of the HTTP export, each from the cursor that the one before told."""
    cursor, lines = "", set()
    for _ in range(1000):
        answer = side.ask("/api/export?limit=100&cursor=" + cursor).splitlines()
        told = [json.loads(line)["cursor"] for line in answer if line.startswith('{"cursor"')]
        lines |= {line for line in answer if not line.startswith('{"cursor"')}
        if not told:
            return "\n".join(sorted(lines))
        cursor = told[-1]
    return "no end"


def moved(single, cluster, nodes):
    """The same answers while slots go from one primary to another; an export may refuse, but never leave out."""
    expected = in_order(single.look("export"))
    done, wrong = threading.Event(), []

    def look():
        refused = 0
        while not done.is_set():
            got = subprocess.run([f"{cluster.build}/collector/lookback", "-o", f"redis={cluster.redis}", "export"],
                                 capture_output=True, text=True, timeout=120)
            if got.returncode == 0 and "\n".join(sorted(set(got.stdout.splitlines()))) != expected:
                wrong.append("export")
            refused += got.returncode != 0
            if cluster.look("name", "many.example", "--json") != single.look("name", "many.example", "--json"):
                wrong.append("name")
        print("exports refused while slots moved: %d" % refused)
    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(2):
        source, target = random.sample(list(nodes.primaries().values()), 2)
        port = random.choice(list(nodes.primaries()))
        step = subprocess.run(["redis-cli", "--cluster", "reshard", f"127.0.0.1:{port}", "--cluster-from", source, "--cluster-to",
                               target, "--cluster-slots", "300", "--cluster-yes"], capture_output=True, text=True, timeout=120)
        assert step.returncode == 0, step.stdout[-1500:] + step.stderr
    done.set()
    thread.join()
    same("answers while slots moved", "", "\n".join(sorted(set(wrong))))


def main():
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    build, records = os.path.abspath(sys.argv[1]), golden_lines(sys.argv[2:])
    text = "".join(json.dumps(r) + "\n" for r in records)
    with World() as world:
        world.start_redis("--appendonly", "no")
        nodes = Cluster(world, replicas=0)
        single = Side(world, build, "single", "unix:" + world.redis_path)
        cluster = Side(world, build, "cluster", nodes.seed())
        try:
            for side in (single, cluster):
                side.look("import", text=text)
            keys = [sum(Resp(port)("DBSIZE") for port in nodes.primaries()), int(world.cli("DBSIZE"))]
            same("number of keys", str(keys[1]), str(keys[0]))
            for side in (single, cluster):
                side.serve()
            compare(single, cluster, records)
            observe(world.cli, records)
            observe(lambda *words: subprocess.run(["redis-cli", "-c", "-p", str(next(iter(nodes.primaries()))), *words], check=True, capture_output=True, timeout=20), records)
            newly(single, cluster)
            same("export by cursors", resumed(single), resumed(cluster))
            same("export by cursors and in one go", in_order(single.look("export")), resumed(cluster))
            same("keys in status", re.search(r"keys +(\d+)", single.look("status"))[1], re.search(r"keys +(\d+)", cluster.look("status"))[1])
            moved(single, cluster, nodes)
            compare(single, cluster, records)
            for words in (("erase", "name", "many.example", "--yes"), ("erase", "zone", "wikimedia.org", "--yes"),
                          ("expire", "1")):
                for side in (single, cluster):
                    side.look(*words, status=(0, 1))
                compare(single, cluster, records)
                same("keys after " + " ".join(words), world.cli("DBSIZE"), str(sum(Resp(port)("DBSIZE") for port in nodes.primaries())))
            # exported from one, imported into the other
            single.look("import", text=text)
            cluster.look("import", text=single.look("export"))
            same("export into the cluster", in_order(single.look("export")), in_order(cluster.look("export")))
            # a primary dies: told as such, and 503
            port = next(iter(nodes.primaries()))
            nodes.processes[port].kill()
            nodes.processes[port].wait()
            cluster.look("export", status=(2,))
            until(lambda: cluster.ask("/api/export").startswith("503"))
        finally:
            for side in (single, cluster):
                side.close()
            nodes.close()
    if failures:
        sys.exit("%d differences" % len(failures))
    print("the cluster answers as a single Redis does")


if __name__ == "__main__":
    main()
