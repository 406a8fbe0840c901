#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and a Redis that fails, refuses, is slow, is older or holds someone else's keys: real processes and signals.

    redis_faults.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import glob
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import frames
from faults import Resp, PROGRAMS, Source, World, batch, check_counts, differences, run, run_tests, until
from frames import Dataplane, FLOOD, NEW, record


def test_redis_stopped_and_started():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        until(lambda: w.metric("collector_batches_applied_total") == 1)  # the acknowledgement is the spool's
        w.stop_redis()
        for n in range(1, 20):
            d.records(batch(n))
        until(lambda: "cannot connect" in w.http("/readyz")[1])
        assert w.http("/readyz")[0] == 503 and w.http("/healthz") == (200, "alive\n")
        until(lambda: w.metric("collector_spool_waiting_batches") == 19)
        w.start_redis()
        d.wait()
        check_counts(w, 20)
        until(lambda: w.http("/readyz")[0] == 200)
        assert w.log().count("cannot connect") == 1, "said more than once"
        w.settled()
        assert w.log().count("accepts batches again") == 1


def test_redis_frozen():
    """A transaction of an abandoned connection stays in a socket buffer and must not be applied twice."""
    with World() as w:
        w.start_redis()
        w.start("redis.timeout=0.3s")
        d = Dataplane(w.path).connect()
        sent = 0
        for turn in range(6):
            for n in range(30):
                d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000, 1, NEW) for i in range(10)] +
                          [record(f"name{turn}-{n}-{i}.example.net", 16, b"\xc8" + b"x" * 200, 1, 1, 1, NEW) for i in range(300)])
                sent += 1
            time.sleep(0.02 * turn)
            w.redis.send_signal(signal.SIGSTOP)
            time.sleep(1)
            w.redis.send_signal(signal.SIGCONT)
            d.wait()
            check_counts(w, sent)
        assert w.metric('collector_redis_errors_total{kind="timeout"}') > 0


class LateProxy:
    """Stands before Redis. Keeps back the EXEC of the first connection that sends one until `late` holds for what the next
    such one has sent, as a socket buffer would that Redis has not read yet; then delivers it."""

    def __init__(self, path, redis_path, late):
        self.redis_path, self.late = redis_path, late
        self.held, self.made, self.delivered = b"", 0, False
        self.first, self.holder = None, None
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.server.accept()
            redis = socket.socket(socket.AF_UNIX)
            redis.connect(self.redis_path)
            self.made += 1
            threading.Thread(target=self.forward, args=(peer, redis, self.made), daemon=True).start()
            threading.Thread(target=self.back, args=(peer, redis), daemon=True).start()

    def back(self, peer, redis):
        try:
            while data := redis.recv(65536):
                peer.sendall(data)
        except OSError:
            pass

    def deliver(self):
        self.delivered = True
        self.first.sendall(self.held)
        time.sleep(0.3)

    def forward(self, peer, redis, number):
        seen, exec_ = b"", b"*1\r\n$4\r\nEXEC\r\n"
        while data := peer.recv(65536):
            seen += data
            if self.holder is None and exec_ in seen:
                self.holder = number
            if number == self.holder:
                if not self.held:
                    head = data[:-len(exec_)] if data.endswith(exec_) else data.split(exec_)[0]
                    redis.sendall(head)
                    data = data[len(head):]
                    self.first = redis
                self.held += data
                continue
            if self.holder and not self.delivered and self.late == "before" and exec_ in seen:
                self.deliver()
            redis.sendall(data)
            if self.holder and not self.delivered and self.late == "after" and exec_ in seen:
                time.sleep(0.3)
                self.deliver()


def test_transaction_arrives_late():
    """Of two transactions with the same frame, whichever comes second does nothing."""
    for late in ("before", "after"):
        with World() as w:
            w.start_redis()
            proxy = LateProxy(f"{w.folder}/proxy.sock", w.redis_path, late)
            w.start("redis.timeout=0.5s", redis=f"unix:{w.folder}/proxy.sock")
            d = Dataplane(w.path).connect()
            d.records(batch(0))
            d.records(batch(1))
            d.wait()
            until(lambda: proxy.delivered)
            d.records(batch(2))
            d.wait()
            check_counts(w, 3)
            fenced = w.metric('collector_redis_errors_total{kind="fenced"}')
            assert fenced == (1 if late == "before" else 0), (late, fenced)


