#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and what can break around it: real processes, real signals, a private Redis.

    collector_faults.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import frames
from faults import PROGRAMS, Source, World, differences, run, run_tests, until
from frames import Dataplane, NEW, record


def batch(n, count=1, flags=NEW):
    """Ten records; the same for every n, so that each count is the number of batches."""
    return [record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000 + n, count, flags) for i in range(10)]


def check_counts(world, expected, settle=True):
    if settle and world.collector.poll() is None and "http: listening" in world.log():
        world.settled()
    counts = [world.count(f"host{i}.example.com", f"A 192.0.2.{i}") for i in range(10)]
    assert counts == [expected] * 10, f"expected {expected}, found {counts}"


def test_usage():
    for args, status, text in (
            (["--nonsense"], 2, "unknown option '--nonsense'"), (["-x"], 2, "unknown option '-x'"),
            (["word"], 2, "unexpected argument 'word'"), (["-o"], 2, "needs a value"),
            (["-o", "redis=nowhere"], 2, "expected HOST:PORT"), (["-o", "who=me"], 2, "unknown key 'who'"),
            (["-o", "redis.timeout=never"], 2, "redis.timeout"), (["-c", "/nonexistent"], 2, "/nonexistent"),
            (["-o", "psl.file=/nonexistent"], 2, "psl.file"), (["-o", "redis.user=me"], 2, "redis.user"),
            (["--once", "-o", "redis=127.0.0.1:1"], 1, "redis 127.0.0.1:1: cannot connect"),
            (["--check", "-o", "redis=unix:/nonexistent"], 1, "cannot connect"),
            (["-o", "sensor=x", "-o", "collector.socket=/nonexistent/c.sock"], 1, "/nonexistent/c.sock")):
        done = run(*args)
        assert done.returncode == status, (args, done)
        assert text in done.stderr and done.stderr.count("\n") == 1, (args, done.stderr)
    assert "Examples" in run("--help").stdout and run("--version").returncode == 0


def test_schema():
    with World() as w:
        w.start_redis()
        w.start(once=True)
        d = Dataplane(w.path).connect()
        d.records([
            record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 100, 200, 3, NEW),
            record("example.co.uk", 15, b"\0\x0a" + frames.name("mail.example.org"), 110, 210, 1, NEW),
            record("www.example.co.uk", 28, bytes.fromhex("20010db8000100000000000000000001"), 90, 190, 2, NEW),
            record("alias.example.co.uk", 5, frames.name("www.example.co.uk"), 5, 6, 7, NEW),
            record("co.uk", 2, frames.name(""), 1, 2, 1, NEW), record("", 2, frames.name("a.root.example"), 1, 2, 1, NEW),
            record(b"\x03a.b\x07exa\0ple\x03com\0", 65280, b"\x0a\0\0\1", 1, 2, 1, NEW)])
        d.records([record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 50, 150, 4, NEW)])
        d.records([record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 250, 300, 1)])
        d.wait()
        zset = lambda key: w.cli("ZRANGE", key, "0", "-1", "WITHSCORES").split("\n")
        assert zset("pdns:name:www.example.co.uk") == ["AAAA 2001:db8:1::1", "190", "A 203.0.113.7", "300"]
        assert zset("pdns:first:www.example.co.uk") == ["A 203.0.113.7", "50", "AAAA 2001:db8:1::1", "90"]
        assert zset("pdns:count:www.example.co.uk") == ["AAAA 2001:db8:1::1", "2", "A 203.0.113.7", "8"]
        assert zset("pdns:ip:203.0.113.7") == ["www.example.co.uk", "300"]
        assert zset("pdns:net:203.0.113.0/24") == ["203.0.113.7", "50"]
        assert zset("pdns:net:2001:db8:1::/48") == ["2001:db8:1::1", "90"]
        assert zset("pdns:rdata:mail.example.org") == ["MX example.co.uk", "210"]
        assert zset("pdns:rdata:www.example.co.uk") == ["CNAME alias.example.co.uk", "6"]
        assert zset("pdns:zone:example.co.uk") == ["alias.example.co.uk", "5", "www.example.co.uk", "50", "example.co.uk", "110"]
        assert zset("pdns:zone:co.uk") == ["co.uk", "1"] and zset("pdns:zone:.") == [".", "1"]
        assert w.cli("EXISTS", "pdns:rdata:.") == "0"
        assert zset("pdns:name:a\\.b.exa\\000ple.com") == ["TYPE65280 \\# 4 0a000001", "2"]
        d.bye()
        d.wait()
        d.close()
        assert w.collector.wait(10) == 0
        assert w.cli("XLEN", "pdns:new") == "7"
        assert w.cli("HGET", "pdns:sensor:test", "sightings") == "21"
        assert w.cli("EXISTS", "pdns:seq") == "0", "the stream's number was not deleted"
        assert w.cli("KEYS", "pdns:fence:*") == ""


