#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Watch rules of the collector: from records of a dataplane to alerts in Redis; what is killed and what is wrong on the way.

    watch_rules.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import frames
from cluster_faults import Cluster
from faults import PROGRAMS, Resp, World, run, run_tests, until
from frames import Dataplane, NEW, record

DAY = 86400
NOW = int(time.time())


def wire(text):
    return frames.name(text)


def a(owner, address, first=NOW, last=None, flags=NEW):
    return record(owner, 1, bytes(int(part) for part in address.split(".")), first, last or first, 1, flags)


def ns(owner, target, first=NOW, flags=NEW):
    return record(owner, 2, wire(target), first, first, 1, flags)


def mx(owner, target, first=NOW, flags=NEW):
    return record(owner, 15, b"\0\x0a" + wire(target), first, first, 1, flags)


def txt(owner, text, first=NOW, flags=NEW):
    return record(owner, 16, bytes([len(text)]) + text, first, first, 1, flags)


class Gate:
    """Stands between the collector and Redis until a command with a key passes: then it kills the collector, and Redis never gets it."""

    def __init__(self, world, command, key):
        self.world, self.word = world, b"%s\r\n$%d\r\n%s\r\n" % (command, len(key), key)
        self.path, self.shut = f"{world.folder}/gate.sock", threading.Event()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.shut.is_set():
            client, _ = self.server.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.world.redis_path)
            threading.Thread(target=self.pass_on, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(server, client, False), daemon=True).start()

    def pass_on(self, source, target, watched):
        try:
            while True:
                data = source.recv(1 << 20)
                if watched and self.word in data:
                    self.world.kill()
                    self.shut.set()
                if not data or self.shut.is_set():
                    break
                target.sendall(data)
        except OSError:
            pass
        source.close()
        target.close()