class DeafProxy:
    """Stands before Redis. Passes the EXEC with number `last` on, waits until it is carried out, and hangs up without its replies."""

    def __init__(self, path, redis_path, last):
        self.redis_path, self.last, self.seen, self.hung_up = redis_path, last, 0, False
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.server.accept()
            redis = socket.socket(socket.AF_UNIX)
            redis.connect(self.redis_path)
            threading.Thread(target=self.forward, args=(peer, redis), daemon=True).start()
            threading.Thread(target=self.back, args=(peer, redis), daemon=True).start()

    def back(self, peer, redis):
        try:
            while data := redis.recv(65536):
                if self.seen < self.last or self.hung_up:
                    peer.sendall(data)
        except OSError:
            pass

    def forward(self, peer, redis):
        while data := peer.recv(65536):
            self.seen += data.count(b"*1\r\n$4\r\nEXEC\r\n")
            redis.sendall(data)
            if self.seen >= self.last and not self.hung_up:
                time.sleep(0.3)
                self.hung_up = True
                peer.shutdown(socket.SHUT_RDWR)
                return


def told(world):
    """The names in the stream of new records."""
    return [e[1][e[1].index("name") + 1] for e in Resp(world.redis_path)("XRANGE", "pdns:new", "-", "+")]


def test_replies_lost():
    """A connection ends behind an EXEC that was carried out: all counts, every new record told once, and an expiry on every
    key, whichever EXEC it was."""
    for last in (1, 2, 3):
        with World() as w:
            w.start_redis()
            proxy = DeafProxy(f"{w.folder}/proxy.sock", w.redis_path, last)
            w.start("retention.days=2", redis=f"unix:{w.folder}/proxy.sock")
            d = Dataplane(w.path).connect()
            for n in range(4):
                d.records([record(f"lost{n}.example.net", 1, bytes([198, 51, 100 + n, n]), 1000, 1000, 1, NEW)] + batch(n))
            d.wait()
            until(lambda: proxy.hung_up)
            check_counts(w, 4)
            assert [w.count(f"lost{n}.example.net", f"A 198.51.{100 + n}.{n}") for n in range(4)] == [1] * 4
            wanted = sorted([f"lost{n}.example.net" for n in range(4)] + [f"host{i}.example.com" for i in range(10)])
            until(lambda: len(told(w)) >= len(wanted))
            assert sorted(told(w)) == wanted, f"EXEC {last}: the stream has {sorted(told(w))}"
            without = lambda: [key for family in ("name", "first", "count", "ip", "net", "zone")
                               for key in w.cli("KEYS", f"pdns:{family}:*").split() if int(w.cli("TTL", key)) < 0]
            try:
                until(lambda: not without(), 10)
            except AssertionError:
                raise AssertionError(f"EXEC {last}: no expiry on {without()}") from None


class ClosingProxy(DeafProxy):
    """Stands before Redis. While `closing`, hangs up before each EXEC."""

    closing = True

    def forward(self, peer, redis):
        while data := peer.recv(65536):
            if self.closing and b"EXEC" in data:
                self.seen += 1
                peer.shutdown(socket.SHUT_RDWR)
                redis.shutdown(socket.SHUT_RDWR)
                return
            redis.sendall(data)


def test_connection_ends_at_each_batch():
    """Redis can be reached, and the connection ends at each transaction (a middlebox, no memory for clients): that is told."""
    with World() as w:
        w.start_redis()
        proxy = ClosingProxy(f"{w.folder}/proxy.sock", w.redis_path, 1 << 60)
        w.start(redis=f"unix:{w.folder}/proxy.sock")
        d = Dataplane(w.path).connect()
        for n in range(4):
            d.records(batch(n))
        d.wait()
        until(lambda: proxy.seen > 2)
        until(lambda: "stay in the spool, retrying" in w.log(), 20)
        ups = []
        for _ in range(20):
            ups.append(w.metric("collector_redis_up"))
            time.sleep(0.1)
        assert ups == [0] * 20, f"said to be up: {ups}"
        time.sleep(2)
        seen = proxy.seen
        time.sleep(5)
        assert 0 < proxy.seen - seen < 5, f"{proxy.seen - seen} attempts within five seconds"
        assert w.log().count("stay in the spool, retrying") == 1
        proxy.closing = False
        check_counts(w, 4)
        until(lambda: "accepts batches again" in w.log())
        proxy.closing = True  # one that ends, and is back at once, is not worth a line
        d.records(batch(4))
        until(lambda: proxy.seen > seen)
        proxy.closing = False
        check_counts(w, 5)


