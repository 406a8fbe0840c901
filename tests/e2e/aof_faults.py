#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Redis killed while it wrote its append-only file, and restarted: the beginning of a transaction that stays in the file must
never be carried out.

    aof_faults.py PATH-OF-lookback-collector [NAME…]
"""
import glob
import os
import pathlib
import re
import shutil
import signal
import socket
import threading
import time

from faults import Resp, Source, World, batch, check_counts, differences, run_tests, until
from frames import Dataplane, NEW, record


def one(n):
    return [record("host0.example.com", 1, b"\xc0\0\2\0", 1000, 1000 + n, 1, NEW)]


def boundaries(data):
    """Offsets behind each command of the last transaction, and one within each."""
    start = data.rindex(b"*1\r\n$5\r\nMULTI\r\n")
    end = data.rindex(b"*1\r\n$4\r\nEXEC\r\n")
    found = [m.start() for m in re.finditer(rb"\*\d+\r\n\$\d+\r\n(?=[A-Z])", data[start:end + 14])]
    return [start + at + shift for at in found[1:] for shift in (0, 9)]


def aof(w):
    return sorted(glob.glob(f"{w.folder}/appendonlydir/*.incr.aof"))[-1]


def settled_aof(w):
    text = w.cli("INFO", "persistence")
    return "aof_rewrite_in_progress:0" in text and "aof_rewrite_scheduled:0" in text


def restart_redis(w, how=signal.SIGTERM):
    connects = w.metric("collector_redis_connects_total")
    w.stop_redis(how)
    w.start_redis()
    until(lambda: w.metric("collector_redis_connects_total") > connects)
    w.settled()


def test_cut_at_every_command():
    """Cut behind each command of a batch that had not been answered, and restarted twice: every count once."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records(one(n))
            d.wait()
            w.settled()
        w.kill()  # the spool does not know that the last one was applied
        w.stop_redis()
        whole = pathlib.Path(aof(w)).read_bytes()
        name = os.path.basename(aof(w))
        shutil.copytree(f"{w.folder}/appendonlydir", f"{w.folder}/kept/appendonlydir")
        shutil.copytree(f"{w.path}.spool", f"{w.folder}/kept/spool")
        places = boundaries(whole)
        assert len(places) > 12, places
        for at in places:
            for target, source in ((f"{w.folder}/appendonlydir", f"{w.folder}/kept/appendonlydir"), (f"{w.path}.spool", f"{w.folder}/kept/spool")):
                shutil.rmtree(target)
                shutil.copytree(source, target)
            os.truncate(f"{w.folder}/appendonlydir/{name}", at)
            w.start_redis()
            w.start()
            w.settled()
            assert w.count("host0.example.com", "A 192.0.2.0") == 3, at
            w.kill()
            for _ in range(2):
                w.stop_redis()
                w.start_redis()
                assert w.count("host0.example.com", "A 192.0.2.0") == 3, f"cut at {at}: {w.count('host0.example.com', 'A 192.0.2.0')}"
            w.stop_redis()


def test_killed_again_and_again():
    """Redis is killed, its file cut somewhere in its last transaction, as by a power failure, under load and several times."""
    with World() as w:
        w.start_redis("--appendfsync", "always")
        w.start("redis.timeout=1s")
        source = Source(w.path, names=4000, pause=0.01)
        for n in range(6):
            applied = w.metric("collector_batches_applied_total") or 0
            until(lambda: w.metric("collector_batches_applied_total") > applied + 10)
            w.stop_redis(signal.SIGKILL)
            data = pathlib.Path(aof(w)).read_bytes()
            if b"EXEC" in data:
                os.truncate(aof(w), data.rindex(b"*1\r\n$4\r\nEXEC\r\n") - (0 if n % 2 else 7))
            w.start_redis("--appendfsync", "always")
        source.stop()
        w.settled()
        for _ in range(2):
            restart_redis(w)
            wrong = differences([source], w.redis_path)
            assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