def test_duplicates():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path)
        for n in range(5):
            d.records(batch(n))
        kept = dict(d.kept)
        d.connect().wait()
        d.kept = kept  # as if no acknowledgement had come
        d.acked = 0
        d.connect().wait()
        check_counts(w, 5)
        assert w.metric("collector_frames_duplicate_total") == 5


def test_collector_killed():
    with World() as w:
        w.start_redis()
        d = Dataplane(w.path)
        sent = 0
        for turn in range(12):
            w.start()
            d.connect()
            for n in range(40):
                d.records(batch(sent))
                sent += 1
            time.sleep(0.003 * turn)  # somewhere within
            w.kill()
        w.start()
        d.connect()
        d.bye()
        d.wait()
        check_counts(w, sent)


def test_acknowledgement_of_bye_lost():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.bye()
        until(lambda: w.metric('collector_frames_received_total{type="bye"}') == 1)
        w.settled()
        time.sleep(1.5)
        d.close()  # with the ACK unread
        time.sleep(0.2)
        w.kill()
        w.start()
        d.connect().wait()
        check_counts(w, 1)
        assert w.metric("collector_frames_duplicate_total") == 2
        d.close()


def test_redis_stopped_and_started():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
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
        assert w.log().count("well again") == 1


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
    """Stands before Redis. Keeps the first connection's EXEC back until `late` holds for what the second
    one has sent, as a socket buffer would that Redis has not read yet; then delivers it."""

    def __init__(self, path, redis_path, late):
        self.redis_path, self.late = redis_path, late
        self.held, self.made, self.delivered = b"", 0, False
        self.first = None
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
            if number == 1 and (self.held or exec_ in seen):
                if not self.held:
                    head = data[:-len(exec_)] if data.endswith(exec_) else data.split(exec_)[0]
                    redis.sendall(head)
                    data = data[len(head):]
                    self.first = redis
                self.held += data
                continue
            if number > 1 and not self.delivered and self.late == "before" and exec_ in seen:
                self.deliver()
            redis.sendall(data)
            if number > 1 and not self.delivered and self.late == "after" and exec_ in seen:
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
        assert w.metric("collector_batches_again_total") == 3 and "redis is older than it was" in w.log()
        w.kill()
        w.start("spool.keep=0")
        d.connect()
        until(lambda: w.metric("collector_spool_kept_batches") == 0)
        w.stop_redis(signal.SIGKILL)
        w.start_redis("--appendonly", "no")
        d.records(batch(4))
        d.wait()
        check_counts(w, 1)
        assert w.metric("collector_batches_missing_total") == 4 and "redis has lost 4 batches" in w.log()


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
        assert done.returncode == 1 and "pdns:seq holds something else" in done.stderr, done


