#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What lookups answer, read as the clients read it.

    lookups.py --records      the records to import
    lookups.py BASE           asks the server that has them
    lookups.py BASE --batch   what dnsdbflex -F prints of them

Exit status 0 only where all is well.
"""
import http.client
import json
import sys
import urllib.parse

import dns.rdatatype

# all but OPT and the meta types, which no record has
TYPES = [n for n in (*range(1, 300), *range(32760, 32776), *range(65270, 65536)) if n != 41 and not 249 <= n <= 255]
SOA = "ns.flex.example host\\.master.flexible.example 1 2 3 4 5"
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
    # addresses whose order as text is another, all seen at the same time; targets, texts
    for n in (9, 10, 100, 99, 1, 2, 20):
        yield record("hosts.example", "A", "192.0.2.%d" % n)
        yield record("hosts.example", "AAAA", "2001:db8::%x" % n)
        yield record("h%d.hosts.example" % n, "A", "192.0.%d.2" % n)
        yield record("hosts.example", "NS", "ns%d.%s.example" % (n, "ab"[n % 2]))
        yield record("hosts.example", "TXT", "text %d" % n, count=n)
    yield record("mapped.example", "A", "198.51.100.7")
    yield record("mapped.example", "AAAA", "::ffff:198.51.100.7")
    yield record("mapped.example", "AAAA", "::ffff:198.51.100.8")
    yield record("www.a.com", "A", "203.0.113.1")
    yield record("www.a.co.uk", "A", "203.0.113.2")
    yield record("www.a.org", "A", "203.0.113.3")
    yield record("day.example", "A", "203.0.113.4", first=1740391200, last=1740391200)
    yield record("dotted.name", "A", "203.0.113.5")
    # what flexible search of RDATA finds, of each type that points to a name
    for n, (rdtype, rdata) in enumerate((("NS", "ns.flex.example"), ("CNAME", "c.flex.example"), ("DNAME", "d.flex.example"), ("PTR", "p.flex.example"),
                                         ("MX", "10 mx.flex.example"), ("MX", "20 mx.flex.example"), ("SRV", "1 2 53 srv.flex.example"), ("SOA", SOA),
                                         ("SVCB", "1 svc.flex.example alpn=\"h2,h3\" port=\"53\""), ("HTTPS", "1 h.flex.example ipv4hint=\"192.0.2.1\" key65400=\"a b\""),
                                         ("PTR", "sixteen.example"))):
        yield record("o%d.example" % n, rdtype, rdata)
    yield record("o5.example", "TXT", "x")


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


NOT_KNOWN_BY_ALL = (23, 261, 262)  # NSAP-PTR, RESINFO, WALLET: names to some versions of dnspython alone


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
            known = name in dns.rdatatype.RdataType.__members__ and rrtype not in NOT_KNOWN_BY_ALL
            check(type(rrtype) is int and not known, "%s as a number" % name)
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
    check([o["rrtype"] for o in client.lines("/pdns/query/types.example", headers={"dribble-filter-rrtype": "65400"})] == [65400], "dribble-filter-rrtype, a number")
    for path in ("/pdns/query/*.flooded.example", "/pdns/fquery/*.flooded.example"):
        check([o["rrtype"] for o in client.lines(path)] == ["A"], path + ": a flood's placeholder")
    elsewhere = {o["rrtype"] for o in client.lines("/api/lookup?limit=0&q=types.example")}
    check("TYPE65400" in elsewhere and all(isinstance(t, str) for t in elsewhere), "types elsewhere")
    check({o["rrtype"] for o in client.lines("/api/lookup?q=*.flooded.example")} == {"TYPE0", "A"}, "a flood's placeholder elsewhere")


def bulk(client, body):
    return [(o["query"], o.get("rrname", o.get("found", "error"))) for o in client.lines("/api/bulk", method="POST", body=body)]


def part_pasted(client):
    """One reading of what is pasted, wherever it is asked."""
    for text, rrname in (("203.0.113.1:53", "www.a.com"), ('"dotted.name"', "dotted.name"), ("u:p@dotted.name:80", "dotted.name"), ("dotted.name/x/../y", "dotted.name"),
                         ("203.0.113.0/255.255.255.254", "www.a.com"), ("[::ffff:203.0.113.1]:443", "www.a.com"), ("hxxp://203[.]0[.]113[.]1/x", "www.a.com")):
        q = urllib.parse.quote(text, safe="")
        for path in ("/api/lookup?q=" + q, "/pdns/query/" + q):
            check([o["rrname"] for o in client.lines(path)] == [rrname], "%s by %s" % (text, path))
        check([name for _, name in bulk(client, text)] == [rrname], text + " in bulk")
        status, _, body = client.ask("/api/understand", "POST", text.encode())
        check(status == 200 and json.loads(body)["kind"] in ("name", "address", "prefix"), text + " understood: " + body)
    for text in ("fen*", "*fence.example", "f*e.example", "f?nce.example", "f[a-e]nce.example"):
        for path in ("/api/lookup?q=%s", "/pdns/query/%s", "/pdns/fquery/%s", "/dnsdb/v2/lookup/rrset/name/%s", "/dnsdb/v2/lookup/rdata/name/%s",
                     "/dnsdb/v2/summarize/rrset/name/%s", "/lookup/rrset/name/%s", "/api/find?q=%s"):
            status, _, body = client.ask(path % urllib.parse.quote(text, safe=""))
            check(status == 400 and "found a pattern" in body, "%s: %d %s" % (path % text, status, body.strip()))
    for q in ("www.a.com,www.a.org", "203.0.113.1%20www.a.org", "www.a.org;203.0.113.0/31", "www.a.com,www.a.com|www.a.org"):
        check([o["rrname"] for o in client.lines("/api/lookup?sort=name&q=" + q)] == ["www.a.com", "www.a.org"], "a list by /api/lookup: " + q)
        check([o["rrname"] for o in client.lines("/api/lookup?sort=-name&limit=1&offset=1&q=" + q)] == ["www.a.com"], "a list by /api/lookup, a page of it: " + q)
    for q, named in (("www.a.com%20today", "today"), ("www.a.com,fen*", "fen*"), ("www.a.com%201.2.3.4/99", "1.2.3.4/99"), (",".join(["a.example"] * 101), "/api/bulk")):
        status, _, body = client.ask("/api/lookup?q=" + q)
        check(status == 400 and named in body, "a list by /api/lookup with something else: %d %s" % (status, body.strip()))
    check(bulk(client, "[2001:db8::9]:443\nwww.a.com") == [("[2001:db8::9]:443", "hosts.example"), ("www.a.com", "www.a.com")], "bulk: an address in brackets first")
    check(bulk(client, "www.a.com,www.a.org; seen\tat 203.0.113.2|x.invalid\n\nwww.a.co.uk")
          == [("www.a.com", "www.a.com"), ("www.a.org", "www.a.org"), ("seen", "error"), ("at", "error"), ("203.0.113.2", "www.a.co.uk"), ("x.invalid", False),
              ("www.a.co.uk", "www.a.co.uk")], "bulk: several in a line")
    check(bulk(client, '["www.a.com,www.a.org", "203.0.113.1"]') == [("www.a.com", "www.a.com"), ("www.a.org", "www.a.org"), ("203.0.113.1", "www.a.com")], "bulk: JSON")
    check(client.ask("/api/bulk", "POST", '["www.a.com", ')[0] == 400, "bulk: broken JSON")
    check(bulk(client, "bücher.invalid".encode()) == [("bücher.invalid", False)], "bulk: the question in UTF-8")
    said = json.loads(client.ask("/api/understand", "POST", "Seen at a[.]example and 192.0.2.1, a.example.".encode())[2])
    check(said["kind"] == "list" and said["values"] == ["a.example", "192.0.2.1"] and [r["query"] for r in said["refused"]] == ["Seen", "at", "and"], "a sentence: %s" % said)


def part_addresses(client):
    for form in ("::ffff:198.51.100.7", "::ffff:c633:6407", "[::ffff:198.51.100.7]"):
        got, _ = client.dnsdb("/lookup/rdata/ip/" + urllib.parse.quote(form, safe=""))
        check(sorted(o["rdata"] for o in got) == ["198.51.100.7", "::ffff:198.51.100.7"], form)
    got, _ = client.dnsdb("/lookup/rdata/ip/::ffff:198.51.100.0%2F120")
    check(sorted(o["rdata"] for o in got) == ["198.51.100.7", "::ffff:198.51.100.7", "::ffff:198.51.100.8"], "a prefix of IPv4 inside IPv6")
    check([o["rdata"] for o in client.dnsdb("/lookup/rdata/ip/198.51.100.7")[0]] == ["198.51.100.7"], "IPv4 alone")
    for form in ("192.0.2.0%2F255.255.255.0", "192.0.2.0,255.255.255.0", "192.0.2.0,24", "192.0.2.0-192.0.2.255", "192.0.2.*"):
        check(len(client.dnsdb("/lookup/rdata/ip/" + form)[0]) == 8, form)
    plain = client.dnsdb("/lookup/rdata/ip/203.0.113.1")[0]
    for rrtype in ("A", "AAAA", "aaaa", "ANY", "TYPE28"):
        check(client.dnsdb("/lookup/rdata/ip/203.0.113.1/" + rrtype)[0] == plain != [], "an address with " + rrtype)
        check(client.dnsdb("/lookup/rdata/ip/2001:db8::9/" + rrtype)[0] != [], "an IPv6 address with " + rrtype)
        check(client.dnsdb("/lookup/rdata/raw/cb007101/" + rrtype)[0] == plain, "a raw address with " + rrtype)
    for path in ("rdata/ip/203.0.113.1/MX", "rdata/ip/203.0.113.0,24/TXT", "rdata/ip/203.0.113.1/ANY-DNSSEC", "rdata/raw/cb007101/MX"):
        for verb in ("/dnsdb/v2/lookup/", "/dnsdb/v2/summarize/", "/lookup/"):
            status, _, body = client.ask(verb + path)
            check(status == 400 and ("A or AAAA" in body or "raw" in path), "%s%s: %d %s" % (verb, path, status, body.strip()))


def part_unsupported(client):
    """Matched, or refused with the reason."""
    for bailiwick, found in (("*.com", True), ("com", False), ("a.com", True), ("A.COM.", True), ("a.*", True), ("*.a.com", True), ("b.*", False), ("*.org", False), ("*.", True)):
        got, _ = client.dnsdb("/lookup/rrset/name/www.a.com/A/" + bailiwick)
        check(bool(got) == found, "bailiwick " + bailiwick)
    got, _ = client.dnsdb("/lookup/rrset/name/www.*/ANY/*.uk")
    check([o["bailiwick"] for o in got] == ["a.co.uk."], "a bailiwick below a suffix")
    for path in ("lookup/rrset/name/www.a.com/A/a*.com", "lookup/rrset/name/www.a.com/A/a..com", "lookup/rdata/name/ns1.b.example/TXT", "lookup/rdata/name/ns1.b.example/A",
                 "lookup/rdata/name/*.b.example/TYPE65400", "lookup/rdata/name/ns1.b.example/RP", "summarize/rdata/name/ns1.b.example/ANY-DNSSEC",
                 "regex/rdata/x/TXT", "glob/rdata/x*/HINFO", "regex/rdata/x/ANY-DNSSEC"):
        status, _, body = client.ask("/dnsdb/v2/" + path)
        check(status == 400 and "expected" in body, "%s: %d %s" % (path, status, body.strip()))
    check(client.dnsdb("/lookup/rdata/name/ns1.b.example/NS")[0] != [], "who points by NS")


def flexible(client):
    got, _ = client.dnsdb("/glob/rdata/*.flex.example.?verbose=false")
    return got + client.dnsdb("/regex/rdata/sixteen?verbose=false")[0]


def batch(objects, typed):
    """Lines of dnsdbflex -F (or -T) for dnsdbq -f: what is a name alone by name, all else by raw_rdata."""
    for o in objects:
        by_name = o["rrtype"] in ("CNAME", "NS", "PTR", "MB", "MD", "MF", "MG", "MR")
        yield ("rdata/name/" + o["rdata"] if by_name else "rdata/raw/" + o["raw_rdata"]) + ("/" + o["rrtype"] if typed else "")


def part_flexible(client):
    found = flexible(client)
    check(len(found) == 11 and all(bytes.fromhex(o["raw_rdata"]) for o in found), "raw_rdata: %s" % found)
    check(next(o["raw_rdata"] for o in found if o["rdata"].startswith("10 mx")) == "000A026D7804666C6578076578616D706C6500", "raw_rdata of MX")
    for typed in (True, False):
        for o, path in zip(found, batch(found, typed)):
            got, _ = client.dnsdb("/lookup/" + path)
            check(o["rdata"] in [g["rdata"] for g in got], "%s does not find %s" % (path, o["rdata"]))
            if "/raw/" in path:
                check(all((g["rdata"], g["rrtype"]) == (o["rdata"], o["rrtype"]) for g in got) and len(got) == 1, path + " finds others: %s" % got)
    for o in found:  # the RDATA alone, whatever its type and size
        got, _ = client.dnsdb("/lookup/rdata/raw/" + o["raw_rdata"].lower())
        check([g["rdata"] for g in got] == [o["rdata"]], "rdata/raw of %s: %s" % (o["rdata"], got))
    check(client.dnsdb("/lookup/rdata/raw/000B026D7804666C6578076578616D706C6500")[0] == [], "raw RDATA that nobody has")
    for path in ("rdata/raw/00", "rdata/raw/000A", "rdata/raw/0A", "rdata/raw/zz", "rdata/raw/000A026D7804666C6578076578616D706C6500/TXT"):
        check(client.ask("/dnsdb/v2/lookup/" + path)[0] == 400, path)
    for path in ("lookup/rdata/name/host%5C.master.flexible.example/SOA", "lookup/rdata/name/*.flexible.example/SOA", "lookup/rdata/name/ns.flex.example/SOA",
                 "glob/rdata/*master*/SOA", "regex/rdata/master%5C.flexible/SOA", "glob/rdata/ns.flex.*/SOA", "glob/rdata/*e*.example/SOA"):
        got, _ = client.dnsdb("/" + path)
        check([o["rrtype"] for o in got] == ["SOA"] and "master" in got[0]["rdata"], "%s: %s" % (path, got))
    check(client.dnsdb("/lookup/rdata/name/nobody.flexible.example/SOA")[0] == [], "a mailbox that nobody has")


def part_clients(client):
    """Requests as the SDKs build them."""
    def go(path):  # net/url: the path escaped once more
        return urllib.parse.quote(path, safe="$&+,/:;=@~")
    plain, _ = client.dnsdb("/glob/rrnames/*.hosts.example.")
    for value in ("*.hosts.example.",):  # go-dnsdb: url.PathEscape within url.URL.Path
        got, _ = client.dnsdb("/glob/rrnames/%s?swclient=dnsdb&version=v0.1&limit=0" % go(urllib.parse.quote(value, safe="$&+:=@")))
        check(got == plain != [], "go-dnsdb: glob")
    got, _ = client.dnsdb("/regex/rrnames/%s/A?exclude=%s" % (go(urllib.parse.quote("\\.hosts\\.example\\.$", safe="$&+:=@")), urllib.parse.quote("^h9\\.")))
    check(len(got) == len(plain) - 1, "go-dnsdb: regex, exclude")
    for path, n in (("/lookup/rrset/name/%2A.hosts.example/ANY?aggr=false", 35), ("/lookup/rrset/name/www.a.com/ANY/a.com", 1), ("/lookup/rdata/ip/192.0.2.0,24/ANY", 8),
                    ("/lookup/rdata/ip/203.0.113.1-203.0.113.3/ANY", 3), ("/lookup/rdata/raw/cb007101/ANY", 1), ("/lookup/rdata/ip/2001:db8::,32/ANY?limit=3", 3)):
        got, _ = client.dnsdb(path)
        check(len(got) == n, "go-dnsdb: %s: %d" % (path, len(got)))
    # CiscoSecurity's and Polarity's modules, on v1: an object a line, 404 where there is none
    status, _, body = client.ask("/lookup/rrset/name/www.a.com/?humantime=True&aggr=False&limit=100&time_last_after=1", headers={"Accept": "application/json"})
    check(status == 200 and [json.loads(line)["rrname"] for line in body.splitlines()] == ["www.a.com."], "v1, as SecureX asks: " + body)
    check(client.ask("/lookup/rdata/ip/198.18.0.1?limit=10")[0] == 404, "v1: nothing")
    # MISP's and Cortex's modules, by PyPDNS.query: each record has what they read, sorted by what they sort by
    got = client.lines("/pdns/query/hosts.example")
    for key in ("count", "origin", "time_first", "rrtype", "rrname", "rdata", "time_last"):
        check(all(key in o for o in got), "PyPDNS: " + key)
        sorted(got, key=lambda o: o[key])


def part_order(client):
    """Every order is total, and pages of it fit together."""
    rdata = [o["rdata"] for o in client.lines("/api/lookup?q=hosts.example&sort=rdata")]
    check(rdata[:7] == ["192.0.2.%d" % n for n in (1, 2, 9, 10, 20, 99, 100)], "sort=rdata: %s" % rdata[:7])
    check(rdata[7:14] == ["2001:db8::%x" % n for n in (1, 2, 9, 10, 20, 99, 100)], "sort=rdata: %s" % rdata[7:14])
    check(rdata[14:21] == ["ns%d.a.example" % n for n in (10, 100, 2, 20)] + ["ns%d.b.example" % n for n in (1, 9, 99)], "sort=rdata: %s" % rdata[14:21])
    check(rdata[21:] == sorted(rdata[21:]), "sort=rdata: texts")
    for q in ("hosts.example", "*.hosts.example", "192.0.0.0/16", "*.example"):
        for sort in ("", "last", "-last", "first", "-first", "count", "-count", "name", "-name", "type", "-type", "rdata", "-rdata"):
            path = "/api/lookup?q=%s%s" % (urllib.parse.quote(q), "&sort=" + sort if sort else "")
            whole = client.lines(path)
            pages = [line for offset in range(0, len(whole), 5) for line in client.lines("%s&limit=5&offset=%d" % (path, offset))]
            check(pages == whole, path + ": pages")
            equals = {}
            for o in whole:
                key = {"name": o["rrname"], "type": o["rrtype"], "rdata": o["rdata"], "count": o["count"], "first": o["time_first"]}.get(sort.lstrip("-"), o["time_last"])
                equals.setdefault(key, []).append((-o["time_last"], [-ord(c) for c in o["rrname"]], [-ord(c) for c in "%s %s" % (o["rrtype"], o["rdata"])]))
            if q != "*.example":
                check(all([e[0] for e in group] == sorted(e[0] for e in group) for group in equals.values()), path + ": what is equal")


def part_times(client):
    """A bare date is its whole day: the record was seen on 2025-02-24 at 10:00."""
    for param, day, found in (("time_last_before", "2025-02-24", True), ("time_first_before", "2025-02-24", True), ("time_last_before", "2025-02-23", False),
                              ("time_last_after", "2025-02-24", True), ("time_first_after", "2025-02-25", False), ("time_first_before", "2025-02", True),
                              ("time_last_before", "2025-02-24T10:00Z", True), ("time_last_before", "2025-02-24T11:00:00%2B02:00", False),
                              ("time_last_before", "1740391200", True), ("time_last_before", "1740391199", False)):
        for path in ("/api/lookup?q=day.example&", "/pdns/query/day.example?", "/api/find?q=day.exam&"):
            check(bool(client.lines("%s%s=%s" % (path, param, day))) == found, "%s%s=%s" % (path, param, day))
        check(bool(client.dnsdb("/lookup/rrset/name/day.example?%s=%s" % (param, day))[0]) == found, "%s=%s" % (param, day))
    status, _, body = client.ask("/api/lookup?q=day.example&time_last_before=2025-02-30")
    check(status == 400 and body.startswith("time_last_before: '2025-02-30'"), "no such day: " + body)


def main():
    if sys.argv[1] == "--records":
        for r in records():
            print(json.dumps(r))
        return
    client = Client(sys.argv[1])
    if sys.argv[2:] == ["--batch"]:
        print("\n".join(batch(flexible(client), True)))
        return
    for part in (part_cof, part_pasted, part_addresses, part_unsupported, part_flexible, part_clients, part_order, part_times):
        part(client)
    if failures:
        sys.exit("%d checks failed" % len(failures))
    print("all is well")


main()