class Loading:
    """Before a Redis; as long as `loading` is set, INFO tells what a Redis tells that reads its append-only file."""

    def __init__(self, w):
        self.path, self.redis_path, self.loading, self.asked = f"{w.folder}/loading.sock", w.redis_path, True, 0
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(self.path)
        self.server.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, redis = self.server.accept()[0], socket.socket(socket.AF_UNIX)
            redis.connect(self.redis_path)
            threading.Thread(target=self.copy, args=(peer, redis, False), daemon=True).start()
            threading.Thread(target=self.copy, args=(redis, peer, True), daemon=True).start()

    def copy(self, source, target, answers):
        try:
            while data := source.recv(1 << 18):
                if answers and self.loading and b"aof_enabled:1" in data:
                    self.asked += 1
                    data = data.replace(b"aof_enabled:1", b"aof_enabled:0").replace(b"\nloading:0", b"\nloading:1")
                target.sendall(data)
        except OSError:
            pass
        for s in (source, target):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def test_asked_while_loading():
    """A Redis that reads its file says that it has none. The next command may be answered once it has read it: nothing is written before
    it was asked again, and the file rewritten."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.stop()
        w.stop_redis(signal.SIGKILL)
        w.start_redis()
        redis = Loading(w)
        w.start(redis=f"unix:{redis.path}")
        d.connect()
        d.records(batch(1))
        d.wait()
        until(lambda: redis.asked >= 3)
        check_counts(w, 1, settle=False)
        assert "still loading" in w.http("/readyz")[1], w.http("/readyz")
        redis.loading = False
        check_counts(w, 2)
        assert w.metric("collector_redis_rewrites_total") == 1


def test_long_rewrite():
    """A rewrite that takes its time: nothing is written meanwhile, that is said, and the spool keeps what comes."""
    with World() as w:
        w.start_redis("--enable-debug-command", "yes")
        w.start()
        d = Dataplane(w.path).connect()
        d.records(one(0))
        d.wait()
        w.settled()
        w.cli("DEBUG", "POPULATE", "3000")
        w.cli("BGREWRITEAOF")
        until(lambda: settled_aof(w) and glob.glob(f"{w.folder}/appendonlydir/*.2.base.rdb"))
        w.cli("SET", "something", "else")
        w.stop_redis()
        before = w.metric("collector_redis_rewrites_total")
        w.start_redis("--rdb-key-save-delay", "1000")
        d.records(one(1))
        until(lambda: "append-only file is being rewritten" in w.http("/readyz")[1])
        assert w.http("/readyz")[0] == 503
        assert w.count("host0.example.com", "A 192.0.2.0") == 1 and w.metric("collector_spool_waiting_batches") == 1
        d.wait()
        w.settled()
        assert w.count("host0.example.com", "A 192.0.2.0") == 2
        assert w.metric("collector_redis_rewrites_total") == before + 1 and settled_aof(w)


def test_killed_during_the_rewrite():
    """…and Redis is killed in it, with the beginning of a transaction in its file."""
    with World() as w:
        w.start_redis("--enable-debug-command", "yes")
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(3):
            d.records(one(n))
        d.wait()
        w.settled()
        w.cli("DEBUG", "POPULATE", "3000")
        w.cli("BGREWRITEAOF")
        until(lambda: settled_aof(w) and glob.glob(f"{w.folder}/appendonlydir/*.2.base.rdb"))
        # what a cut leaves: a file cut to nothing needs no rewrite (Redis 8 begins it with the transaction, 7.0 with a SELECT)
        w.cli("SET", "something", "else")
        d.records(one(3))
        d.wait()
        w.settled()
        for _ in range(3):
            w.stop_redis(signal.SIGKILL)
            data = pathlib.Path(aof(w)).read_bytes()
            if b"EXEC" in data:
                os.truncate(aof(w), data.rindex(b"*1\r\n$4\r\nEXEC\r\n"))
            for _ in range(2):  # Redis 7.0 ends where a file that is not the last one was cut, and is well with the next start
                w.start_redis("--rdb-key-save-delay", "1000", wait=False)
                until(lambda: w.redis.poll() is not None or w.cli("PING") == "PONG")
                if w.redis.poll() is None:
                    break
            until(lambda: "aof_rewrite_in_progress:1" in w.cli("INFO", "persistence"))
        w.settled()
        assert w.count("host0.example.com", "A 192.0.2.0") == 4
        for _ in range(2):
            w.stop_redis()
            w.start_redis()
            w.settled()
            assert w.count("host0.example.com", "A 192.0.2.0") == 4


def test_rewrite_fails():
    """A rewrite that fails is counted and tried again; nothing is written before one succeeds."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(one(0))
        d.wait()
        w.settled()
        w.stop_redis()
        w.start_redis("--rdb-key-save-delay", "100000000")  # the child takes for ever
        d.records(one(1))
        until(lambda: "append-only file is being rewritten" in w.http("/readyz")[1])
        child = int(re.search(r"aof_rewrite_in_progress:(\d)", w.cli("INFO", "persistence"))[1])
        assert child == 1
        until(lambda: os.system(f"pkill -KILL -P {w.redis.pid} >/dev/null 2>&1") == 0)
        until(lambda: w.metric("collector_redis_rewrites_failed_total") >= 1)
        assert w.count("host0.example.com", "A 192.0.2.0") == 1
        w.cli("CONFIG", "SET", "rdb-key-save-delay", "0")

        def done():
            os.system(f"pkill -KILL -P {w.redis.pid} >/dev/null 2>&1")
            return w.count("host0.example.com", "A 192.0.2.0") == 2

        until(done)
        w.settled()


