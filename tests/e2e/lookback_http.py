#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The HTTP server as its clients use it, and as they should not.

    lookback_http.py BASE GOLDEN.tsv... [--part NAME]

Parts: traps (what the clients of DNSDB stumble over), records (every golden record by name, address and
target), abuse (methods, paths, escapes, sizes, slow and many clients). Exit status 0 only where all is well.
"""
import argparse
import base64
import http.client
import json
import os
import random
import socket
import ssl
import sys
import threading
import time
import urllib.parse

from golden import read as read_golden

KEYS = {"bailiwick", "count", "raw_rdata", "rdata", "rrname", "rrtype", "time_first", "time_last", "zone_time_first",
        "zone_time_last"}
failures = []


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED:", what)


class Client:
    def __init__(self, base):
        url = urllib.parse.urlsplit(base)
        self.host, self.port, self.tls = url.hostname, url.port, url.scheme == "https"

    def ask(self, path, method="GET", body=None, headers=None):
        """(status, headers, body)"""
        if self.tls:
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=30, context=context)
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, answer.headers, data

    def dnsdb(self, path):
        """The objects of an answer, its frame looked at."""
        status, headers, body = self.ask("/dnsdb/v2" + path)
        check(status == 200, "%s: %d" % (path, status))
        check(headers["Content-Type"] == "application/x-ndjson", path + ": content type")
        check(body.endswith(b"\n") and b"\n\n" not in body, path + ": a blank line, or none at the end")
        lines = [json.loads(line) for line in body.splitlines()]
        check(lines[0] == {"cond": "begin"}, path + ": begin")
        check(lines[-1].get("cond") in ("succeeded", "limited"), path + ": end")
        objects = [line["obj"] for line in lines[1:-1]]
        for o in objects:
            check(set(o) <= KEYS | {"num_results"}, path + ": keys " + str(set(o)))
        return objects, lines[-1]


DNSSEC = {"DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY", "DLV", "TA"}


def dotted(name):
    return name if name == "." else name + "."


def part_records(client, golden):
    by_name = {}
    for (name, rdtype, rdata), values in golden.items():
        by_name.setdefault(name, {})[(rdtype, rdata)] = values
    for name, records in by_name.items():
        path = "/lookup/rrset/name/" + urllib.parse.quote(name, safe="")
        got, _ = client.dnsdb(path)
        got += client.dnsdb(path + "/ANY-DNSSEC")[0]
        check(len(got) == len(records), "%s: %d records, not %d" % (name, len(got), len(records)))
        seen = {}
        for o in got:
            check(o["rrname"] == dotted(name) and isinstance(o["rdata"], list) and len(o["rdata"]) == 1, name + ": shape")
            check(o["bailiwick"].endswith("."), name + ": bailiwick")
            check(all(type(o[k]) is int for k in ("count", "time_first", "time_last")), name + ": integers")
            seen.setdefault(o["rrtype"], []).append([o["count"], o["time_first"], o["time_last"]])
        expected = {}
        for (rdtype, _), values in records.items():
            expected.setdefault(rdtype, []).append(values)
        for rdtype, values in expected.items():
            check(sorted(values) == sorted(seen.get(rdtype, [])), "%s %s: counts and times" % (name, rdtype))
        status, _, body = client.ask("/pdns/query/" + urllib.parse.quote(name, safe=""))
        lines = [json.loads(line) for line in body.splitlines()]
        check(status == 200 and {(o["rrtype"], o["rdata"]) for o in lines} == set(records), name + ": COF")
    addresses = {}
    for (name, rdtype, rdata) in golden:
        if rdtype in ("A", "AAAA"):
            addresses.setdefault(rdata, set()).add(dotted(name))
    for address, names in addresses.items():
        got, _ = client.dnsdb("/lookup/rdata/ip/" + urllib.parse.quote(address, safe=""))
        check({o["rrname"] for o in got} == names and all(o["rdata"] == address for o in got), address + ": names")
        check(all("bailiwick" not in o for o in got), address + ": bailiwick in an rdata lookup")
    got, _ = client.dnsdb("/lookup/rdata/ip/0.0.0.0,0?limit=0")
    check(len(got) == sum(1 for k in golden if k[1] == "A"), "0.0.0.0/0")
    got, _ = client.dnsdb("/lookup/rrset/name/*.?limit=0")
    check(len(got) == sum(1 for k in golden if k[1] not in DNSSEC), "*. without DNSSEC types: %d" % len(got))
    body = "\n".join(list(by_name) + ["no.such.name.invalid"]).encode()
    status, _, answer = client.ask("/api/bulk?limit=0", "POST", body)
    lines = [json.loads(line) for line in answer.splitlines()]
    check(status == 200 and sum(1 for o in lines if "rrname" in o) == len(golden), "bulk: records")
    check([o for o in lines if "rrname" not in o] == [{"query": "no.such.name.invalid", "found": False}], "bulk: misses")
    status, _, answer = client.ask("/api/export")
    check(status == 200 and len(answer.splitlines()) == len(golden), "export")


def part_traps(client, golden):
    name, rdtype, rdata = next(k for k in golden if k[1] == "A")
    address = rdata
    plain, _ = client.dnsdb("/lookup/rrset/name/" + name)
    for path in ("/lookup/rrset/name/%s." % name.upper(), "/lookup/rrset/name/%s/any" % name,
                 "/lookup/rrset/name/%s/" % name, "/lookup/rrset/name/%s?aggr=True&swclient=x&id=1&unknown=%%20" % name,
                 "/lookup/rrset/name/" + name.replace(".", "[.]"), "/lookup/rrset/name/%s?limit=0" % name,
                 "/lookup/rrset/name/" + "".join("%%%02x" % ord(c) for c in name)):
        check(client.dnsdb(path)[0] == plain, path + " differs from the plain form")
    network = address.rsplit(".", 1)[0] + ".0"
    forms = [client.dnsdb("/lookup/rdata/ip/" + form)[0] for form in
             (network + ",24", network + "%2C24", network + "%2F24", network + "%252F24", network + "-" +
              network[:-1] + "255")]
    check(forms[0] and all(form == forms[0] for form in forms), "prefixes: forms differ")
    got, _ = client.dnsdb("/lookup/rrset/name/%s/%s" % (name, "a"))
    check(got and all(o["rrtype"] == "A" for o in got), "a type in lower case")
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    check(client.dnsdb("/lookup/rrset/raw/" + wire.hex())[0] == plain, "rrset/raw")
    raw = bytes(int(n) for n in address.split(".")).hex()
    check(client.dnsdb("/lookup/rdata/raw/" + raw)[0] == client.dnsdb("/lookup/rdata/ip/" + address)[0], "rdata/raw")
    check(client.dnsdb("/lookup/rrset/name/no.such.name.invalid") == ([], {"cond": "succeeded"}), "nothing found")
    check(client.ask("/pdns/query/no.such.name.invalid")[2] == b"", "COF: nothing found")

    everything, end = client.dnsdb("/lookup/rrset/name/*.?limit=5")
    check(len(everything) == 5 and end["cond"] == "limited" and "msg" in end, "limit")
    behind, _ = client.dnsdb("/lookup/rrset/name/*.?limit=3&offset=2")
    check(behind == everything[2:], "offset comes before limit")
    ordered, _ = client.dnsdb("/lookup/rrset/name/*.?limit=0&sort=-count")
    check([o["count"] for o in ordered] == sorted((o["count"] for o in ordered), reverse=True), "sort=-count")
    o = plain[0]
    for fence in ("time_last_after=%d" % o["time_last"], "time_last_before=%d" % o["time_last"],
                  "time_first_after=%d" % o["time_first"], "time_first_before=%d" % o["time_first"]):
        check(o in client.dnsdb("/lookup/rrset/name/%s?%s" % (name, fence))[0], fence + " is not inclusive")
    for fence in ("time_last_after=%d" % (o["time_last"] + 1), "time_first_before=%d" % (o["time_first"] - 1),
                  "time_last_after=-60"):
        check(o not in client.dnsdb("/lookup/rrset/name/%s?%s" % (name, fence))[0], fence)
    human, _ = client.dnsdb("/lookup/rrset/name/%s?humantime=True" % name)
    check(human[0]["time_first"].endswith("Z") and "T" in human[0]["time_first"], "humantime")
    total, _ = client.dnsdb("/summarize/rrset/name/*.?limit=0")
    check(len(total) == 1 and total[0]["num_results"] == len(ordered) and
          total[0]["count"] == sum(o["count"] for o in ordered), "summarize")
    few, end = client.dnsdb("/summarize/rrset/name/*.?limit=0&max_count=1")
    check(few[0]["num_results"] == 1 and end["cond"] == "limited", "max_count")
    check(client.dnsdb("/summarize/rrset/name/no.such.name.invalid")[0] == [], "summarize: nothing")
    zone = ".".join(name.split(".")[-2:])
    found, _ = client.dnsdb("/glob/rrnames/*%s." % zone)
    check(dotted(name) in {o["rrname"] for o in found}, "glob")
    found, _ = client.dnsdb("/regex/rrnames/" + urllib.parse.quote("^%s\\.$" % name.replace(".", "\\."), safe=""))
    check({o["rrname"] for o in found} == {dotted(name)}, "regex")

    # flexible search, as dnsdb2 (Farsight's client, which MISP's module uses) asks
    part = name.split(".")[0]
    for verb, all_names, some in (("glob", "*.", part + "*"), ("regex", ".", "^" + part.replace("-", ".")),):
        for side, field in (("rrnames", "rrname"), ("rdata", "rdata")):
            path = "/%s/%s/%s?limit=0&offset=0&swclient=dnsdb2python&version=1" % (verb, side, urllib.parse.quote(all_names, safe=""))
            every, _ = client.dnsdb(path)
            rest, _ = client.dnsdb(path + "&exclude=" + urllib.parse.quote(some, safe=""))
            check(every and rest == [o for o in every if not o[field].startswith(part)], "%s %s: exclude" % (verb, side))
            human, _ = client.dnsdb(path + "&humantime=True")
            check(len(human) == len(every) and all(o["time_first"].endswith("Z") and o["time_last"].endswith("Z") for o in human), "%s %s: humantime" % (verb, side))
            brief, _ = client.dnsdb(path + "&verbose=False")
            check(brief == [{k: o[k] for k in o if k in (field, "rrtype", "raw_rdata")} for o in every], "%s %s: verbose" % (verb, side))
    # each once, however many records have it; limit and offset count what is shown; RDATA as lookups write it
    for side, field in (("rrnames", "rrname"), ("rdata", "rdata")):
        every, _ = client.dnsdb("/glob/%s/*?limit=0" % side)
        check(len({(o[field], o["rrtype"]) for o in every}) == len(every), side + ": one comes twice")
        few, end = client.dnsdb("/glob/%s/*?limit=3&offset=2" % side)
        check(few == every[2:5] and end["cond"] == "limited", side + ": limit and offset of objects")
        check(client.dnsdb("/glob/%s/*?limit=%d" % (side, len(every))) == (every, {"cond": "succeeded"}), side + ": limit of all")
    expected = {}
    for o in client.dnsdb("/lookup/rdata/name/*.?limit=0")[0]:
        expected[o["rdata"], o["rrtype"]] = expected.get((o["rdata"], o["rrtype"]), 0) + o["count"]
    check({(o["rdata"], o["rrtype"]): o["count"] for o in every} == expected and any(k[1] == "SOA" for k in expected), "glob rdata: all, summed up")
    word = max((part for k in golden for part in k[0].split(".")), key=lambda w: sum(w in k[0] for k in golden) if len(w) > 3 else 0)
    found = client.ask("/api/find?limit=0&q=" + word)[2].splitlines()
    check(len(found) > 3 and client.ask("/api/find?limit=2&offset=1&q=" + word)[2].splitlines() == found[1:3], "find: limit and offset of names")
    check(client.ask("/dnsdb/v2/regex/rrnames/a?exclude=%28")[0] == 400, "a broken exclude")
    check(client.ask("/api/lookup?q=example.com&type=A%2")[0] == 400, "a broken escape in a parameter")
    check(client.ask("/api/lookup?q=example.com&type=" + ",".join(["A"] * 1200))[0] == 400, "a parameter that is too long")
    check(client.ask("/dnsdb/v2/regex/rrnames/a?exclude=" + "a" * 600)[0] == 400, "a long exclude")

    # dnsdb_query of MISP, on v1: an object a line, in ASCII, nothing else
    status, _, body = client.ask("/lookup/rrset/name/%s?limit=5" % name, headers={"Accept": "application/json", "X-Api-Key": "x"})
    check(status == 200 and [json.loads(line) for line in body.decode("ascii").split("\n")[:-1]] == plain[:5], "v1, as dnsdb_query asks")
    check(client.ask("/lookup/rdata/ip/%s,24?time_first_after=1&time_last_before=4000000000" % network)[0] == 200, "v1: a prefix between times")

    for path, code in (("/dnsdb/v2/lookup/rrset/name/%s/NOSUCH" % name, 400), ("/dnsdb/v2/lookup", 400),
                       ("/dnsdb/v2/lookup/rrset/name", 400), ("/dnsdb/v2/lookup/rrset/ip/192.0.2.1", 400),
                       ("/dnsdb/v2/lookup/rdata/ip/192.0.2.0,33", 400), ("/dnsdb/v2/lookup/rdata/ip/x", 400),
                       ("/dnsdb/v2/lookup/rrset/raw/0", 400), ("/dnsdb/v2/lookup/rrset/raw/05aa", 400),
                       ("/dnsdb/v2/lookup/rrset/name/a..b", 400), ("/dnsdb/v2/lookup/rrset/name/%zz", 400),
                       ("/dnsdb/v2/lookup/rrset/name/%00", 400), ("/dnsdb/v2/lookup/rrset/name/x/A/y/z", 400),
                       ("/dnsdb/v2/lookup/rrset/name/x?limit=-1", 400), ("/dnsdb/v2/lookup/rrset/name/x?limit=1e9", 400),
                       ("/dnsdb/v2/lookup/rrset/name/x?offset=999999999999", 416),
                       ("/dnsdb/v2/lookup/rrset/name/x?time_first_after=soon", 400),
                       ("/dnsdb/v2/regex/rrnames/%28", 400), ("/dnsdb/v2/regex/rrnames/(a)%5C1", 400), ("/dnsdb/v2/nosuch", 400), ("/nosuch", 404),
                       ("/dnsdb/v3/lookup", 404), ("/pdns/query/", 400), ("/api/lookup", 400), ("/api/find?q=x", 400),
                       ("/dnsdb/v2/lookup/rrset/name/" + "a" * 9000, 414)):
        status, headers, body = client.ask(path)
        check(status == code, "%s: %d, not %d" % (path[:80], status, code))
        check(body.count(b"\n") == 1 and body.endswith(b"\n"), path[:80] + ": an error has one line")
    check(json.loads(client.ask("/dnsdb/v2/ping")[2]) == {"ping": "ok"}, "ping")
    check(json.loads(client.ask("/dnsdb/v2/rate_limit")[2]) ==
          {"rate": {"reset": "n/a", "limit": "unlimited", "remaining": "n/a"}}, "rate_limit")

    # everything: by cursors as in one go, as CSV by either way of asking, and without a body
    whole = set(client.ask("/api/export")[2].splitlines())
    pages, cursor = set(), ""
    for _ in range(10000):
        lines = client.ask("/api/export?limit=1&cursor=" + cursor)[2].splitlines()
        told = [json.loads(line)["cursor"] for line in lines if line.startswith(b'{"cursor"')]
        pages |= {line for line in lines if not line.startswith(b'{"cursor"')}
        if not told:
            break
        cursor = told[-1]
    check(pages == whole and len(whole) == len(golden), "export by cursors: %d of %d" % (len(pages), len(whole)))
    for path, headers in (("/api/export?format=csv", {}), ("/api/export", {"Accept": "text/csv"})):
        status, answered, body = client.ask(path, headers=headers)
        check(answered["Content-Type"].startswith("text/csv") and len(body.splitlines()) == len(golden) + 1, "CSV: " + path)
    check(len(client.ask("/api/export?limit=3")[2].splitlines()) == 3, "export: limit")
    check(client.ask("/api/export", "HEAD")[0] == 200, "export: HEAD")
    for path in ("/api/export?cursor=x", "/api/export?cursor=redis-00000000-5", "/api/export?limit=x", "/api/export?type=nosuch"):
        check(client.ask(path)[0] == 400, path)
    check(client.ask("/pdns/query/b%C3%BCcher.example")[0] == 200, "an internationalised name")
    check(client.ask("/pdns/query/%FF%FE.example")[0] == 400, "octets that are no UTF-8")

    # PyPDNS: pages, and a filter of types
    owner = max({k[0] for k in golden}, key=lambda n: sum(1 for k in golden if k[0] == n))
    whole = client.ask("/pdns/query/" + owner)[2].splitlines()
    pages, cursor = [], None
    for _ in range(100):
        headers = {"dribble-paginate-count": "2", "dribble-disable-active-query": "1", "User-Agent": "PyPDNS / 2.3.0",
                   "Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
        if cursor:
            headers["dribble-paginate-cursor"] = cursor
        status, answered, body = client.ask("/pdns/query/" + owner, headers=headers)
        pages += body.splitlines()
        cursor = answered["x-dribble-cursor"]
        if not cursor:
            break
        check(str(int(cursor)) == cursor and int(cursor) > 0, "dribble: PyPDNS takes the cursor for a positive number: " + cursor)
    check(len(whole) > 2 and pages == whole, "dribble: pages differ from the whole")
    for line in whole:  # what PyPDNS checks, and what MISP reads of each record
        o = json.loads(line)
        check(all(type(o[k]) is str for k in ("rrname", "rrtype", "rdata", "origin")) and
              all(type(o[k]) is int for k in ("time_first", "time_last", "count")), "PyPDNS: types of members")
    headers = {"dribble-paginate-count": "50"}
    check(client.ask("/pdns/query/no.such.name.invalid", headers=headers)[1:][0]["x-dribble-cursor"] is None, "dribble: a cursor of nothing")
    prefix = client.ask("/pdns/query/%s/24" % network)[2]
    check(prefix and prefix == client.ask("/pdns/query/%s%%2F24" % network)[2], "PyPDNS: the slash of a prefix comes as it is: %r" % prefix[:100])
    kind = json.loads(whole[0])["rrtype"]
    narrowed = client.ask("/pdns/query/" + owner, headers={"dribble-filter-rrtype": kind})[2].splitlines()
    check({json.loads(line)["rrtype"] for line in narrowed} == {kind}, "dribble-filter-rrtype")


def part_keys(client, key):
    path = "/dnsdb/v2/lookup/rrset/name/example.com"
    check(client.ask(path)[0] == 401, "no key: 401")
    check(client.ask(path, headers={"X-API-Key": "wrong"})[0] == 403, "a wrong key: 403")
    check(client.ask("/metrics")[0] == 200 and client.ask("/readyz")[0] in (200, 503), "metrics need no key")
    basic = base64.b64encode(b"me:" + key.encode()).decode()
    for headers in ({"X-API-Key": key}, {"Authorization": key}, {"Authorization": "Basic " + basic},
                    {"Authorization": "Bearer " + key}):
        check(client.ask(path, headers=headers)[0] == 200, "a key as %s" % list(headers))
    rate = json.loads(client.ask("/dnsdb/v2/rate_limit", headers={"X-API-Key": key})[2])["rate"]
    check(rate["limit"] == 6 and rate["remaining"] == 2 and type(rate["reset"]) is int, "rate_limit: %s" % rate)
    for name in ("rate_limit", "ping"):  # names as any other: only the paths of their own are free
        status, _, body = client.ask("/pdns/query/%s" % name, headers={"X-API-Key": key})
        check(status == 200 and body == b"", "a name %s: %d %s" % (name, status, body))
    codes = [client.ask(p, headers={"X-API-Key": key})[0] for p in (path, "/dnsdb/v2/ping", "/dnsdb/v2/rate_limit/")]
    check(codes == [429, 200, 200], "quota: %s" % codes)


def send_raw(client, data, wait=2):
    with socket.create_connection((client.host, client.port), timeout=wait) as s:
        try:
            s.sendall(data)
            return s.recv(65536)
        except OSError:
            return b""


def part_abuse(client, golden):
    name = next(k[0] for k in golden if k[1] == "A")
    seed = int(os.environ.get("SEED", "7"))
    dice = random.Random(seed)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "X" * 100):
        status, headers, _ = client.ask("/dnsdb/v2/ping", method)
        check(status in (400, 405, 501) and (status != 405 or headers["Allow"] == "GET, HEAD"), "method " + method[:10])
        check(client.ask("/api/bulk", method)[1].get("Allow") == (headers["Allow"] and "POST"), "method %s: bulk" % method[:10])
    # without keys, a page of elsewhere whose name points here (DNS rebinding) learns nothing
    for host, status in ((b"evil.example", b" 421 "), (b"127.0.0.1.evil.example:80", b" 421 "), (b"LocalHost:1", b" 200 "),
                         (b"127.0.0.1", b" 200 "), (b"[::1]:8053", b" 200 ")):
        line = send_raw(client, b"GET /dnsdb/v2/ping HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n").split(b"\r\n")[0]
        check(status in line, "Host: %r: %r" % (host, line))
    check(client.ask("/api/bulk")[0] == 405, "GET of bulk")
    check(client.ask("/dnsdb/v2/ping", "POST", b"x")[0] == 405, "POST of a lookup")
    status, headers, body = client.ask("/dnsdb/v2/lookup/rrset/name/" + name, "HEAD")
    check(status == 200 and body == b"", "HEAD")
    with socket.create_connection((client.host, client.port), timeout=20) as s:  # nothing behind the headers of HEAD
        s.sendall(b"HEAD /api/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
        data = b"".join(iter(lambda: s.recv(65536), b""))
    check(data.startswith(b"HTTP/1.1 200 ") and data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1, "HEAD: %r" % data[-40:])
    check(client.ask("/api/bulk", "POST", b"a.example\n" * 100001)[0] == 413, "bulk: too many")
    check(client.ask("/api/bulk", "POST", b"")[0] == 200, "bulk: nothing")
    check(client.ask("/api/bulk", "POST", b"\0\xff\n[\n" * 100)[0] == 200, "bulk: octets")
    check(client.ask("/api/bulk", "POST", b'["a.example", 5, null]')[0] == 400, "bulk: not all strings")
    check(client.ask("/api/bulk", "POST", b'["a.example\\nb.example"]')[0] == 400, "bulk: two lines in a string")
    check(client.ask("/api/bulk", "POST", b'["a.example", "192.0.2.1"]')[2].count(b"\n") == 2, "bulk: JSON")
    answer = client.ask("/api/bulk", "POST", b"a.example\n\0b.example\nc.example\n")[2]
    check([sorted(json.loads(line)) for line in answer.splitlines()] == [["found", "query"], ["error", "query"], ["found", "query"]],
          "bulk: a zero octet: %r" % answer)
    pieces = [b"/", b"%", b"%2f", b"%00", b"*", b"\\", b"..", b"dnsdb", b"v2", b"lookup", b"rrset", b"rdata", b"name", b"ip",
              b"raw", b"glob", b"regex", b"[", b"(", b"?", b"&limit=", b"&sort=", b"1", b"-", b",", b"a" * 300, b"\xff", b"pdns",
              b"query", b"api", b"find?q=", b"lookup?q=", name.encode()]
    for _ in range(300):
        path = b"/" + b"".join(dice.choice(pieces) for _ in range(dice.randrange(1, 12)))
        send_raw(client, b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    for _ in range(60):
        send_raw(client, bytes(dice.randrange(256) for _ in range(dice.randrange(1, 600))) + b"\r\n\r\n", 0.3)
    send_raw(client, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + b"\r\n")
    send_raw(client, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n")

    # a thousand connections that say nothing; those who ask meanwhile are answered or turned away
    idle, start = [], time.monotonic()
    for _ in range(1000):
        try:
            idle.append(socket.create_connection((client.host, client.port), timeout=5))
        except OSError:
            break
    other = http.client.HTTPConnection(client.host, client.port, timeout=5, source_address=("127.0.0.2", 0))
    other.request("GET", "/dnsdb/v2/ping")
    check(other.getresponse().status == 200 and time.monotonic() - start < 4, "another address beside a thousand connections")
    other.close()
    for s in idle:
        s.close()
    deadline = time.time() + 20
    while time.time() < deadline:
        try:
            if client.ask("/dnsdb/v2/ping")[0] == 200:
                break
        except OSError:
            time.sleep(0.1)
    check(client.ask("/dnsdb/v2/ping")[0] == 200, "after a thousand connections")

    # one that reads an export slowly does not hold up a lookup
    slow = socket.create_connection((client.host, client.port))
    slow.sendall(b"GET /api/export HTTP/1.1\r\nHost: localhost\r\n\r\n")
    slow.recv(100)
    times = []
    for _ in range(200):
        start = time.perf_counter()
        check(client.ask("/dnsdb/v2/lookup/rrset/name/" + name)[0] == 200, "beside a slow reader")
        times.append(time.perf_counter() - start)
    slow.close()
    times.sort()
    print("by-name lookups beside a slow reader: median %.2f ms, 99th percentile %.2f ms" %
          (times[100] * 1e3, times[198] * 1e3))

    # many at once
    def worker():
        for _ in range(50):
            if client.ask("/pdns/query/" + name)[0] != 200:
                failures.append("one of many")
    threads = [threading.Thread(target=worker) for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    check("one of many" not in failures, "sixteen clients at once")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("golden", nargs="*")
    parser.add_argument("--part", default="all")
    parser.add_argument("--key")
    args = parser.parse_args()
    client = Client(args.base)
    golden = read_golden(args.golden)
    if args.key:
        part_keys(client, args.key)
    for part in (part_records, part_traps, part_abuse):
        if not args.key and args.part in ("all", part.__name__[5:]):
            part(client, golden)
    if failures:
        sys.exit("%d checks failed" % len(failures))
    print("all is well")


main()
