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

    def looked_at(self, records):
        """Until the watcher has looked at so many new records."""
        until(lambda: (self.metric('collector_watch_records_total{outcome="looked_at"}') or 0) >= records)


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
        assert w.metric('collector_rule_alerts_total{rule="zone"}') == 2 and w.metric('collector_alerts_total{kind="new"}') == 6
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


if __name__ == "__main__":
    run_tests(globals())