def test_unsound_frames():
    good = record("a.example", 1, b"\1\2\3\4", 1, 2, 1)
    stream = b"s" * 16
    starts = frames.hello(stream)
    bodies = [
        b"\0" * 24, b"GET / HTTP/1.1\r\n\r\n" * 4, frames.records(1, [good]), frames.hello(stream, layout=1),
        frames.hello(stream, version="x" * 32), frames.hello(stream, sensor=""), frames.hello(stream, sensor="a\nb"),
        starts + starts, starts + frames.frame(frames.ACK, 1), starts + frames.frame(99, 1),
        starts + frames.records(0, [good]), starts + frames.records(2**63, [good]),
        starts + frames.frame(frames.RECORDS, 1, good, 2), starts + frames.frame(frames.RECORDS, 1, good[:-2], 1),
        starts + frames.frame(frames.RECORDS, 1, good, 5000), starts + frames.frame(frames.RECORDS, 1, b"", 0, size=8),
        starts + frames.frame(frames.RECORDS, 1, b"", 0, size=0xFFFFFFFF),
        starts + frames.records(1, [record("a.example", 1, b"\1\2\3\4", 1, 2, 0)]),
        starts + frames.records(1, [record(b"\x05abc\0", 1, b"", 1, 2, 1)]),
        starts + frames.stats()[:24] + b"\xff" * (len(frames.stats()) - 24), starts + frames.frame(frames.STATS, 0, b"\0\0\0"),
        starts + frames.frame(frames.BYE, 1, b"x"), starts + frames.frame(frames.BYE, 1) + frames.records(2, [good]),
        starts + frames.records(1, [good]) + frames.records(3, [good])]
    with World() as w:
        w.start_redis()
        w.start()
        for n, body in enumerate(bodies):
            # each with a stream of its own, or what one left would be what the next is judged by
            body = body.replace(stream, bytes([n]) * 16)
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(10)
            s.connect(w.path)
            s.sendall(body)
            try:
                while s.recv(100):
                    pass
            except ConnectionResetError:
                pass
            s.close()
            until(lambda: w.metric("collector_frames_unsound_total") == n + 1)
        for body in (starts[:10], starts + frames.records(1, [good])[:-3]):  # cut off: no frame at all
            s = socket.socket(socket.AF_UNIX)
            s.connect(w.path)
            s.sendall(body)
            s.close()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        check_counts(w, 1)
        assert w.metric("collector_frames_unsound_total") == len(bodies)


def test_spool_given_up():
    with World() as w:
        w.start_redis()
        w.start("queue.size=256k", "spool.size=1m", "spool.patience=0.2s")
        w.stop_redis()
        d = Dataplane(w.path).connect()
        for n in range(60):
            d.records([record(f"n{n}-{i}.example.org", 16, b"\xc8" + b"x" * 200, 1, 1, 1, NEW) for i in range(200)])
        d.wait()
        gone = w.metric("collector_records_given_up_total")
        assert gone > 0 and gone == 200 * w.metric("collector_batches_given_up_total") and "were given up" in w.log()
        w.start_redis()
        w.settled()
        assert w.metric('collector_records_total{outcome="applied"}') + gone == 60 * 200
        assert w.metric("collector_batches_missing_total") == 0, "given up is not lost by Redis"


def test_retention():
    with World() as w:
        w.start_redis()
        now = int(time.time())
        old, young = now - 3 * 86400, now - 86400
        for kind, scores in (("name", (old, young)), ("first", (old - 9, old)), ("count", (7, 8))):
            w.cli("ZADD", f"pdns:{kind}:host0.example.com", str(scores[0]), "A 198.51.100.1", str(scores[1]), "A 198.51.100.2")
        w.cli("ZADD", "pdns:ip:192.0.2.0", str(old), "gone.example.com", str(young), "stays.example.com")
        w.cli("SET", "pdns:count:host5.example.com", "mine")
        w.start("retention.days=2")
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + n, 1, NEW if n == 0 else 0) for i in range(10)])
        d.wait()
        w.settled()
        zset = lambda key: w.cli("ZRANGE", key, "0", "-1", "WITHSCORES").split("\n")
        assert zset("pdns:name:host0.example.com") == ["A 198.51.100.2", str(young), "A 192.0.2.0", str(now + 2)]
        assert zset("pdns:count:host0.example.com") == ["A 192.0.2.0", "3", "A 198.51.100.2", "8"]
        assert zset("pdns:first:host0.example.com") == ["A 198.51.100.2", str(old), "A 192.0.2.0", str(now)]
        assert zset("pdns:ip:192.0.2.0") == ["stays.example.com", str(young), "host0.example.com", str(now + 2)]
        for key in ("name:host1.example.com", "first:host1.example.com", "count:host1.example.com", "ip:192.0.2.1",
                    "net:192.0.2.0/24", "zone:example.com"):
            assert 4 * 86400 - 60 < int(w.cli("TTL", f"pdns:{key}")) <= 4 * 86400, key
        assert w.cli("GET", "pdns:count:host5.example.com") == "mine"
        before = w.metric("collector_commands_sent_total")
        d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + 5, 1) for i in range(10)])
        d.wait()
        w.settled()
        assert w.metric("collector_commands_sent_total") - before <= 3 * 10 + 10, "more than three commands a record"


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
        until(lambda: "a script keeps it busy" in w.http("/readyz")[1])
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
        until(lambda: w.metric("collector_batches_again_total") == 1)
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
    with World() as w:
        clock = pathlib.Path(w.folder, "clock")
        clock.write_text("+0")
        loaded = subprocess.run(["ldd", PROGRAMS["collector"]], capture_output=True, text=True).stdout
        sanitizer = re.findall(r"=> (\S*libasan\S*)", loaded)  # has to come first
        faked = dict(os.environ, LD_PRELOAD=" ".join(sanitizer + library[:1]), FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", DONT_FAKE_MONOTONIC="1",
                     FAKETIME_DONT_FAKE_MONOTONIC="1")
        w.start_redis()
        w.start("retention.days=1", "spool.keep=2s", env=faked)
        d = Dataplane(w.path).connect()
        real, sent = int(time.time()), 0
        for offset in (0, -3600, -7200, 3600, 0):
            clock.write_text(f"{offset:+d}")
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


