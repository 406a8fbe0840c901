#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Copies of a spool: two collectors with one UUID at one Redis. Nothing of either is lost, nothing counts twice.

    clone_faults.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import os
import re
import shutil
import signal
import subprocess
import threading
import time
import traceback

from faults import PROGRAMS, World, batch, run_tests, until
from frames import Dataplane

LEASE_S = 20  # LEASE_MS and LEASE_RENEW_MS of number/lease.h, and some


class Sensor(World):
    """A collector and a dataplane in a folder of their own, at the Redis of another world."""

    def __init__(self, home=None, spool=None):
        super().__init__()
        self.home = home or self
        self.redis_path = self.home.redis_path
        self.spool = spool or f"{self.folder}/spool"
        self.d = Dataplane(self.path)
        self.sent = 0

    def run(self, *options, wait=True):
        self.start(f"spool.dir={self.spool}", *options, wait=wait)
        self.d.connect()
        return self

    def send(self, count):
        for _ in range(count):
            self.d.records(batch(0))
            self.sent += 1
        self.d.wait()

    def copy(self, of):
        """As cp -a would do it."""
        shutil.rmtree(self.spool, ignore_errors=True)
        shutil.copytree(of.spool, self.spool)


def check(world, *sensors):
    for s in sensors:
        s.settled()
    counts = {world.count(f"host{i}.example.com", f"A 192.0.2.{i}") for i in range(10)}
    expected = sum(s.sent for s in sensors)
    assert counts == {expected}, f"expected {expected}, found {counts}"


def uuids(world):
    return set(world.cli("HKEYS", "pdns:seq").split())


def test_copied_while_stopped():
    """Both run at once: the second one finds the first alive, and goes on under a UUID of its own."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(20)
        a.settled()
        a.stop()
        b.copy(a)
        a.run()
        a.send(5)
        a.settled()
        b.run()
        b.send(30)
        a.send(20)
        until(lambda: "it continues under a new UUID" in b.log(), LEASE_S + 20)
        check(a, a, b)
        a.send(3)
        b.send(4)
        check(a, a, b)
        assert len(uuids(a)) == 2 and b.metric("collector_spool_parted_total") == 1
        assert b.http("/readyz")[0] == 200 and b.metric("collector_spool_owned") == 1


def two_of_one_state():
    """Copied while the first one runs: the second one cannot know yet whether it is a restart, waits, and tells so."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(20)
        a.settled()
        b.copy(a)
        b.run()
        b.send(30)
        until(lambda: "is taken by process" in b.http("/readyz")[1] and b.metric("collector_spool_owned") == 0)
        assert b.http("/readyz")[0] == 503 and f"process {a.collector.pid} on" in b.log()
        a.send(20)
        until(lambda: "it continues under a new UUID" in b.log(), LEASE_S + 20)
        check(a, a, b)
        assert "redis lost" not in b.log()


def copied_while_running():
    """With batches that wait, Redis away; both are started by the same time, and later again."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(10)
        a.settled()
        a.stop_redis()
        a.send(10)  # these have both
        b.copy(a)
        b.run()
        a.send(7)
        b.send(8)
        a.start_redis()
        until(lambda: "it continues under a new UUID" in a.log() + b.log(), LEASE_S + 30)
        check(a, a, b)
        for s in (a, b):
            s.kill()
        for s in (a, b):
            s.run()
        for s in (a, b):
            s.send(5)
        check(a, a, b)


def test_killed_and_started_at_once():
    """The same folder on the same machine does not wait for its lease, however often it is killed."""
    with Sensor() as a:
        a.start_redis()
        a.run()
        for turn in range(4):
            a.send(10)
            a.kill()
            begin = time.monotonic()
            a.run()
            a.settled()
            assert time.monotonic() - begin < 8, "waited for the lease"
        check(a, a)
        assert len(uuids(a)) == 1


def moved_to_another_machine():
    """The same volume elsewhere, where the folder looks like another one: it waits for the lease and goes on by itself."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(10)
        a.settled()
        a.stop_redis()
        a.send(5)
        a.kill()
        b.copy(a)
        a.start_redis()
        b.d.close()
        b.d = Dataplane(b.path, stream=a.d.stream)
        b.d.number, b.d.acked, b.sent = a.d.number, 0, a.sent
        a.sent = 0
        b.run()
        b.send(5)
        check(b, b)
        assert len(uuids(b)) == 1 and "under a new UUID" not in b.log()


def test_stopped_for_long():
    """A copy took over while the first one was stopped; the first one comes back and parts."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(10)
        a.settled()
        a.stop()
        b.copy(a)
        b.run()
        b.send(10)
        b.settled()
        assert len(uuids(a)) == 1
        b.stop()
        b.run()
        b.send(1)
        b.settled()
        a.run()
        a.send(10)
        check(a, a, b)
        assert len(uuids(a)) == 2 and "it continues under a new UUID" in a.log()


def frozen():
    """A collector that stands still for longer than its lease; a copy takes over; both have batches of their own."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(10)
        a.settled()
        b.copy(a)
        a.stop_redis()
        a.send(10)  # a alone has these, and they are not in Redis
        a.collector.send_signal(signal.SIGSTOP)
        a.start_redis()
        b.run()
        b.send(20)
        b.settled()
        a.collector.send_signal(signal.SIGCONT)
        a.send(5)
        check(a, a, b)
        assert len(uuids(a)) == 2 and "it continues under a new UUID" in a.log()


def test_undecided():
    """A copy with batches of which nobody can tell whether the other one has them: it stops, a person decides."""
    with Sensor() as a, Sensor(a) as b:
        a.start_redis()
        a.run()
        a.send(10)
        a.settled()
        a.stop()
        a.stop_redis()
        a.run()  # does not know yet that the UUID is its own
        a.send(5)
        b.copy(a)
        b.sent = 0
        a.start_redis()
        a.settled()
        b.run()
        until(lambda: "its waiting batches may be in both spools" in b.http("/readyz")[1], LEASE_S + 20)
        b.send(3)
        a.send(3)
        a.settled()
        assert len(uuids(a)) == 1 and b.metric("collector_spool_waiting_batches") > 0
        lookback = os.path.join(os.path.dirname(PROGRAMS["collector"]), "lookback")
        take = [lookback, "spool", "take", "-o", f"redis=unix:{a.redis_path}", "-o", f"spool.dir={b.spool}"]
        done = subprocess.run(take + ["--yes"], capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and "in use by process" in done.stderr, done
        a.stop()
        until(lambda: a.cli("EXISTS", "pdns:lease:{" + list(uuids(a))[0] + "}") == "0", LEASE_S)
        done = subprocess.run(take + ["--yes"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        until(lambda: b.http("/readyz")[0] == 200)


def test_temporary():
    """--once leaves nothing behind."""
    with Sensor() as a:
        a.start_redis()
        a.start(once=True)
        a.d.connect()
        a.d.records(batch(0))
        a.d.bye()
        a.d.wait()
        a.d.close()
        assert a.collector.wait(20) == 0
        assert not re.search("owner|lease", a.cli("KEYS", "pdns:*"))


def test_lease():
    """Those that wait for a lease to expire, side by side: each has a Redis of its own."""
    failed = []

    def one(scenario):
        try:
            scenario()
        except BaseException:
            traceback.print_exc()
            failed.append(scenario.__name__)

    threads = [threading.Thread(target=one, args=(f,)) for f in (two_of_one_state, copied_while_running, moved_to_another_machine, frozen)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


if __name__ == "__main__":
    run_tests(globals())
