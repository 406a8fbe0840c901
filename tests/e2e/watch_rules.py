#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Watch rules of the collector: from records of a dataplane to alerts in Redis; what is killed and what is wrong on the way.

    watch_rules.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import os
import pathlib
import signal
import subprocess
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


if __name__ == "__main__":
    run_tests(globals())