def test_redis_killed_and_older():
    with World() as w:
        w.start_redis("--appendonly", "no")
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records(batch(n))
        d.wait()
        w.settled()
        w.stop_redis(signal.SIGKILL)  # and all is gone
        w.start_redis("--appendonly", "no")
        d.records(batch(3))
        d.wait()
        check_counts(w, 4)
        assert w.metric("collector_batches_again_total") == 3 and "redis has older data" in w.log()
        w.kill()
        w.start("spool.keep=0")
        d.connect()
        until(lambda: w.metric("collector_spool_kept_batches") == 0)
        w.stop_redis(signal.SIGKILL)
        w.start_redis("--appendonly", "no")
        d.records(batch(4))
        d.wait()
        check_counts(w, 1)
        assert w.metric("collector_batches_missing_total") == 4 and "redis lost 4 batches" in w.log()


def test_wrong_password():
    with World() as w:
        w.start_redis("--requirepass", "secret")
        done = run("--check", "-o", f"redis=unix:{w.redis_path}", "-o", "redis.password=wrong")
        assert done.returncode == 1 and "user or password is wrong" in done.stderr, done
        assert "user or password" in run("--check", "-o", f"redis=unix:{w.redis_path}").stderr
        secret = pathlib.Path(w.folder, "secret")
        secret.write_text("wrong\n")
        w.start(f"redis.password_file={secret}")
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        until(lambda: "password" in w.http("/readyz")[1])
        secret.write_text("secret\n")  # read at each connect
        d.wait()


def test_wrong_database_and_readonly():
    with World() as w:
        w.start_redis()
        done = run("--check", "-o", f"redis=unix:{w.redis_path}", "-o", "redis.database=99")
        assert done.returncode == 1 and "no such database" in done.stderr, done
        w.cli("REPLICAOF", "127.0.0.1", "1")
        done = run("--once", "-o", f"redis=unix:{w.redis_path}", "-o", f"collector.socket={w.path}", "-o", "http.listen=none")
        assert done.returncode == 1 and "read-only replica" in done.stderr, done
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        until(lambda: "read-only" in w.http("/readyz")[1])
        w.cli("REPLICAOF", "NO", "ONE")
        d.wait()
        check_counts(w, 1)


def test_out_of_memory():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled() # an acknowledged batch may still be in the spool
        w.cli("CONFIG", "SET", "maxmemory", "1")
        for n in range(1, 5):
            d.records(batch(n))
        until(lambda: "memory limit" in w.http("/readyz")[1])
        check_counts(w, 1, settle=False)
        w.cli("CONFIG", "SET", "maxmemory", "0")
        d.wait()
        check_counts(w, 5)
        assert w.metric('collector_redis_errors_total{kind="oom"}') > 0
        assert w.log().count("memory limit") == 1