def test_two_collectors_one_spool():
    with World() as w:
        w.start_redis()
        w.start()
        done = run("-o", f"collector.socket={w.folder}/d.sock", "-o", f"spool.dir={w.path}.spool", "-o", "http.listen=none")
        assert done.returncode == 1 and "another collector uses it" in done.stderr and done.stderr.count("\n") == 1, done


def test_spool_damaged():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.kill()
        data = pathlib.Path(f"{w.path}.spool/data.mdb")
        octets = data.read_bytes()
        data.write_bytes(octets[:8192] + os.urandom(len(octets) - 8192))
        w.start()
        assert "damaged; moved aside as" in w.log() and w.metric("collector_spool_damaged_total") == 1
        d.connect()
        d.records(batch(1))
        d.wait()
        check_counts(w, 2)


def test_disk_full():
    """A spool on a disk of its own that is full: dataplanes keep their records, nothing is lost."""
    with World() as w:
        disk = f"{w.folder}/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode != 0:
            print("        (cannot mount a tmpfs here: left out)")
            return
        try:
            w.start_redis()
            w.start(f"spool.dir={disk}/spool", "queue.size=256k")
            w.stop_redis()
            d = Dataplane(w.path).connect()
            sent = 0

            def send():
                nonlocal sent
                for n in range(300):
                    d.records([record(f"host{i % 10}.example.com", 1, bytes([192, 0, 2, i % 10]), 1000, 1000 + n, 1, NEW) for i in range(2000)])
                    sent += 200

            sender = threading.Thread(target=send)
            sender.start()
            until(lambda: "disk of spool.dir is full" in w.log(), 60)
            assert w.http("/readyz")[0] == 503
            time.sleep(1)
            assert sender.is_alive()
            w.start_redis()
            sender.join(120)
            d.wait()
            check_counts(w, sent)
            assert w.metric("collector_batches_given_up_total") == 0
        finally:
            w.kill()
            subprocess.run(["umount", "-l", disk])


def test_back_pressure():
    with World() as w:
        w.start_redis()
        w.start("queue.size=256k", "spool.size=1m")
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.stop_redis()
        big = [record(f"n{i}.example.org", 16, b"\xc8" + b"x" * 200, 1, 1, 1, NEW) for i in range(400)]

        def send():
            for _ in range(40):
                d.records(big)

        sender = threading.Thread(target=send)
        sender.start()
        until(lambda: w.metric("collector_back_pressure_total") > 0)
        time.sleep(0.3)
        assert sender.is_alive() and w.metric("collector_spool_bytes") <= 1 << 20
        assert w.http("/readyz")[0] == 503 and w.metric("collector_batches_given_up_total") == 0
        w.start_redis()
        sender.join(60)
        d.wait()
        w.settled()
        assert w.count("n7.example.org", 'TXT "' + "x" * 200 + '"') == 40