def test_rewrite_not_allowed():
    """Without the right to have it rewritten the collector goes on, and warns."""
    with World() as w:
        w.start_redis()
        w.cli("ACL", "SETUSER", "writer", "on", ">secret", "~pdns:*", "+@write", "+@read", "+@transaction", "+@connection", "+info")
        w.start("redis.user=writer", "redis.password=secret")
        d = Dataplane(w.path).connect()
        d.records(one(0))
        d.wait()
        w.settled()
        w.stop_redis()
        w.start_redis("--user", "writer", "on", ">secret", "~pdns:*", "+@write", "+@read", "+@transaction", "+@connection", "+info")
        d.records(one(1))
        d.wait()
        w.settled()
        assert w.count("host0.example.com", "A 192.0.2.0") == 2
        until(lambda: "bgrewriteaof" in w.http("/readyz")[1])
        assert w.http("/readyz")[0] == 200 and w.log().count("bgrewriteaof") == 1


def test_settings_that_lose_records():
    """What of Redis's configuration makes records vanish is told at the start, in /readyz, /metrics and again when it changes."""
    with World() as w:
        w.start_redis("--maxmemory-policy", "allkeys-random")
        w.start()
        until(lambda: "maxmemory-policy" in w.log() and "allkeys-random" in w.log())
        until(lambda: w.http("/readyz")[0] == 200)
        assert "allkeys-random" in w.http("/readyz")[1] and "noeviction" in w.http("/readyz")[1]
        assert w.metric('collector_redis_warnings{kind="eviction"}') == 1
        assert "allkeys-random" in w.http("/api/status")[1]
        w.cli("CONFIG", "SET", "maxmemory-policy", "noeviction")
        w.stop()
        w.start("redis.check=0.2s")
        until(lambda: w.http("/readyz") == (200, "ready\n"))
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.cli("SETRANGE", "filler", "20000000", "x")  # much against the buffers of connections, which come and go
        used = int(re.search(r"used_memory:(\d+)", w.cli("INFO", "memory"))[1])
        for setting, value, back, kind in (("maxmemory-policy", "volatile-lru", "noeviction", "eviction"), ("maxmemory", str(used * 107 // 100), "0", "memory"),
                                           ("appendonly", "no", "yes", "persistence")):
            w.cli("CONFIG", "SET", setting, value)
            try:
                until(lambda: w.metric(f'collector_redis_warnings{{kind="{kind}"}}') == 1)
            except AssertionError:
                raise AssertionError(f"{setting} {value}: {w.http('/readyz')} {w.cli('INFO', 'memory')[:80]}") from None
            code, text = w.http("/readyz")
            assert "warning: " in text, (setting, code, text)
            w.cli("CONFIG", "SET", setting, back)
            until(lambda: w.metric(f'collector_redis_warnings{{kind="{kind}"}}') == 0)
        until(lambda: w.http("/readyz") == (200, "ready\n"))
    with World() as w:  # under load as well
        w.start_redis()
        w.start("redis.check=0.2s")
        source = Source(w.path, pause=0.005)
        until(lambda: (w.metric("collector_batches_applied_total") or 0) > 10)
        w.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        until(lambda: w.metric('collector_redis_warnings{kind="eviction"}') == 1)
        source.stop()
        w.settled()
        assert not differences([source], w.redis_path)
    with World() as w:  # a replica that takes writes loses them again
        w.start_redis("--replica-read-only", "no")
        w.cli("REPLICAOF", "127.0.0.1", "1")
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        until(lambda: "replica" in w.http("/readyz")[1])
        w.cli("REPLICAOF", "NO", "ONE")
        d.wait()
        check_counts(w, 1)


if __name__ == "__main__":
    run_tests(globals())