class Watch(World):
    """A world with rules."""

    def __enter__(self):
        self.rules_path = f"{self.folder}/watch.conf"
        self.start_redis()
        return self

    def rules(self, text):
        with open(self.rules_path + ".new", "w") as file:
            file.write(text)
        os.rename(self.rules_path + ".new", self.rules_path)

    def begin(self, *options):
        self.start(f"watch.file={self.rules_path}", *options)

    def alerts(self):
        found = []
        for _, fields in Resp(self.redis_path)("XRANGE", "pdns:alert", "-", "+"):
            found.append(dict(zip(fields[::2], fields[1::2])))
        return found

    def short(self):
        return sorted(f"{f['rule']} {f['kind']} {f['name']} {f['type']} {f['rdata']}" for f in self.alerts())

    def expect(self, *lines):
        lines = sorted(lines)
        try:
            until(lambda: self.short() == lines, 20)
        except AssertionError:
            raise AssertionError(f"alerts: expected {lines}, found {self.short()}") from None

    def look(self, *args):
        """lookback watch; status, output, errors."""
        done = subprocess.run([str(pathlib.Path(PROGRAMS["collector"]).parent / "lookback"), "-o", f"redis=unix:{self.redis_path}",
                               "-o", f"watch.file={self.rules_path}", "watch", *args], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr


def test_matches():
    with Watch() as w:
        pathlib.Path(f"{w.folder}/list").write_text("listed.example\n203.0.113.0/24\n")
        w.rules(f"""
[rule zone]
match = zone example.com
[rule brand]
match = keyword paypal, not zone paypal.com
[rule list]
match = file {w.folder}/list
[rule server]
match = target ns.evil.example, type NS
""")
        w.begin()
        d = Dataplane(w.path, "probe").connect()
        d.records([a("www.example.com", "192.0.2.1"), a("www.paypa1.net", "192.0.2.2"), a("www.paypal.com", "192.0.2.2"),
                   a("x.listed.example", "192.0.2.3"), a("other.example", "203.0.113.9"), ns("victim.example", "ns.evil.example"),
                   mx("victim.example", "ns.evil.example"), a("nothing.example", "192.0.2.4")])
        d.wait()
        w.expect("zone new www.example.com A 192.0.2.1", "brand new www.paypa1.net A 192.0.2.2", "list new x.listed.example A 192.0.2.3",
                 "list new other.example A 203.0.113.9", "server new victim.example NS ns.evil.example")
        alert = next(f for f in w.alerts() if f["rule"] == "brand")
        assert alert["reason"] == "keyword paypal (digit for letter)" and alert["sensor"] == "probe", alert
        assert alert["first"] == alert["last"] == str(NOW) and len(alert["id"]) == 32, alert
        d.records([a("www.example.com", "192.0.2.1"), a("a.example.com", "192.0.2.1")])
        d.wait()
        until(lambda: len(w.alerts()) == 6)
        assert w.metric('collector_alerts_by_rule_total{rule="zone"}') == 2 and w.metric('collector_alerts_total{kind="new"}') == 6
        w.settled()


def feed(w):
    return sorted(fields[1] for _, fields in Resp(w.redis_path)("XRANGE", "pdns:new", "-", "+"))


def test_killed_before_the_feed():
    """The batch is in Redis and the collector is killed before its entries in the stream of new records are."""
    with Watch() as w:
        w.rules("[rule zone]\nmatch = zone example.com\n")
        w.begin()
        d = Dataplane(w.path).connect()
        d.records([a("first.example.com", "192.0.2.1"), a("first.example.net", "192.0.2.1")])
        d.wait()
        w.expect("zone new first.example.com A 192.0.2.1")
        assert w.stop() == 0
        gate = Gate(w, b"XADD", b"pdns:new")
        w.start(f"watch.file={w.rules_path}", redis="unix:" + gate.path)
        d.connect()
        d.records([a("lost.example.com", "192.0.2.1"), a("first.example.com", "192.0.2.1"), a("second.example.com", "192.0.2.2")])
        assert gate.shut.wait(30)
        assert w.count("lost.example.com", "A 192.0.2.1") == 1 and "lost.example.com" not in feed(w)
        w.begin()
        d.connect()
        d.wait()
        w.expect("zone new first.example.com A 192.0.2.1", "zone new lost.example.com A 192.0.2.1", "zone new second.example.com A 192.0.2.2")
        w.stop()
        w.begin()  # nothing is fed twice
        d.connect()
        d.records([a("last.example.com", "192.0.2.1")])
        d.wait()
        until(lambda: "last.example.com" in feed(w))
        assert feed(w) == sorted(["first.example.com", "first.example.net", "lost.example.com", "second.example.com", "last.example.com"]), feed(w)


def test_again_and_tamper():
    with Watch() as w:
        w.rules("""
[rule sleeper]
match = zone sleeping.example
news = again after 30d
[rule own]
match = zone own.example
news = tamper
learn = 1h
""")
        w.begin()
        d = Dataplane(w.path).connect()
        long_ago = NOW - 100 * DAY
        d.records([a("www.sleeping.example", "192.0.2.1", long_ago), a("busy.sleeping.example", "192.0.2.1", NOW - 20 * DAY),
                   a("www.other.example", "192.0.2.1", long_ago), a("www.own.example", "192.0.2.10", NOW), mx("own.example", "mx.own.example"),
                   txt("own.example", b"v=spf1 -all")])
        d.wait()
        until(lambda: w.metric('collector_watch_records_total{outcome="learned"}') == 3)
        assert w.cli("ZRANGE", "pdns:watch:expected:own.example", "0", "-1").split("\n") == [
            "own.example MX 10 mx.own.example", 'own.example TXT "v=spf1 -all"', "www.own.example A 192.0.2.10"]
        w.cli("HSET", "pdns:watch:learn", "own", "0")
        w.collector.send_signal(signal.SIGHUP)  # reads at once that learning has ended
        until(lambda: w.log().count("watch: 2 rules") == 2)
        for flags in (NEW, 0):
            d.records([a("www.sleeping.example", "192.0.2.1", NOW, flags=flags), a("busy.sleeping.example", "192.0.2.1", NOW, flags=flags),
                       a("www.other.example", "192.0.2.1", NOW, flags=flags), a("www.own.example", "192.0.2.10", NOW, flags=flags)])
        d.records([a("www.own.example", "198.51.100.66"), mx("own.example", "mx.evil.example"), ns("own.example", "ns.evil.example"),
                   txt("own.example", b"v=spf1 +all"), txt("own.example", b"any other text"), a("own.other.example", "198.51.100.66")])
        d.wait()
        lines = ["sleeper again www.sleeping.example A 192.0.2.1", "own tamper www.own.example A 198.51.100.66",
                 "own tamper own.example MX 10 mx.evil.example", "own tamper own.example NS ns.evil.example",
                 'own tamper own.example TXT "v=spf1 +all"']
        w.expect(*lines)
        found = {f["type"]: f for f in w.alerts() if f["rule"] == "own"}
        assert found["A"]["expected"] == "192.0.2.10" and found["MX"]["expected"] == "10 mx.own.example", found
        assert found["NS"]["expected"] == "no NS record" and found["TXT"]["expected"] == '"v=spf1 -all"', found
        again = next(f for f in w.alerts() if f["kind"] == "again")
        assert again["expected"] == time.strftime("last seen %Y-%m-%dT%H:%M:%SZ", time.gmtime(long_ago)), again
        assert again["reason"] == "zone sleeping.example; seen again after 100 days", again
        # a record that is not new to Redis, and not expected any more
        w.cli("ZREM", "pdns:watch:expected:own.example", "own.example MX 10 mx.own.example")
        d.records([mx("own.example", "mx.own.example", NOW + 4000, flags=0)])
        d.wait()
        w.expect("own tamper own.example MX 10 mx.own.example", *lines)


def test_moved_changed_burst():
    with Watch() as w:
        w.rules("""
[rule moved]
match = zone example.com
news = moved
[rule servers]
match = zone example.com
news = changed
[rule burst]
match = zone burst.example
news = burst 10 in 1h
""")
        w.begin()
        d = Dataplane(w.path).connect()
        d.records([a("www.example.com", "192.0.2.1", NOW - 5000), a("www.example.com", "192.0.2.2", NOW - 5000),
                   ns("example.com", "ns1.example.com", NOW - 5000), ns("example.com", "ns2.example.com", NOW - 5000)] +
                  [a(f"old{i}.burst.example", "192.0.2.1", NOW - 9000 + 1000 * (i % 2)) for i in range(9)])
        d.wait()
        until(lambda: w.metric('collector_watch_records_total{outcome="looked_at"}') == 13)
        assert w.alerts() == []
        d.records([a("www.example.com", "192.0.2.3"), a("www.example.com", "203.0.113.1"), a("www.example.com", "203.0.113.2"),
                   a("mail.example.com", "203.0.113.1"), ns("example.com", "ns.evil.example"), mx("example.com", "mx.example.com")] +
                  [a(f"new{i}.burst.example", "192.0.2.1", NOW + i) for i in range(10)] +
                  [a(f"old{i}.burst.example", "192.0.2.2", NOW) for i in range(9)])
        d.wait()
        lines = ["moved moved www.example.com A 203.0.113.1", "servers changed example.com NS ns.evil.example"]
        until(lambda: w.metric('collector_watch_records_total{outcome="looked_at"}') == 38)
        w.expect(*lines)
        found = {f["rule"]: f for f in w.alerts()}
        assert found["moved"]["expected"] == "192.0.2.0/24", found["moved"]
        assert found["servers"]["expected"] == "ns1.example.com, ns2.example.com", found["servers"]
        d.records([a(f"more{i}.burst.example", "192.0.2.1", NOW + i) for i in range(3)])
        d.wait()
        until(lambda: len(w.alerts()) == 3)
        burst = w.alerts()[-1]
        assert burst["kind"] == "burst" and burst["expected"] == "at most 10 new names in 3600 seconds", burst
        assert burst["reason"].endswith("13 new names under burst.example") or "new names under burst.example" in burst["reason"], burst


def test_command():
    with Watch() as w:
        w.begin()
        assert w.look("list") == (1, "", ""), "no file: no rules"
        assert w.look("add", "own", "match=zone own.example", "news=tamper")[0] == 0
        with open(w.rules_path, "a") as file:
            file.write("# kept\n")
        assert w.look("add", "brand", "match=keyword paypal, not zone paypal.com")[0] == 0
        before = open(w.rules_path).read()
        for words, error in ((("add", "bad", "match=zone a..b"), ": [rule bad] match: zone: found 'a..b'"), (("add", "own", "match=zone a.b"), "own"),
                             (("add", "bad name", "match=zone a.b"), "bad name"), (("remove", "none"), "found no [rule none]"), (("frob",), "found 'frob'")):
            status, _, said = w.look(*words)
            assert status == 2 and error in said and open(w.rules_path).read() == before, (words, status, said)
        assert w.look("list")[1].splitlines() == ["own", "    match  zone own.example", "    news   tamper", "brand",
                                                  "    match  keyword paypal, not zone paypal.com"], w.look("list")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: w.metric("collector_watch_rules") == 2)
        d = Dataplane(w.path).connect()
        d.records([a("www.own.example", "192.0.2.1"), mx("own.example", "mx.own.example"), txt("own.example", b"hello"), a("www.paypa1.net", "192.0.2.1"),
                   a("www.notown.example", "192.0.2.1")])
        d.wait()
        w.expect("brand new www.paypa1.net A 192.0.2.1")
        until(lambda: w.metric('collector_watch_records_total{outcome="learned"}') == 2)
        assert w.look("test", "WWW.paypa1.org", "a", "192.0.2.1") == (0, "brand                 www.paypa1.org A 192.0.2.1  (keyword paypal (digit for letter))\n", "")
        assert w.look("test", "www.paypal.com", "A", "192.0.2.1") == (1, "", "")
        assert len(w.look("test")[1].splitlines()) == 4 and w.look("test", "--limit", "1")[0] == 1, w.look("test")
        assert w.look("revoke", "own.example")[1].splitlines() == ["own.example MX 10 mx.own.example", "www.own.example A 192.0.2.1"]
        assert w.look("expected", "own.example")[0] == 1
        assert w.look("approve", "own.example")[1].splitlines() == ["own.example MX 10 mx.own.example", "www.own.example A 192.0.2.1"]
        assert w.look("approve", "new.own.example", "a", "192.0.2.2") == (0, "new.own.example A 192.0.2.2\n", "")
        assert w.look("approve", "new.own.example", "HINFO", "x")[0] == 2
        assert len(w.look("expected", "own.example")[1].splitlines()) == 3
        assert w.cli("HGET", "pdns:watch:learn", "own") == "0", "approving ends the time of learning"
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: w.log().count("watch: 2 rules") == 2)
        d.records([a("new.own.example", "192.0.2.2"), a("new.own.example", "192.0.2.3")])
        d.wait()
        w.expect("brand new www.paypa1.net A 192.0.2.1", "own tamper new.own.example A 192.0.2.3")
        assert w.look("remove", "own")[0] == 0 and "# kept" in open(w.rules_path).read() and "own" not in w.look("list")[1]