def test_stopped_while_out_of_memory():
    """A stop gives a Redis that refuses all a few seconds, and does not run against it meanwhile; the next start has all."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        w.cli("CONFIG", "SET", "maxmemory", "1")
        for n in range(3):
            d.records(batch(n))
        d.wait()
        until(lambda: "stay in the spool, retrying" in w.log())
        made = lambda: int(re.search(r"total_connections_received:(\d+)", w.cli("INFO", "stats"))[1])
        before = made()
        assert w.stop() == 0
        assert "3 batches are not in Redis yet" in w.log()
        assert made() - before < 200, f"{made() - before} connections while it stopped"
        w.cli("CONFIG", "SET", "maxmemory", "0")
        w.start()
        check_counts(w, 3)


def test_errors_come_and_go():
    """Transactions are refused and taken again while more of them wait behind: none is passed over, none applied twice,
    and the feed has each new record once."""
    with World() as w:
        w.start_redis("--busy-reply-threshold", "20")
        w.start()
        d = Dataplane(w.path).connect()
        ways = ((("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
                (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
                (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")))
        sent, over = 0, threading.Event()

        def disturb():
            while not over.is_set():
                for refuse, take in ways:
                    w.cli(*refuse)
                    time.sleep(0.01)
                    w.cli(*take)
                    time.sleep(0.3)

        thread = threading.Thread(target=disturb)
        thread.start()
        try:
            until_s = time.monotonic() + 4
            while time.monotonic() < until_s:
                for _ in range(20):
                    d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000, 1, NEW) for i in range(10)] +
                              [record(f"only{sent}.example.net", 16, b"\x01x", 1, 1, 1, NEW)])
                    sent += 1
                d.wait()
        finally:
            over.set()
            thread.join()
        w.settled()
        check_counts(w, sent)
        until(lambda: int(w.cli("XLEN", "pdns:new")) >= sent + 10)
        assert int(w.cli("XLEN", "pdns:new")) == sent + 10
        assert {w.count(f"only{n}.example.net", 'TXT "x"') for n in range(0, sent, 17)} == {1}
        troubles = {kind for kind in ("oom", "readonly", "cluster", "error") if w.metric(f'collector_redis_errors_total{{kind="{kind}"}}') > 0}
        assert troubles, "nothing was refused"


def nonsense_server(path, answer):
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.recv(1000)
                    peer.sendall(answer)
                    time.sleep(0.05)
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    return server


def test_nonsense_server():
    answers = (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"$-7\r\n", b"+OK\r\n", b"*100000000000\r\n", b":1\r\n",
               b"$5\r\nhello\r\n", b"\0" * 100000, b"+" + b"x" * 1000000)
    for n, answer in enumerate(answers):
        with World() as w:
            server = nonsense_server(w.redis_path, answer)
            done = run("--check", "-o", f"redis=unix:{w.redis_path}", "-o", "redis.timeout=0.5s")
            assert done.returncode == 1 and "redis unix:" in done.stderr, (answer[:20], done)
            w.start("redis.timeout=0.5s")
            d = Dataplane(w.path).connect()
            d.records(batch(0))
            until(lambda: w.http("/readyz")[0] == 503)
            server.close()
            os.unlink(w.redis_path)
            w.start_redis()
            d.wait()
            check_counts(w, 1)


def test_wrong_type():
    with World() as w:
        w.start_redis()
        w.cli("SET", "pdns:ip:192.0.2.3", "mine")
        w.cli("SET", "pdns:count:host5.example.com", "mine")
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records(batch(n))
        d.wait()
        w.settled()
        assert w.metric('collector_records_total{outcome="wrong_type"}') == 6
        assert w.metric('collector_records_total{outcome="applied"}') == 24
        assert [w.count(f"host{i}.example.com", f"A 192.0.2.{i}") for i in (0, 3, 9)] == [3, 3, 3]
        assert w.cli("GET", "pdns:ip:192.0.2.3") == "mine"
        assert w.log().count("pdns:ip:192.0.2.3") == 1 and w.log().count("pdns:count:host5.example.com") == 1
    with World() as w:
        w.start_redis()
        w.cli("SET", "pdns:seq", "mine")
        done = run("--check", "-o", f"redis=unix:{w.redis_path}")
        assert done.returncode == 1 and "key pdns:seq: found another type" in done.stderr, done


def test_retention():
    with World() as w:
        w.start_redis()
        now = int(time.time())
        old, young = now - 3 * 86400, now - 86400
        for kind, scores in (("name", (old, young)), ("first", (old - 9, old)), ("count", (7, 8))):
            w.cli("ZADD", f"pdns:{kind}:host0.example.com", str(scores[0]), "A 198.51.100.1", str(scores[1]), "A 198.51.100.2")
        w.cli("ZADD", "pdns:ip:192.0.2.0", str(old), "gone.example.com", str(young), "stays.example.com")
        w.cli("SET", "pdns:count:host5.example.com", "mine")
        w.cli("ZADD", "pdns:flood", str(old), "gone.example", str(young), "stays.example")
        w.cli("ZADD", "pdns:flood:names", "5", "gone.example", "6", "stays.example")
        w.start("retention.days=2")
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + n, 1, NEW if n == 0 else 0) for i in range(10)])
        d.records([record("victim.com", 0, b"", now, now, 70, FLOOD)])
        d.wait()
        w.settled()
        zset = lambda key: w.cli("ZRANGE", key, "0", "-1", "WITHSCORES").split("\n")
        assert zset("pdns:name:host0.example.com") == ["A 198.51.100.2", str(young), "A 192.0.2.0", str(now + 2)]
        assert zset("pdns:count:host0.example.com") == ["A 192.0.2.0", "3", "A 198.51.100.2", "8"]
        assert zset("pdns:first:host0.example.com") == ["A 198.51.100.2", str(old), "A 192.0.2.0", str(now)]
        assert zset("pdns:ip:192.0.2.0") == ["stays.example.com", str(young), "host0.example.com", str(now + 2)]
        until(lambda: zset("pdns:flood") == ["stays.example", str(young), "victim.com", str(now)])  # follows its batch
        until(lambda: zset("pdns:flood:names") == ["stays.example", "6", "victim.com", "70"])
        until(lambda: int(w.cli("TTL", "pdns:flood:names")) > 0)
        for key in ("name:host1.example.com", "first:host1.example.com", "count:host1.example.com", "ip:192.0.2.1",
                    "net:192.0.2.0/24", "zone:example.com", "flood", "flood:names"):
            assert 4 * 86400 - 60 < int(w.cli("TTL", f"pdns:{key}")) <= 4 * 86400, key
        assert w.cli("GET", "pdns:count:host5.example.com") == "mine"
        before = w.metric("collector_commands_sent_total")
        d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + 5, 1) for i in range(10)])
        d.wait()
        w.settled()
        assert w.metric("collector_commands_sent_total") - before <= 3 * 10 + 10, "more than three commands a record"


def test_expiry_after_a_kill():
    """A collector killed behind two batches has not set their expiries: the next one does, without any new record."""
    with World() as w:
        w.start_redis()
        w.start()  # without retention, as if killed before what follows the batches
        d = Dataplane(w.path).connect()
        d.records([record("first.example.edu", 1, bytes([198, 51, 100, 1]), 1000, 1000, 1, NEW)])
        d.records(batch(0) + [record("mail.example.net", 15, b"\0\x0a" + frames.name("mail.example.org"), 1000, 1000, 1, NEW),
                              record("victim.com", 0, b"", 1000, 1000, 70, FLOOD)])
        d.wait()
        w.settled()
        w.kill()
        keys = ("name:host1.example.com", "first:host1.example.com", "count:host1.example.com", "ip:192.0.2.1", "net:192.0.2.0/24",
                "zone:example.com", "rdata:mail.example.org", "flood", "flood:names", "name:first.example.edu", "first:first.example.edu",
                "count:first.example.edu", "ip:198.51.100.1", "net:198.51.100.0/24", "zone:example.edu")
        assert {w.cli("TTL", f"pdns:{key}") for key in keys} == {"-1"}
        w.cli("SET", "pdns:first:host2.example.com", "mine")
        w.start("retention.days=2")
        until(lambda: all(0 < int(w.cli("TTL", f"pdns:{key}")) <= 4 * 86400 for key in keys))
        assert w.cli("TTL", "pdns:first:host2.example.com") == "-1" and w.cli("GET", "pdns:first:host2.example.com") == "mine"
        check_counts(w, 1)


def test_foreign_keys():
    """Keys of another type under the prefix stay as they are, with retention as well; each is named once."""
    foreign = {"name:host1.example.com": ("SET", "mine"), "first:host2.example.com": ("SADD", "A 192.0.2.2", "mine"),
               "count:host3.example.com": ("RPUSH", "mine"), "ip:192.0.2.4": ("HSET", "mine", "1"), "net:192.0.2.0/24": ("SET", "mine"),
               "zone:example.com": ("SADD", "host5.example.com"), "rdata:mail.example.org": ("SET", "mine"), "new": ("SET", "mine"),
               "sensors": ("SET", "mine"), "sensor:test": ("SET", "mine")}
    with World() as w:
        w.start_redis()
        for key, (command, *words) in foreign.items():
            w.cli(command, f"pdns:{key}", *words)
        whole = lambda: {key: (w.cli("--no-raw", "DUMP", f"pdns:{key}"), w.cli("TTL", f"pdns:{key}")) for key in foreign}
        before, now = whole(), int(time.time())
        w.start("retention.days=2")
        d = Dataplane(w.path).connect()
        for n in range(6):
            if n == 3:  # what is not new any more is due again
                w.stop()
                w.start("retention.days=2")
                d.connect()
            flags = NEW if n < 3 else 0
            d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + n, 1, flags) for i in range(10)] +
                      [record("mail.example.net", 15, b"\0\x0a" + frames.name("mail.example.org"), now, now + n, 1, flags)])
            d.wait()
            w.settled()
        until(lambda: w.log().count("left alone") >= len(foreign))
        assert whole() == before and {ttl for _, ttl in before.values()} == {"-1"}
        for key, (command, *_) in foreign.items():
            found = {"SET": "a string", "SADD": "a set", "RPUSH": "a list", "HSET": "a hash"}[command]
            expected = {"new": "a stream", "sensor:test": "a hash"}.get(key, "a sorted set")
            line = f"redis: key pdns:{key}: found {found}, expected {expected}; it is left alone"
            assert w.log().count(line) in (1, 2), line  # once a start of the collector
        assert w.metric("collector_foreign_type_total") > 0
        for key in ("name:host0.example.com", "first:host0.example.com", "count:host0.example.com", "ip:192.0.2.0", "name:mail.example.net",
                    "zone:example.net", "first:host3.example.com", "name:host3.example.com", "count:host1.example.com"):
            assert 0 < int(w.cli("TTL", f"pdns:{key}")) <= 4 * 86400, key
        assert w.count("host1.example.com", "A 192.0.2.1") == 6


def test_cannot_save():
    """MISCONF: a snapshot failed, so Redis refuses writes until one succeeds."""
    with World() as w:
        w.start_redis("--save", "3600 1")
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        os.mkdir(f"{w.folder}/dump.rdb")  # its snapshot cannot take that name
        w.cli("BGSAVE")
        until(lambda: "rdb_last_bgsave_status:err" in w.cli("INFO", "persistence"))
        for n in range(1, 5):
            d.records(batch(n))
        until(lambda: "cannot save to its disk" in w.http("/readyz")[1])
        check_counts(w, 1, settle=False)
        os.rmdir(f"{w.folder}/dump.rdb")
        w.cli("BGSAVE")
        d.wait()
        check_counts(w, 5)
        assert w.metric('collector_redis_errors_total{kind="misconf"}') > 0 and w.log().count("cannot save to its disk") == 1


def test_loading():
    """LOADING: a Redis that takes a while to read its data."""
    with World() as w:
        w.start_redis("--enable-debug-command", "yes")
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.cli("DEBUG", "POPULATE", "3000")
        w.cli("BGREWRITEAOF")
        until(lambda: "aof_rewrite_in_progress:0" in w.cli("INFO", "persistence") and glob.glob(f"{w.folder}/appendonlydir/*.2.base.rdb"))
        w.stop_redis(signal.SIGKILL)
        w.start_redis("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024", wait=False)
        d.records(batch(1))
        until(lambda: "still loading" in w.http("/readyz")[1])
        until(lambda: w.cli("PING") == "PONG")
        check_counts(w, 2)
        assert w.metric('collector_redis_errors_total{kind="loading"}') > 0 and w.log().count("still loading") == 1


def test_busy():
    """BUSY: a script of someone else that does not end."""
    with World() as w:
        w.start_redis("--busy-reply-threshold", "100")
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        script = subprocess.Popen(["redis-cli", "-s", w.redis_path, "EVAL", "while true do end", "0"], stdout=subprocess.DEVNULL)
        until(lambda: "BUSY" in w.cli("GET", "x"))
        for n in range(1, 5):
            d.records(batch(n))
        until(lambda: "it is busy with a script" in w.http("/readyz")[1])
        w.cli("SCRIPT", "KILL")
        script.wait(10)
        check_counts(w, 5)
        assert w.metric('collector_redis_errors_total{kind="busy"}') > 0


def test_aof_cut_within_a_transaction():
    """Redis leaves the beginning of a cut transaction in its file; the collector has it rewritten, or the restart after
    the next would carry it out once more."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(20):
            d.records(batch(n))
        d.wait()
        w.settled()
        w.stop_redis(signal.SIGKILL)
        aof = glob.glob(f"{w.folder}/appendonlydir/*.1.incr.aof")[0]
        with open(aof, "rb") as f:
            whole = f.read()
        last = whole.rindex(b"*1\r\n$4\r\nEXEC\r\n")
        assert whole.rindex(b"ZINCRBY", 0, last) > whole.rindex(b"MULTI", 0, last)
        os.truncate(aof, last - 5)  # within its last command
        w.start_redis()
        until(lambda: w.metric("collector_batches_again_total") >= 1)  # more where Redis had put off writing its file
        check_counts(w, 20)
        until(lambda: "aof_rewrite_in_progress:0" in w.cli("INFO", "persistence") and glob.glob(f"{w.folder}/appendonlydir/*.2.base.rdb"))
        for n in range(2):
            w.stop_redis(signal.SIGKILL)
            connects = w.metric("collector_redis_connects_total")
            w.start_redis()
            until(lambda: w.metric("collector_redis_connects_total") > connects)
            check_counts(w, 20)


