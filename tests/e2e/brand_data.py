#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Made-up names around the trademark examplebank, as JSON lines for lookback import. Times are relative to now.

    brand_data.py > FILE
"""
import json, time

NOW = int(time.time())
DAY = 86400


def puny(label):
    return "xn--" + label.encode("punycode").decode()


def record(name, kind, rdata, first_days, last_days=1, count=3):
    print(json.dumps({"rrname": name, "rrtype": kind, "rdata": rdata, "time_first": NOW - first_days * DAY - 60,
                      "time_last": NOW - last_days * DAY - 30, "count": count}))


def domain(name, first, address=None, mx=None, spf=None, ns=("ns1.dns.example", "ns2.dns.example"), host=None):
    """A registered domain and, if `host` is given, a look-alike below it."""
    for server in ns:
        record(name, "NS", server, first)
    if address:
        record(host or name, "A", address, first)
    if mx:
        record(name, "MX", mx, first)
    if spf:
        record(name, "TXT", spf, first)


# the trademark's own
domain("examplebank.com", 900, "192.0.2.1", "10 mail.examplebank.com", '"v=spf1 mx -all"')
domain("examplebank.com", 900, "192.0.2.2", host="login.examplebank.com")
domain("examplebank-group.example", 900, "192.0.2.3")
# look-alikes, one of each kind
domain(puny("exаmplebank") + ".com", 2, "198.51.100.1", "10 mx.evil.example", '"v=spf1 ip4:198.51.100.1 -all"')  # Cyrillic а
domain("examp1ebank.com", 40, "198.51.100.2", "0 .", '"v=spf1 -all"')
domain("example-bank.net", 20, "198.51.100.3")
domain("examplebankk.com", 5, "198.51.100.4", "10 mx.evil.example")  # contains
domain("exmplebank.com", 400, None, None)  # one edit, does not resolve
domain("exannplebank.org", 3, "198.51.100.6", "5 mx.evil.example")  # similar letters
domain("examplebank.shop", 1, "198.51.100.7")
domain("evil.example", 500, "198.51.100.8", "10 mx.evil.example", host="examplebank.com.login-verify.evil.example")
for i in range(40):
    domain("many.example", 90, f"198.51.100.{100 + i}", host=f"h{i}.examplebank.many.example")
# hostile names and RDATA
record('<script>alert(1)</script>.examplebank.hostile.example', "A", "198.51.100.50", 6)
record('"><img\\032src=x\\032onerror=alert(1)>examplebank.hostile.example', "A", "198.51.100.51", 6)
record("hostile.example", "TXT", '"v=spf1 <b>&amp;</b> ~all"', 6)
record("=cmd|'/c\\032calc'!a0.examplebank-formula.example", "A", "198.51.100.52", 6)
record("=examplebank.example", "A", "198.51.100.53", 6)
record("examplebank\\010\\027x.control.example", "A", "198.51.100.54", 6)
record("xn--examplebank-99999999.example", "A", "198.51.100.55", 6)
# others
for name in ("www.unrelated.example", "bank.example", "samplebank.com", "example.com"):
    record(name, "A", "203.0.113.1", 50)