def test_reload():
    """A rule file or a file of indicators that is wrong leaves the rules in force, and is reported."""
    with Watch() as w:
        list_path = pathlib.Path(f"{w.folder}/list")
        list_path.write_text("one.example\n")
        w.rules(f"[rule a]\nmatch = file {list_path}\n")
        w.begin()
        d = Dataplane(w.path).connect()
        w.rules(f"[rule a]\nmatch = fil {list_path}\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: "watch.conf:2: [rule a] match: found 'fil', expected name" in w.log())
        assert "the rules stay as they are" in w.log()
        assert w.metric("collector_watch_stale") == 1 and w.metric('collector_watch_reloads_total{outcome="failed"}') == 1
        d.records([a("x.one.example", "192.0.2.1")])
        d.wait()
        w.expect("a new x.one.example A 192.0.2.1")
        done = run("--check", "-o", f"redis=unix:{w.redis_path}", "-o", f"watch.file={w.rules_path}", "-o", "collector.socket=/nonexistent/c.sock")
        assert done.returncode == 1 and "watch.conf:2" in done.stderr, done
        w.rules(f"[rule a]\nmatch = file {list_path}\n[rule b]\nmatch = zone two.example\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: w.metric("collector_watch_rules") == 2 and w.metric("collector_watch_stale") == 0)
        pathlib.Path(f"{w.folder}/list.new").write_text("three.example\n")
        os.rename(f"{w.folder}/list.new", list_path)  # read again without a signal
        until(lambda: w.log().count("watch: 2 rules") == 2)
        d.records([a("x.two.example", "192.0.2.1"), a("x.three.example", "192.0.2.1"), a("y.one.example", "192.0.2.1")])
        d.wait()
        w.expect("a new x.one.example A 192.0.2.1", "b new x.two.example A 192.0.2.1", "a new x.three.example A 192.0.2.1")
        done = run("--check", "-o", f"redis=unix:{w.redis_path}", "-o", f"watch.file={w.rules_path}")
        assert done.returncode == 0 and "watch: 2 rules, 2 names and networks" in done.stdout, done
        w.stop()
        w.rules("[rule a]\nmatch = zone a..b\n")
        w.start(f"watch.file={w.rules_path}", wait=False)
        assert w.collector.wait(20) == 1 and "found 'a..b'" in w.log()


def test_killed_again_and_again():
    """Each alert once, whenever the collector is killed; and one collector of two watches."""
    with Watch() as w:
        w.rules("[rule zone]\nmatch = zone example.com\n")
        w.begin()
        d = Dataplane(w.path).connect()
        for n in range(8):
            for k in range(10):
                d.records([a(f"host{n}-{k}-{i}.example.com", "192.0.2.1") for i in range(30)])
            time.sleep(0.05 * (n % 4))
            w.kill()
            w.begin()
            d.connect()
        d.wait()
        until(lambda: len(w.alerts()) >= 2400, 20)
        ids = [f["id"] for f in w.alerts()]
        assert len(ids) == len(set(ids)) == 2400 == len({f["name"] for f in w.alerts()}), (len(ids), len(set(ids)))


def test_falls_behind():
    """What leaves the stream before the watcher reads it is counted. Without pdns:new, rules work as well."""
    with Watch() as w:
        w.rules("[rule zone]\nmatch = zone example.com\n")
        w.begin("new.max=0")
        d = Dataplane(w.path).connect()
        d.records([a("first.example.com", "192.0.2.1")])
        d.wait()
        w.expect("zone new first.example.com A 192.0.2.1")
        assert w.cli("EXISTS", "pdns:new") == "0"
        w.stop()
        redis = Resp(w.redis_path)
        for i in range(1000):
            redis("XADD", "pdns:watch:matched", "MAXLEN", "~", "100", "*", "name", f"n{i}.example.com", "type", "A", "rdata", "192.0.2.1", "first", str(NOW))
        left = redis("XLEN", "pdns:watch:matched")
        w.begin()
        until(lambda: len(w.alerts()) == 1 + left)
        assert w.metric("collector_watch_gaps_total") == 1, w.log()
        assert w.metric("collector_watch_missed_total") == 1000 - left, (w.metric("collector_watch_missed_total"), left)
        assert "records were removed from the stream watch:matched before they were looked at" in w.log()


def test_cluster():
    """In a Redis Cluster keys are on several nodes."""
    with World() as w:
        cluster = Cluster(w, replicas=0)
        try:
            pathlib.Path(f"{w.folder}/watch.conf").write_text("""
[rule all]
match = zone example.com
news = moved, changed, burst 3 in 1h, again after 1d
[rule own]
match = zone own.example
news = tamper
learn = 0
""")
            w.start(f"watch.file={w.folder}/watch.conf", redis=cluster.seed())
            d = Dataplane(w.path).connect()
            d.records([a(f"h{i}.example.com", "192.0.2.1", NOW - 9 * DAY) for i in range(10)] +
                      [a("www.own.example", "192.0.2.9"), ns("example.com", "ns1.x.example", NOW - 9 * DAY)])
            d.wait()
            w.settled()
            d.records([a("h1.example.com", "203.0.113.1"), a("h2.example.com", "192.0.2.1", flags=0), ns("example.com", "ns2.x.example")])
            d.wait()

            def kinds():
                found = []
                for port in cluster.primaries():
                    answer = Resp(port).pipe([("XRANGE", "pdns:alert", "-", "+")])[0]  # MOVED on all nodes but one
                    found += [fields[5] + " " + fields[7] for _, fields in answer] if isinstance(answer, list) else []
                return sorted(kind for kind in found if "burst" not in kind)

            until(lambda: kinds() == ["again h2.example.com", "changed example.com", "moved h1.example.com", "tamper www.own.example"])
            until(lambda: w.metric('collector_alerts_total{kind="burst"}') == 1)
        finally:
            cluster.close()


if __name__ == "__main__":
    run_tests(globals())
