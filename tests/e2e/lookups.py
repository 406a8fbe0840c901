#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What lookups answer, read as the clients read it.

    lookups.py --records      the records to import
    lookups.py BASE           asks the server that has them

Exit status 0 only where all is well.
"""
import http.client
import json
import sys
import urllib.parse

import dns.rdatatype

TYPES = [*range(1, 300), *range(32760, 32776), *range(65270, 65536)]
failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED:", what)


def record(name, rdtype, rdata, last=1700000000, count=1, first=1600000000):
    return {"rrname": name, "rrtype": rdtype, "rdata": rdata, "time_first": first, "time_last": last, "count": count}


def records():
    for n in TYPES:
        yield record("types.example", "TYPE%d" % n, "\\# 1 00")
    yield record("*.flooded.example", "TYPE0", "\\# 0")
    yield record("*.flooded.example", "A", "\\# 0")


class Client:
    def __init__(self, base):
        url = urllib.parse.urlsplit(base)
        self.host, self.port = url.hostname, url.port

    def ask(self, path, method="GET", body=None, headers=None):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, data

    def lines(self, path, **more):
        status, _, body = self.ask(path, **more)
        check(status == 200, "%s: %d %s" % (path, status, body.strip()))
        return [json.loads(line) for line in body.splitlines()] if status == 200 else []

    def dnsdb(self, path):
        """The objects in DNSDB's frame, and its last line."""
        lines = self.lines("/dnsdb/v2" + path)
        check(len(lines) > 1 and lines[0] == {"cond": "begin"} and "cond" in lines[-1], path + ": frame")
        return [line["obj"] for line in lines[1:-1]], lines[-1] if lines else {}


def part_cof(client):
    """PyPDNS: RdataType[name] or RdataType(number); one that it does not know costs the whole answer."""
    got = client.lines("/pdns/query/types.example?limit=0")
    check(len(got) == len(TYPES), "types below /pdns/: %d of %d" % (len(got), len(TYPES)))
    seen = set()
    for o in got:
        rrtype = o["rrtype"]
        if isinstance(rrtype, str):
            check(rrtype in dns.rdatatype.RdataType.__members__, "PyPDNS does not know '%s'" % rrtype)
            seen.add(int(dns.rdatatype.RdataType[rrtype]))
        else:
            name = dns.rdatatype.to_text(rrtype).replace("-", "_")
            check(type(rrtype) is int and (name not in dns.rdatatype.RdataType.__members__ or rrtype == 23), "%s as a number" % name)
            seen.add(rrtype)
    check(seen == set(TYPES), "types below /pdns/ are others")
    pages, cursor = [], None
    while True:
        headers = {"dribble-paginate-count": "50"}
        if cursor:
            headers["dribble-paginate-cursor"] = cursor
        _, answer, body = client.ask("/pdns/query/types.example", headers=headers)
        pages += [json.loads(line) for line in body.split("\n") if line]
        cursor = answer["x-dribble-cursor"]
        if not cursor:
            break
    check(pages == got, "pages of PyPDNS.iter_query")
    check([o["rrtype"] for o in client.lines("/pdns/query/types.example", headers={"dribble-filter-rrtype": "TYPE65400"})] == [65400], "dribble-filter-rrtype")
    for path in ("/pdns/query/*.flooded.example", "/pdns/fquery/*.flooded.example"):
        check([o["rrtype"] for o in client.lines(path)] == ["A"], path + ": a flood's placeholder")
    elsewhere = {o["rrtype"] for o in client.lines("/api/lookup?limit=0&q=types.example")}
    check("TYPE65400" in elsewhere and all(isinstance(t, str) for t in elsewhere), "types elsewhere")
    check({o["rrtype"] for o in client.lines("/api/lookup?q=*.flooded.example")} == {"TYPE0", "A"}, "a flood's placeholder elsewhere")


def main():
    if sys.argv[1] == "--records":
        for r in records():
            print(json.dumps(r))
        return
    client = Client(sys.argv[1])
    for part in (part_cof,):
        part(client)
    if failures:
        sys.exit("%d checks failed" % len(failures))
    print("all is well")


main()
