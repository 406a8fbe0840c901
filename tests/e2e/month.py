#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A made-up month of DNS answers with events hidden in it, and what the watch rules should report.

    month.py make FOLDER [--seed N]      week1.pcap … week5.pcap, watch.conf, expected.json
    month.py check FOLDER --redis SOCK   compares the stream pdns:alert with expected.json; prints found, missed, false

The events: a hijacked name server, a look-alike domain with a mail server, a name that changes its addresses all the time (fast
flux), a name that is silent for three weeks, a known bad address, and a domain with random names. All else is ordinary traffic:
names with one or two addresses of a few shared hosts, new names on each day.
"""
import argparse
import json
import pathlib
import random
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
from make_capture import A, MX, NS, frame, wire  # noqa: E402

START_S = 1725148800  # 2024-09-01
DAY_S = 86400
WEEK_S = 6 * DAY_S  # five of them make the month

OWN = "trustybank.example"
WATCH = f"""# made by month.py
[rule own]
match = zone {OWN}
news = tamper

[rule lookalike]
match = keyword trustybank, not zone {OWN}

[rule again]
match = zone partner-portal.example
news = again after 14d

[rule moved]
match = name portal.fluxhost.example
news = moved

[rule bad]
match = address 203.0.113.66

[rule burst]
match = zone tunnel.example
news = burst 50 in 1h
"""


class Month:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.answers = []  # time, question, records
        self.hosts = [f"198.51.{self.dice.randrange(100)}.{n}" for n in range(1, 30)]

    def at(self, day):
        """A moment of a day, 1 to 30."""
        return START_S + (day - 1) * DAY_S + self.dice.randrange(DAY_S)

    def say(self, time, name, rrtype, *values):
        """An answer about `name`."""
        rdata = []
        for value in values:
            if rrtype == A:
                rdata.append(socket.inet_aton(value))
            elif rrtype == MX:
                rdata.append(struct.pack(">H", 10) + wire(value))
            else:
                rdata.append(wire(value))
        self.answers.append((time, name, rrtype, rdata))

    def ordinary(self):
        for n in range(300):
            domain, hoster = f"{self.word()}{n}.example", self.dice.randrange(5)
            begins = 1 if n < 200 else self.dice.randrange(1, 30)
            addresses = self.dice.sample(self.hosts, self.dice.choice((1, 1, 2)))
            for _ in range(self.dice.randrange(2, 12)):
                day = self.dice.randrange(begins, 31)
                self.say(self.at(day), "www." + domain, A, *addresses)
                self.say(self.at(day), domain, NS, f"ns1.hoster{hoster}.example", f"ns2.hoster{hoster}.example")
                if n % 3 == 0:
                    self.say(self.at(day), domain, MX, f"mx.hoster{hoster}.example")
        for day in range(1, 31):  # what is one's own
            self.say(self.at(day), OWN, NS, f"ns1.{OWN}", f"ns2.{OWN}")
            self.say(self.at(day), f"www.{OWN}", A, "192.0.2.10", "192.0.2.11")
            self.say(self.at(day), OWN, MX, f"mail.{OWN}")
        for day in range(1, 31):  # seen often: never silent
            self.say(self.at(day), "login.partner-portal.example", A, "192.0.2.77")
        for day in range(1, 31):  # several names an hour are no burst
            self.say(self.at(day), f"host{day}.tunnel.example", A, "192.0.2.99")

    def word(self):
        return "".join(self.dice.choice("bcdfghjklmnprstvwz") + self.dice.choice("aeiou") for _ in range(self.dice.randrange(3, 6)))

    def hidden(self):
        """The events; each yields what should be reported: rule, kind, name, type, rdata."""
        expected = []
        day = self.dice.randrange(14, 25)
        self.say(self.at(day), OWN, NS, "ns1.evil-dns.example")
        expected.append(("own", "tamper", OWN, "NS", "ns1.evil-dns.example"))
        self.say(self.at(day), f"www.{OWN}", A, "203.0.113.200")
        expected.append(("own", "tamper", f"www.{OWN}", "A", "203.0.113.200"))
        day = self.dice.randrange(5, 28)
        self.say(self.at(day), "trvstybank-login.example", MX, "mx.evil-mail.example")
        expected.append(("lookalike", "new", "trvstybank-login.example", "MX", "10 mx.evil-mail.example"))
        self.say(self.at(day), "trustybank-secure.example", A, self.hosts[3])
        expected.append(("lookalike", "new", "trustybank-secure.example", "A", self.hosts[3]))
        for day in (1, 2, 28):
            self.say(self.at(day), "old.partner-portal.example", A, "192.0.2.78")
        expected.append(("again", "again", "old.partner-portal.example", "A", "192.0.2.78"))
        first = f"198.18.{self.dice.randrange(100)}.1"
        for day in range(1, 14):
            self.say(self.at(day), "portal.fluxhost.example", A, first)
        for n in range(12):
            address = f"{100 + n}.{self.dice.randrange(250)}.7.{n + 1}"
            self.say(self.at(14 + n), "portal.fluxhost.example", A, address)
            expected.append(("moved", "moved", "portal.fluxhost.example", "A", address))
        for n in range(3):
            name = f"cc{n}.{self.word()}.example"
            self.say(self.at(self.dice.randrange(1, 31)), name, A, "203.0.113.66")
            expected.append(("bad", "new", name, "A", "203.0.113.66"))
        begin = START_S + 20 * DAY_S
        for n in range(200):
            self.say(begin + n * 10, f"{self.dice.getrandbits(40):x}.tunnel.example", A, "192.0.2.99")
        expected.append(("burst", "burst", None, None, None))
        return expected

    def write(self, folder):
        self.answers.sort(key=lambda a: a[0])
        for week in range(5):
            number = 0
            with open(folder / f"week{week + 1}.pcap", "wb") as f:
                f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
                for time, name, rrtype, rdata in self.answers:
                    if not week * WEEK_S <= time - START_S < (week + 1) * WEEK_S:
                        continue
                    number += 1
                    body = struct.pack(">HHHHHH", number % 65536, 0x8400, 1, len(rdata), 0, 0) + wire(name) + struct.pack(">HH", rrtype, 1)
                    for value in rdata:
                        body += b"\xc0\x0c" + struct.pack(">HHIH", rrtype, 1, 300, len(value)) + value
                    packet = frame(body, number)
                    f.write(struct.pack("<IIII", time, number % 1000000, len(packet), len(packet)) + packet)


def make(folder, seed):
    month = Month(seed)
    month.ordinary()
    expected = month.hidden()
    month.write(folder)
    (folder / "watch.conf").write_text(WATCH, encoding="ascii")
    (folder / "expected.json").write_text(json.dumps(expected), encoding="ascii")


def read_alerts(sock):
    import redis  # Debian's python3-redis
    r = redis.Redis(unix_socket_path=sock, decode_responses=True)
    return [fields for _, fields in r.xrange("pdns:alert")]


def check(folder, sock):
    expected = {tuple(e) for e in json.loads((folder / "expected.json").read_text())}
    found, false, ids = set(), [], set()
    for a in read_alerts(sock):
        if a["id"] in ids:
            false.append(("twice", a))
        ids.add(a["id"])
        key = (a["rule"], a["kind"], a["name"], a["type"], a["rdata"])
        if a["kind"] == "burst":
            key = (a["rule"], "burst", None, None, None)
        if key in expected:
            found.add(key)
        else:
            false.append(a)
    missed = expected - found
    print(f"{len(found)} of {len(expected)} events found, {len(missed)} missed, {len(false)} false")
    for m in sorted(missed, key=str):
        print("missed:", *m)
    for a in false:
        print("false:", a)
    return 0 if not missed and not false else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=("make", "check"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--redis")
    args = parser.parse_args()
    if args.do == "make":
        make(args.folder, args.seed)
        return 0
    return check(args.folder, args.redis)


sys.exit(main())