def test_two_collectors_one_redis():
    """Two sensors, each with its collector and spool, write the same records into one Redis at once; both are killed."""
    with World() as w, World() as v:
        w.start_redis()
        for world, name in ((w, "one"), (v, "two")):
            world.redis_path = w.redis_path
            world.start(f"sensor={name}")
        sources = [Source(world.path, name, seed) for seed, (world, name) in enumerate(((w, "one"), (v, "two")))]
        for n in range(4):
            time.sleep(0.3)
            world = (w, v)[n % 2]
            world.kill()
            world.start()
        for source in sources:
            source.stop()
        for world in (w, v):
            world.settled()
        wrong = differences(sources, w.redis_path)
        assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"
        for source in sources:
            assert int(w.cli("HGET", f"pdns:sensor:{source.dataplane.sensor}", "sightings")) == sum(e[2] for e in source.expected.values())
        assert w.cli("HLEN", "pdns:seq") == "2"


def test_clock_goes_back():
    """The wall clock is set back by an hour, and forth again: nothing is lost, trimmed or counted twice, no wait is an
    hour long; last seen does not go back."""
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not library:
        print("        (no libfaketime: left out)")
        return
    if "libasan" in subprocess.run(["ldd", PROGRAMS["collector"]], capture_output=True, text=True).stdout:
        print("        (libfaketime and a sanitizer's library wait for each other on Debian 13; test_clock.sh runs it)")
        return
    with World() as w:
        clock = pathlib.Path(w.folder, "clock")
        clock.write_text("+0")
        faked = dict(os.environ, LD_PRELOAD=library[0], FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1",
                     FAKETIME_DONT_FAKE_MONOTONIC="1")
        w.start_redis()
        w.start("retention.days=1", "spool.keep=2s", env=faked)
        d = Dataplane(w.path).connect()
        real, sent = int(time.time()), 0
        for offset in (0, -3600, -7200, 3600, 0):
            clock.with_suffix(".new").write_text(f"{offset:+d}")
            os.replace(clock.with_suffix(".new"), clock)  # the library reads it at any time
            start = time.monotonic()
            for _ in range(5):
                d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), real + offset, real + offset, 1, NEW) for i in range(10)])
                sent += 1
            d.wait()
            check_counts(w, sent)
            w.stop_redis()
            time.sleep(0.3)
            w.start_redis()
            d.records(batch(0))
            d.wait()
            sent += 1
            check_counts(w, sent)
            assert time.monotonic() - start < 100, "a wait by the wall clock"
            stamp = int(re.search(r"collector_last_applied_timestamp_seconds (\d+)", w.http("/metrics")[1]).group(1))
            assert abs(stamp - (time.time() + offset)) < 60, "the clock was not faked"
        until(lambda: w.metric("collector_spool_kept_batches") == 0)
        for i in range(10):
            assert w.cli("ZSCORE", f"pdns:name:host{i}.example.com", f"A 192.0.2.{i}") == str(real + 3600)
            assert w.cli("ZSCORE", f"pdns:first:host{i}.example.com", f"A 192.0.2.{i}") == "1000"
        assert w.stop() == 0


if __name__ == "__main__":
    run_tests(globals())