def test_socket_in_use():
    with World() as w:
        w.start_redis()
        w.start()
        done = run("-o", f"collector.socket={w.path}", "-o", "http.listen=none")
        assert done.returncode == 1 and f"collector.socket {w.path}: another collector is listening there" in done.stderr
        assert stat.S_IMODE(os.stat(w.path).st_mode) == 0o660
        w.kill()
        w.start()  # over the stale socket
        assert w.stop() == 0 and not os.path.exists(w.path)
        pathlib.Path(w.path).write_text("precious")
        done = run("-o", f"collector.socket={w.path}", "-o", "http.listen=none")
        assert done.returncode == 1 and "is not a socket" in done.stderr
        assert pathlib.Path(w.path).read_text() == "precious"


def test_stop_and_reload():
    with World() as w:
        w.start_redis()
        conf = pathlib.Path(w.folder, "conf")
        conf.write_text("sensor = other\nnew.max = 5\n")
        w.start()
        w.stop()
        os.truncate(w.log_path, 0)
        with open(w.log_path, "a") as log:
            w.collector = subprocess.Popen([PROGRAMS["collector"], "-c", str(conf), "-o", f"redis=unix:{w.redis_path}", "-o",
                                            f"collector.socket={w.path}", "-o", "http.listen=127.0.0.1:0"], stderr=log)
        until(lambda: "waiting for dataplanes" in w.log())
        conf.write_text("new.max = many\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: "the settings stay as they are" in w.log())
        conf.write_text("new.max = 0\nredis.prefix = other:\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: "settings read again" in w.log())
        assert "redis.prefix: changed; takes effect after a restart" in w.log()
        d = Dataplane(w.path).connect()
        for n in range(50):
            d.records(batch(n))
        time.sleep(0.2)
        assert w.stop() == 0  # writes what it has taken, acknowledges it
        d.sock.settimeout(1)
        try:
            d.wait()
        except (ConnectionError, OSError):
            pass
        check_counts(w, d.acked)
        assert w.cli("EXISTS", "pdns:new") == "0"
        w.stop_redis()
        w.start()
        d.connect()
        d.records(batch(0))
        until(lambda: w.metric("collector_spool_waiting_batches") > 0)
        start = time.monotonic()
        assert w.stop() == 0 and time.monotonic() - start < 12
        assert "the spool keeps them for the next start" in w.log()
        w.start_redis()
        w.start()
        w.settled()
        assert w.count("host0.example.com", "A 192.0.2.0") == d.number


def test_http_and_metrics():
    with World() as w:
        w.start_redis()
        w.start()
        ds = [Dataplane(w.path, f'site "{n}"').connect() for n in range(3)]
        for d in ds:
            d.sock.sendall(frames.stats(workers=3, ports=("net0", "net1")))
            d.records(batch(0))
        for d in ds:
            d.wait()
        status, text = w.http("/metrics")
        assert status == 200
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
            assert done.returncode == 0 and not done.stderr, done
        assert 'lookback_rx_packets_total{sensor="site \\"1\\"",worker="2"} 7' in text
        assert 'lookback_port_link_up{sensor="site \\"0\\"",port="net1"} 7' in text
        assert w.http("/nothing")[0] == 404
        port = re.findall(r"http: listening on 127.0.0.1:(\d+)", w.log())[-1]
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/metrics", data=b"x" * 100000))
            raise AssertionError("a POST was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 405
        except (urllib.error.URLError, ConnectionError):
            pass  # closed while the body was still coming
        with socket.create_connection(("127.0.0.1", int(port))) as s:
            s.sendall(b"GET /" + b"x" * 40000 + b" HTTP/1.0\r\n\r\n")
            assert s.recv(20).split()[1] in (b"414", b"431", b"413")
        done = run("-o", f"collector.socket={w.folder}/d.sock", "-o", f"http.listen=127.0.0.1:{port}")
        assert done.returncode == 1 and "http.listen" in done.stderr


def main():
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    PROGRAMS["collector"] = os.path.abspath(sys.argv[1])
    run_tests({n[5:]: f for n, f in globals().items() if n.startswith("test_")}, sys.argv[2:])


if __name__ == "__main__":
    main()
