#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Requests that should harm nobody, against a collector on loopback; /healthz, /readyz and /metrics are asked all the while
and must answer at once. Everything is bounded in number and time.

    hostile_http.py [--part NAME] [--requests N] [--pid PID] http://127.0.0.1:PORT [--ca FILE]
"""
import argparse
import gzip
import json
import multiprocessing
import random
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import zlib

failures = []
HEALTH_S = 0.1  # for an answer, without the noise of a busy machine


def check(good, what):
    if not good:
        failures.append(what)
        print("FAILED: " + what, flush=True)


class Server:
    source = "127.0.0.1"

    def __init__(self, url, ca):
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname, parts.port)
        self.tls = None
        if ca:
            self.tls = ssl.create_default_context(cafile=ca)
            self.tls.check_hostname = False

    def connect(self, timeout=20, source=None):
        s = socket.create_connection(self.address, timeout=timeout, source_address=(source or self.source, 0))
        return self.tls.wrap_socket(s) if self.tls else s

    def ask(self, target, method="GET", headers=(), body=None, version="1.1", host="localhost", source=None, timeout=20):
        """Status, headers (lower case) and body of one request on a connection of its own; status 0: a bare close."""
        lines = ["%s %s HTTP/%s" % (method, target, version)]
        if host is not None:
            lines.append("Host: " + host)
        lines += ["%s: %s" % h for h in headers]
        if body is not None:
            lines.append("Content-Length: %d" % len(body))
        with self.connect(timeout, source) as s:
            s.sendall(("\r\n".join(lines + ["Connection: close", "", ""])).encode("latin-1") + (body or b""))
            return read_answer(s)


def read_answer(s):
    data = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
    except (ConnectionError, ssl.SSLError):
        pass
    if b"\r\n\r\n" not in data:
        return 0, {}, data
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked":
        plain = b""
        while body:
            size, _, rest = body.partition(b"\r\n")
            plain += rest[:int(size or b"0", 16)]
            body = rest[int(size or b"0", 16) + 2:]
        body = plain
    return int(lines[0].split()[1]), headers, body


def answer_all(listener):
    """A server that has nothing else to do."""
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class Idle:
    """A process beside the collector: how long an answer takes now if nothing but the machine is in the way."""

    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.process = multiprocessing.get_context("fork").Process(target=answer_all, args=(listener,), daemon=True)
        self.process.start()
        self.address = listener.getsockname()
        listener.close()

    def ask(self):
        start = time.perf_counter()
        with socket.create_connection(self.address, timeout=20) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            read_answer(s)
        return time.perf_counter() - start


IDLE_TIMES = 10  # health may take so many times as long as an answer of an idle process: the server has work to do, which others slow down


class Prober(threading.Thread):
    """Asks for health on new connections until stopped, and an idle process in between; keeps the times."""

    idle = None

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.times, self.idle_times, self.bad, self.stop = server, [], [], [], threading.Event()
        self.start()

    def run(self):
        turn = 0
        while not self.stop.is_set():
            path = ("/healthz", "/readyz", "/metrics")[turn % 3]
            turn += 1
            self.idle_times.append(Prober.idle.ask())
            start = time.perf_counter()
            try:
                status = self.server.ask(path, timeout=10)[0]
            except OSError as e:
                status = repr(e)
            took = time.perf_counter() - start
            self.times.append(took)
            if status != 200:
                self.bad.append("%s: %s after %.3f s" % (path, status, took))
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join()

    def judge(self, what, slowest):
        times, idle = sorted(self.times), sorted(self.idle_times)
        most, idle_most = times[len(times) * 9 // 10], idle[len(idle) * 9 // 10]
        print("%s: %d probes, median %.1f ms, 99th percentile %.1f ms, longest %.1f ms; 9 of 10 within %.1f ms, of an idle process within %.1f ms" % (
            what, len(times), times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3, times[-1] * 1e3, most * 1e3, idle_most * 1e3), flush=True)
        check(not self.bad, "%s: health was kept away: %s" % (what, self.bad[:3]))
        check(most <= max(slowest, IDLE_TIMES * idle_most), "%s: health took %.0f ms, an idle process %.0f ms" % (what, most * 1e3, idle_most * 1e3))


def hold(server, n, first, seconds, trickle=None, every=4.0, until=None):
    """Opens `n` connections that send `first`, then `trickle` octet by octet; for `seconds` at most. Returns how many were closed."""
    open_, closed = [], 0
    for _ in range(n):
        try:
            s = server.connect(5)
            s.sendall(first)
            s.setblocking(False)
            open_.append(s)
        except OSError:
            closed += 1
    end, next_, at = time.monotonic() + seconds, time.monotonic() + every, 0
    while time.monotonic() < end and not (until and until()):
        time.sleep(0.1)
        if trickle and time.monotonic() >= next_:
            next_ += every
            for s in list(open_):
                try:
                    s.send(trickle[at % len(trickle):at % len(trickle) + 1])
                except (BlockingIOError, ssl.SSLWantWriteError):
                    pass
                except OSError:
                    s.close()
                    open_.remove(s)
                    closed += 1
            at += 1
    for s in open_:
        s.close()
    return closed


def trickled_request(server):
    """A request has a deadline as a whole, whatever trickles in."""
    with server.connect(40, "127.0.0.9") as s:  # not among those that give way
        start = time.monotonic()
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        s.settimeout(0.5)
        ended = None
        while ended is None and time.monotonic() - start < 30:
            try:
                s.sendall(b"y")
                if s.recv(100) == b"":
                    ended = time.monotonic() - start
            except (socket.timeout, ssl.SSLWantReadError):
                pass
            except OSError:
                ended = time.monotonic() - start
        check(ended is not None and 5 < ended < 15, "a trickled request ended after %s s" % ended)


def part_slow(server, slowest):
    deadline = threading.Thread(target=trickled_request, args=(Server("http://%s:%d" % server.address, None),))
    deadline.start()
    cases = (
        ("200 that send an octet every so often", 200, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ", b"y", 1.0, 4),
        ("500 that never end their headers", 500, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: y\r\n", None, 1.0, 2),
        ("200 bodies that never end", 200, b"POST /api/bulk HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc\r\n\r\n", b"1", 1.0, 2),
        ("300 that say nothing", 300, b"", None, 1.0, 2),
    )
    for what, n, first, trickle, every, seconds in cases:
        with Prober(server) as prober:
            hold(server, n, first, seconds, trickle, every)
        prober.judge(what, slowest)
    deadline.join()


REGEXES = ("((a{1,100}){1,100}){1,100}", "((a{1,200}){1,200}){1,200}", "(x+x+)+y", "(.*){999}", "(.*a){30}$", "((((((((((.*)*)*)*)*)*)*)*)*)*)*", "(a?){200}a{200}",
           "[a-z]{1,63}(\\.[a-z]{1,63}){5}", "(" * 250 + ")" * 250, "(?i:.*){500}", "\\w{1000}", "(\\w+\\s?)*$")


def part_heavy(server, slowest):
    paths = ["/dnsdb/v2/regex/%s/%s?limit=0" % (side, urllib.parse.quote(r, safe="")) for r in REGEXES for side in ("rrnames", "rdata")]
    paths += ["/dnsdb/v2/glob/rrnames/" + urllib.parse.quote("*a*b*c*d*e*f*g*h*i*j*k*l*m*n*o*p*q*", safe="")]
    paths += ["/dnsdb/v2/regex/rrnames/a?exclude=" + urllib.parse.quote(r, safe="") for r in REGEXES]
    paths += ["/api/find?limit=0&q=" + w for w in ("example", "mwmwmwmwmwmwmwmw", "xn--", "aa", "0o1l0o1l0o1l0o1l")]
    paths += ["/dnsdb/v2/lookup/rrset/name/*.?limit=0&sort=" + o for o in ("count", "-last", "name", "rdata", "type")]
    paths += ["/api/export", "/dnsdb/v2/summarize/rrset/name/*./ALL?limit=0", "/dnsdb/v2/lookup/rdata/ip/0.0.0.0,0?limit=0",
              "/dnsdb/v2/lookup/rdata/ip/::,0?limit=0&offset=1000000", "/dnsdb/v2/lookup/rrset/name/*.?limit=9223372036854775807&offset=1000000"]
    seen = {}

    def run(mine):
        for path in mine:
            try:
                start = time.monotonic()
                status = server.ask(path, headers=(("Accept-Encoding", "gzip"),), timeout=60)[0]
                seen[path] = (status, time.monotonic() - start)
            except OSError as e:
                seen[path] = (repr(e), 0)
    with Prober(server) as prober:
        threads = [threading.Thread(target=run, args=(paths[i::12],)) for i in range(12)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    prober.judge("%d heavy lookups" % len(paths), slowest)
    for path, (status, took) in seen.items():
        check(status in (200, 400, 503), "%s: %s" % (path[:90], status))
    for r in REGEXES[:2]:
        start = time.monotonic()
        status = server.ask("/dnsdb/v2/regex/rrnames/" + urllib.parse.quote(r, safe=""))[0]
        check(status == 400 and time.monotonic() - start < 2, "%s: %s after %.1f s" % (r, status, time.monotonic() - start))


def part_lists(server, slowest):
    """Long lists from several addresses, as many as there are places: others are answered all the same."""
    stop, ended = threading.Event(), []

    def ask(source):
        with server.connect(20, source) as s:
            body = b"*.nosuch\n" * 100000
            s.sendall(b"POST /api/bulk HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            s.settimeout(1)
            while not stop.is_set():
                try:
                    if not s.recv(65536):
                        ended.append(source)
                        return
                except socket.timeout:
                    pass
    threads = [threading.Thread(target=ask, args=("127.0.1.%d" % (1 + i % 5),)) for i in range(40)]
    for t in threads:
        t.start()
    time.sleep(3)
    for i in range(5):
        start = time.monotonic()
        status = server.ask("/api/lookup?q=w1.z1.example", source="127.0.2.1")[0]
        took = time.monotonic() - start
        check(status == 200 and took < 8, "a lookup beside long lists: %s after %.1f s" % (status, took))
    check(not ended, "%d lists ended before others were asked" % len(ended))
    stop.set()
    for t in threads:
        t.join()


def part_readers(server, slowest):
    """Those who ask for much and read nothing."""
    targets = ("/api/export", "/dnsdb/v2/lookup/rrset/name/*./ALL?limit=0", "/metrics", "/", "/web/app.js")
    open_ = []
    with Prober(server) as prober:
        for i in range(200):
            try:
                s = server.connect(5)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % targets[i % len(targets)].encode() * 8)
                open_.append(s)
            except OSError:
                pass
        time.sleep(2)
        status = server.ask("/dnsdb/v2/lookup/rrset/name/nothing.example", source="127.0.0.3")[0]
        check(status == 200, "a lookup of another address beside 200 that read nothing: %s" % status)
    prober.judge("200 that read nothing", slowest)
    for s in open_:
        s.close()


def part_tls(server, slowest):
    plain = Server("http://%s:%d" % server.address, None)
    with Prober(server) as prober:
        hold(plain, 150, b"", 1)
        hold(plain, 150, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 2, b"\0", 0.5)
        hold(plain, 50, b"GET / HTTP/1.1\r\n\r\n", 0.5)
    prober.judge("half-open TLS handshakes", slowest)
    for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(server.address, timeout=5) as s, context.wrap_socket(s):
                taken = True
        except (OSError, ssl.SSLError):
            taken = False
        check(taken == good, "%s: %s" % (version.name, "taken" if taken else "refused"))


def part_shapes(server, slowest):
    """What a request must look like, and what every answer has."""
    server.source = "127.0.0.8"  # not that of the slow connections, which give way to others
    ping = "/dnsdb/v2/ping"

    def status(target=ping, **more):
        start = time.monotonic()
        code, headers, body = server.ask(target, **more)
        check(time.monotonic() - start < 8, "%s %s: took %.1f s" % (target[:60], str(more)[:60], time.monotonic() - start))
        if code:
            for name in ("x-content-type-options", "content-security-policy", "x-frame-options", "referrer-policy", "cross-origin-resource-policy"):
                # the library answers a few requests itself: too large, or without Host
                check(code in (413, 414, 431) or more.get("host", "") is None or name in headers, "%s %s: %d without %s" % (target[:60], str(more)[:60], code, name))
        return code
    for target in ("/api/lookup?q=a.example", ping, "/healthz", "/nosuch", "/metrics?x=1"):
        base = target + ("&" if "?" in target else "?")
        for n in (101, 400, 800, 3000, 9000):
            for piece in ("a%d=b", "x", "", "q=%d"):
                query = "&".join(piece % i if "%" in piece else piece for i in range(n))
                code = status(base + query)
                check(code in (400, 414, 431), "%d parameters '%s' of %s: %s" % (n, piece, target, code))
    check(status("/api/lookup?q=a.example&" + "&".join("a%d=b" % i for i in range(80))) == 200, "80 parameters")
    for n in (100, 300, 1000, 5000):
        code = status(headers=[("X-%d" % i, "y") for i in range(n)])
        check(code == 200 if n <= 300 else code in (200, 431), "%d headers: %s" % (n, code))
    for n in (10000, 40000, 100000):
        code = status(headers=[("X", "y" * n)])
        check(code == 200 if n <= 10000 else code in (200, 431), "a header of %d: %s" % (n, code))
        code = status("/api/lookup?q=" + "a" * n)
        check(code in (400, 414, 431), "a parameter of %d: %s" % (n, code))
        code = status("/" + "a" * n)
        check(code in (404, 414, 431), "a path of %d: %s" % (n, code))
    # RFC 9112: Host, absolute form
    check(status(host=None) == 400 and status(host=None, version="1.0") == 200, "without Host")
    check(status("/healthz", host=None) == 400 and status("/", host=None) == 400, "without Host, others")
    check(status(headers=[("Host", "localhost")]) == 400, "two Hosts")
    for host, code in (("a b", 400), ("localhost:x", 400), ("", 400), ("[::1", 400), ("[::1]:80", 200), ("127.0.0.1:1", 200), ("evil.example", 421), ("a/b", 400), ("u@localhost", 400)):
        check(status(host=host) == code, "Host: %r: %s, not %d" % (host, status(host=host), code))
    for target, code in (("http://localhost" + ping, 200), ("HTTP://127.0.0.1:80" + ping, 200), ("http://evil.example" + ping, 421), ("https://localhost" + ping, 200),
                         ("http://localhost/healthz", 200), ("http://localhost", 200), ("ftp://localhost/", 400), ("localhost", 400), ("http://localhost?x=y", 200)):
        check(status(target) == code, "%s: %s, not %d" % (target, status(target), code))
    check(status("http://localhost" + ping, host="evil.example") == 200, "absolute form: its authority counts")
    # cross-site
    site, mode = "Sec-Fetch-Site", "Sec-Fetch-Mode"
    for headers, code in (
            ([], 200), ([(site, "same-origin")], 200), ([(site, "none")], 200), ([(site, "cross-site")], 403), ([(site, "same-site")], 403),
            ([(site, "cross-site"), (mode, "no-cors"), ("Sec-Fetch-Dest", "image")], 403), ([(site, "cross-site"), (mode, "navigate")], 403),
            ([("Origin", "http://evil.example")], 403), ([("Origin", "null")], 403), ([("Origin", "http://localhost")], 200),
            ([("Origin", "http://localhost:80")], 200), ([("Origin", "http://localhost:81")], 403), ([("Origin", "http://localhost.evil.example")], 403),
            ([("Referer", "http://evil.example/x")], 403), ([("Referer", "http://localhost/")], 200), ([("Referer", "http://localhost@evil.example/")], 403)):
        for target in (ping, "/api/lookup?q=a.example", "/pdns/query/a.example", "/dnsdb/v2/regex/rrnames/a", "/api/find?q=example", "/api/export?limit=1", "/query/a.example", "/info"):
            check(status(target, headers=headers) == code, "%s %s: %s, not %d" % (target, headers, status(target, headers=headers), code))
        navigates = code == 403 and (mode, "navigate") in headers
        check(status("/metrics", headers=headers) == (200 if navigates else code), "/metrics %s" % headers)
        check(status("/healthz", headers=headers) == 200 and status("/", headers=headers) == 200, "health and page %s" % headers)
        form = headers + [("Content-Type", "text/plain")]
        check(status("/api/bulk", method="POST", headers=form, body=b"a.example") == code, "POST of a form, %s" % headers)
    # bodies
    check(status("/api/bulk", method="POST", body=b"x" * (17 << 20)) == 413, "a body of 17 MiB")
    check(status("/api/bulk", method="POST", headers=[("Expect", "100-continue"), ("Content-Length", str(1 << 40))]) == 413, "a body that is announced")
    check(server.ask("/api/bulk", method="POST", headers=[("Content-Length", "x")])[0] == 400, "no length")  # libmicrohttpd's own answer
    check(status("/healthz", body=b"x" * 100000) == 200, "a GET with a body")
    for size in [0, 1, 3 << 10, (4 << 10) + 1] + [1 << n for n in range(6, 13)]:  # memory of bodies is counted, and given back
        check(server.ask("/api/understand", method="POST", body=b"x" * size)[0] in (200, 413), "understand: a body of %d" % size)
        check(server.ask("/api/bulk", method="POST", body=b"a.example")[0] == 200, "bulk after a body of %d" % size)
    with server.connect(20) as s:  # chunks without end
        s.sendall(b"POST /api/bulk HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent, start = 0, time.monotonic()
        try:
            while sent < 200 << 20 and time.monotonic() - start < 20:
                s.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                sent += 65536
        except OSError:
            pass
        check(sent < 64 << 20, "chunks without end: %d taken" % sent)
    # compressed
    for target in ("/metrics", "/api/status", "/", "/api/export", "/dnsdb/v2/lookup/rrset/name/*./ALL?limit=0", "/api/find?q=e.&limit=0"):
        plain = server.ask(target)
        check("content-encoding" not in plain[1], target + ": compressed unasked")
        for accept, encoded in (("gzip", True), ("gzip, deflate, br", True), ("x-gzip;q=0.5, identity;q=0.1", True), ("*", True), ("gzip;q=0", False),
                                ("deflate", False), ("gzip;q=0.000, *", False), ("identity;q=1, gzip;q=0.5", False), ("GZIP; q=1.0", True)):
            code, headers, body = server.ask(target, headers=[("Accept-Encoding", accept)])
            check(code == 200 and ("content-encoding" in headers) == (encoded and len(plain[2]) >= 1000), "%s, %s: %s" % (target, accept, headers.get("content-encoding")))
            if "content-encoding" in headers:
                try:
                    body = gzip.decompress(body)
                except (OSError, EOFError, zlib.error) as e:
                    check(False, "%s: %s" % (target, e))
            check(target in ("/metrics", "/api/status") or sorted(body.splitlines()) == sorted(plain[2].splitlines()), "%s, %s: another body" % (target, accept))
    # D4's paths
    for target in ("/query/%s", "/fquery/%s"):
        check(server.ask(target % "a.example")[0] == 200 and server.ask("/pdns" + target % "a.example")[0] == 200, target)
    info = json.loads(server.ask("/info")[2])
    check(info["software"] == "lookback" and isinstance(info["stats"], int) and isinstance(info["sensors"], list), "/info: %s" % info)


PIECES = [b"GET ", b"POST ", b"HEAD ", b"/", b"/dnsdb/v2/", b"lookup/", b"rrset/name/", b"regex/rrnames/", b"glob/rdata/", b"/api/", b"find?q=", b"bulk", b"export", b"/pdns/query/", b"/metrics",
          b" HTTP/1.1", b" HTTP/1.0", b" HTTP/9.9", b"\r\n", b"\r\n\r\n", b"\n\n", b"Host: localhost", b"Content-Length: ", b"Transfer-Encoding: chunked", b"Expect: 100-continue", b"Accept-Encoding: gzip",
          b"Authorization: Basic ", b"0", b"1", b"-1", b"4294967296", b"18446744073709551616", b"?", b"&", b"=", b"%", b"%00", b"%2f", b"%ff", b"(", b"a{1,100}", b"[", b"*", b"\\", b"a" * 300, b"\0", b"\xff\xfe",
          b"limit=0", b"offset=", b"sort=-last", b"time_last_after=", b"cursor=", b"http://localhost", b":", b";q=0", b"\t", b" "]


def part_junk(server, slowest, n):
    """Requests made of pieces, many on a connection."""
    dice = random.Random(7)
    lock, done = threading.Lock(), [0]

    def run(seed):
        mine = random.Random(seed)
        while True:
            with lock:
                if done[0] >= n:
                    return
                done[0] += 10
            data = b""
            for _ in range(10):
                if mine.random() < 0.3:
                    data += b"".join(mine.choice(PIECES) for _ in range(mine.randrange(1, 30)))
                else:
                    path = b"".join(mine.choice(PIECES) for _ in range(mine.randrange(1, 10))).replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")
                    data += b"GET /" + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
            try:
                with server.connect(2) as s:
                    s.sendall(data)
                    s.settimeout(mine.choice((0, 0.02, 0.2)))
                    if mine.random() < 0.5:
                        s.recv(65536)
            except OSError:
                pass
    with Prober(server) as prober:
        threads = [threading.Thread(target=run, args=(dice.random(),)) for _ in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    prober.judge("%d requests of pieces" % n, slowest)


def memory(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--part", default="all")
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--slowest", type=float, default=HEALTH_S)
    parser.add_argument("--pid", type=int)
    parser.add_argument("--ca")
    args = parser.parse_args()
    Prober.idle = Idle()  # before there are threads
    server = Server(args.url, args.ca)
    parts = {"shapes": part_shapes, "heavy": part_heavy, "readers": part_readers, "slow": part_slow, "lists": part_lists, "tls": part_tls,
             "junk": lambda s, slowest: part_junk(s, slowest, args.requests)}
    for name, part in parts.items():
        if name == args.part or (args.part == "all" and (name != "tls")):
            part(server, args.slowest)
            if args.pid:
                print("%s: %d MiB of memory" % (name, memory(args.pid) // 1024), flush=True)
    if failures:
        sys.exit("%d checks failed" % len(failures))
    print("all is well")


main()
