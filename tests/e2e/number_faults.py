#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of the number of a spool in Redis (pdns:seq) when someone else writes, moves or removes it: no count is doubled or
lost, writing stops and says so, and a person decides with `lookback spool`.

    number_faults.py PATH-OF-lookback-collector [NAME…]
"""
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import faults
from faults import PROGRAMS, Resp, Source, World, batch, check_counts, differences, run_tests, until
from frames import Dataplane


def lookback(w, *args):
    program = pathlib.Path(PROGRAMS["collector"]).parent / "lookback"
    return subprocess.run([program, "-o", f"redis=unix:{w.redis_path}", "-o", f"collector.socket={w.path}", "spool", *args],
                          capture_output=True, text=True, timeout=60)


def state(w):
    return dict(line.split(None, 1) for line in lookback(w, "status").stdout.splitlines())


def is_stopped(w):
    code, text = w.http("/readyz")
    return code == 503 and "lookback spool" in text and w.metric("collector_writing_stopped") == 1


def uuid_of(w):
    return state(w)["uuid"]


# What someone else may do to pdns:seq, and the state that follows. {u}: the UUID.
TAMPERINGS = {
    "set": (("SET", "pdns:seq", "x"), "foreign"),
    "del": (("DEL", "pdns:seq"), "missing"),
    "unlink": (("UNLINK", "pdns:seq"), "missing"),
    "rename": (("RENAME", "pdns:seq", "elsewhere"), "missing"),
    "hdel": (("HDEL", "pdns:seq", "{u}"), "missing"),
    "expired": (("PEXPIRE", "pdns:seq", "1"), "missing"),
    "no number": (("HSET", "pdns:seq", "{u}", "12x"), "foreign"),
    "negative": (("HSET", "pdns:seq", "{u}", "-1"), "foreign"),
    "empty": (("HSET", "pdns:seq", "{u}", ""), "foreign"),
    "lower": (("HSET", "pdns:seq", "{u}", "1"), "differs"),
    "higher": (("HSET", "pdns:seq", "{u}", "1000000"), "differs"),
    "list": (("EVAL", "redis.call('DEL','pdns:seq'); return redis.call('RPUSH','pdns:seq','a')", "0"), "foreign"),
}

FENCE = ("EVAL", "redis.call('DEL','pdns:fence:{u}'); return redis.call('RPUSH','pdns:fence:{u}','a')", "0")


def tamper(w, name, uuid):
    w.cli(*[word.replace("{u}", uuid) for word in (FENCE if name == "fence" else TAMPERINGS[name][0])])
    if name == "expired":  # a batch that comes within this millisecond is applied
        until(lambda: w.cli("EXISTS", "pdns:seq") == "0")


def test_tampered_while_idle():
    """The number is changed while nothing is under way: the next batch is not applied, a person decides, and all counts once."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        sent = 0
        for name, (_, expected) in TAMPERINGS.items():
            for _ in range(3):
                d.records(batch(sent))
                sent += 1
            d.wait()
            check_counts(w, sent)
            tamper(w, name, uuid_of(w))
            d.records(batch(sent))
            try:
                until(lambda: is_stopped(w))
            except AssertionError:
                raise AssertionError(f"{name}: {state(w)}") from None
            check_counts(w, sent, settle=False)
            sent += 1
            found = lookback(w, "status")
            assert found.returncode == 1 and state(w)["state"] == expected, (name, found)
            time.sleep(0.2)
            check_counts(w, sent - 1, settle=False)
            assert w.metric("collector_spool_waiting_batches") == 1
            assert lookback(w, "adopt", "--yes").returncode == 0, name
            d.wait()
            check_counts(w, sent)
            until(lambda: w.http("/readyz")[0] == 200)
            assert lookback(w, "status").returncode == 0 and state(w)["state"] == "sound"
            assert w.log().count("is sound again") >= 1
        log = w.log()
        assert log.count("writing has stopped") == len(TAMPERINGS), log.count("writing has stopped")
        assert lookback(w, "adopt", "--yes").returncode == 2, "there was nothing to decide"
        assert any(key.startswith("pdns:seq:foreign-") for key in w.cli("KEYS", "pdns:seq:*").split())


def test_number_without_a_fence():
    """A number that nobody vouches for: nothing counts twice, nothing is passed over, and a person has to say which one is right."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(4):
            d.records(batch(n))
        d.wait()
        w.settled()
        uuid = uuid_of(w)
        sent = 4
        for number in (2, 1000000):
            for killed in (False, True):
                w.cli("EVAL", f"redis.call('DEL','pdns:fence:{uuid}'); return redis.call('HSET','pdns:seq','{uuid}','{number}')", "0")
                if killed:
                    w.kill()
                    w.start()
                    d.connect()
                d.records(batch(sent))
                d.wait()
                until(lambda: is_stopped(w))
                found = lookback(w, "status")
                assert found.returncode == 1 and state(w)["state"] == "differs", (number, found)
                check_counts(w, sent, settle=False)
                if not killed:
                    found = lookback(w, "adopt", "--yes")
                    assert found.returncode == 2 and f"adopt {sent}" in found.stderr, (number, found)
                assert lookback(w, "adopt", str(sent), "--yes").returncode == 0
                sent += 1
                check_counts(w, sent)


def test_fence_written_by_someone():
    """The fence is changed and the connection lost: `adopt` takes the number that the collector knows, not the fence."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(4):
            d.records(batch(n))
        d.wait()
        w.settled()
        for sent, number in enumerate(("1", "3", "1000000", "x"), 4):
            w.cli("SET", f"pdns:fence:{uuid_of(w)}", number)
            w.cli("CLIENT", "KILL", "TYPE", "normal")
            until(lambda: is_stopped(w))
            d.records(batch(sent))
            d.wait()
            assert lookback(w, "adopt", "--yes").returncode == 0, number
            check_counts(w, sent + 1)


def test_beyond():
    """Both numbers are higher than all that was sent: told, also by `status` and after a restart, and a person can put it right."""
    for restarts in ((), ("stop", "kill")):
        with World() as w:
            w.start_redis()
            w.start()
            d = Dataplane(w.path).connect()
            for n in range(3):
                d.records(batch(n))
            d.wait()
            w.settled()
            uuid = uuid_of(w)
            w.cli("EVAL", f"redis.call('SET','pdns:fence:{uuid}','5'); return redis.call('HSET','pdns:seq','{uuid}','5')", "0")
            for n in range(5):
                d.records(batch(3 + n))
            d.wait()
            until(lambda: is_stopped(w))
            for how in restarts:
                w.kill() if how == "kill" else w.stop()
                w.start()
                d.connect()
                until(lambda: is_stopped(w))
            assert lookback(w, "status").returncode == 1 and state(w)["state"] == "beyond", state(w)
            assert lookback(w, "adopt", "--yes").returncode == 2 and lookback(w, "adopt", "8", "--yes").returncode == 2
            check_counts(w, 3, settle=False)
            assert lookback(w, "adopt", "3", "--yes").returncode == 0
            check_counts(w, 8)
            assert lookback(w, "status").returncode == 0


def test_owner_is_something_else():
    """Keys of another type where Redis says whose the spool is: told, and a person can put it right; a lease is just written again."""
    for killed in (False, True):
        with World() as w:
            w.start_redis()
            w.start()
            d = Dataplane(w.path).connect()
            d.records(batch(0))
            d.wait()
            w.settled()
            owner, lease = (f"pdns:{name}:{{{uuid_of(w)}}}" for name in ("owner", "lease"))
            w.cli("SET", owner, "mine")
            if killed:
                w.kill()
                w.start()
                d.connect()
            d.records(batch(1))
            d.wait()
            until(lambda: owner in w.http("/readyz")[1] and "spool take" in w.http("/readyz")[1])
            assert w.http("/readyz")[0] == 503 and w.metric("collector_spool_owned") == 0
            assert owner in w.log() and "spool take" in w.log()
            found = lookback(w, "status")
            assert found.returncode == 1 and owner in found.stdout and state(w)["state"] == "foreign", found
            if killed:
                w.cli("SET", lease, "1 0 someone")  # which does not expire
            else:
                w.cli("EVAL", f"redis.call('DEL','{lease}'); return redis.call('RPUSH','{lease}','x')", "0")
            found = lookback(w, "take", "--yes")
            assert found.returncode == 0, found
            check_counts(w, 2)
            assert w.http("/readyz")[0] == 200 and w.metric("collector_spool_owned") == 1
            assert any(w.cli("GET", key) == "mine" for key in w.cli("KEYS", "pdns:owner:*").split() if ":foreign-" in key)
            w.kill()
            w.cli("EVAL", f"redis.call('DEL','{lease}'); return redis.call('RPUSH','{lease}','x')", "0")
            w.start()
            d.connect()
            d.records(batch(2))
            d.wait()
            check_counts(w, 3)
            assert w.cli("HLEN", "pdns:seq") == "1", "it went on under another UUID"


def test_tampered_under_load():
    """…while batches go in one behind the other."""
    with World() as w:
        w.start_redis()
        w.start()
        source = Source(w.path, pause=0.005)
        until(lambda: (w.metric("collector_batches_applied_total") or 0) > 20)
        uuid = uuid_of(w)
        for name in ("set", "del", "hdel", "lower", "higher", "rename", "no number"):
            tamper(w, name, uuid)
            until(lambda: is_stopped(w))
            assert lookback(w, "adopt", "--yes").returncode == 0
            applied = w.metric("collector_batches_applied_total")
            until(lambda: w.metric("collector_batches_applied_total") > applied + 10)
        source.stop()
        w.settled()
        wrong = differences([source], w.redis_path)
        assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


def test_tampered_and_restarted():
    """…with a restart of the collector, killed or not, within spool.keep; and with one of Redis."""
    for name, restarts in (("set", ("kill", "stop")), ("del", ("kill", "redis")), ("lower", ("kill", "redis")), ("higher", ("kill", "stop")),
                           ("fence", ("kill",))):
        for restart in restarts:
            with World() as w:
                w.start_redis()
                w.start()
                d = Dataplane(w.path).connect()
                for n in range(5):
                    d.records(batch(n))
                d.wait()
                w.settled()
                tamper(w, name, uuid_of(w))
                if restart == "redis":
                    w.stop_redis()
                    w.start_redis()
                else:
                    w.kill() if restart == "kill" else w.stop()
                    w.start()
                    d.connect()
                d.records(batch(5))
                d.wait()
                until(lambda: is_stopped(w))
                check_counts(w, 5, settle=False)
                assert lookback(w, "adopt", "--yes").returncode == 0
                check_counts(w, 6)


def test_several_collectors():
    """Collectors that share a Redis: none stops for what the others write; a change of the key stops them all, and the batch
    that may have slipped in is known by the fence."""
    with World() as w, World() as v:
        w.start_redis()
        for world, name in ((w, "one"), (v, "two")):
            world.redis_path = w.redis_path
            world.start(f"sensor={name}")
        sources = [Source(world.path, name, seed, pause=0.005) for seed, (world, name) in enumerate(((w, "one"), (v, "two")))]
        for world in (w, v):
            until(lambda: (world.metric("collector_batches_applied_total") or 0) > 50)
            assert world.metric("collector_writing_stopped") == 0
        tamper(w, "set", "")
        for world in (w, v):
            until(lambda: is_stopped(world))
        for world in (w, v):
            done = lookback(world, "adopt", "--yes")
            assert done.returncode == 0, done
        for world in (w, v):
            applied = world.metric("collector_batches_applied_total")
            until(lambda: world.metric("collector_batches_applied_total") > applied + 10)
        for source in sources:
            source.stop()
        for world in (w, v):
            world.settled()
        wrong = differences(sources, w.redis_path)
        assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


def test_rights_taken_while_running():
    """An ACL that forbids the number, for a user that is connected: nothing is applied without it."""
    with World() as w:
        w.start_redis()
        rights = ("+@all", "~*", ">secret", "on")
        w.cli("ACL", "SETUSER", "writer", *rights)
        w.start("redis.user=writer", "redis.password=secret")
        source = Source(w.path, pause=0.005)
        for taken, given in (("-hset", "+hset"), ("-set", "+set"), ("-hget", "+hget"), ("-watch", "+watch")):
            applied = w.metric("collector_batches_applied_total")
            until(lambda: w.metric("collector_batches_applied_total") > applied + 10)
            w.cli("ACL", "SETUSER", "writer", taken)
            until(lambda: w.http("/readyz")[0] == 503)
            before = w.metric("collector_batches_applied_total")
            time.sleep(0.3)
            assert w.metric("collector_batches_applied_total") == before
            w.cli("ACL", "SETUSER", "writer", given)
            try:
                until(lambda: w.metric("collector_batches_applied_total") > before + 10, 12)
            except AssertionError:  # taken between the commands and the EXEC
                assert is_stopped(w) and lookback(w, "adopt", "--yes").returncode == 0
        source.stop()
        w.settled()
        wrong = differences([source], w.redis_path)
        assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


def test_emptied():
    """FLUSHALL and FLUSHDB under a running collector, and a Redis that is new: said, and what the spool keeps goes in."""
    for how in ("FLUSHALL", "FLUSHDB", "new", "swap"):
        with World() as w:
            w.start_redis()
            w.start()
            d = Dataplane(w.path).connect()
            for n in range(4):
                d.records(batch(n))
            d.wait()
            w.settled()
            if how == "new":
                w.stop_redis()
                for path in pathlib.Path(w.folder, "appendonlydir").iterdir():
                    path.unlink()
                w.start_redis()
            elif how == "swap":
                assert w.cli("SWAPDB", "0", "1") == "OK"
            else:
                assert w.cli(how) == "OK"
            d.records(batch(4))
            d.wait()
            check_counts(w, 5)
            assert "is new, or was emptied" in w.log() and w.metric("collector_writing_stopped") == 0
            if how == "swap":  # and back: it has what it had, and gets the rest
                assert w.cli("SWAPDB", "0", "1") == "OK"
                d.records(batch(5))
                d.wait()
                check_counts(w, 6)


def test_emptied_under_load():
    """…while batches go in: what is kept comes back once, that is all of it."""
    with World() as w:
        w.start_redis()
        w.start()
        source = Source(w.path, pause=0.002)
        for _ in range(4):
            applied = w.metric("collector_batches_applied_total") or 0
            until(lambda: w.metric("collector_batches_applied_total") > applied + 20)
            w.cli("FLUSHALL")
        source.stop()
        w.settled()
        wrong = differences([source], w.redis_path)
        assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


def test_number_gone_from_a_full_redis():
    """Number and fence are gone, the records are not: a person says what is there, by a number, or that nothing is."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        for n in range(4):
            d.records(batch(n))
        d.wait()
        w.settled()
        w.kill()
        w.cli("DEL", "pdns:seq", f"pdns:fence:{uuid_of(w)}")
        assert state(w)["state"] == "missing"
        w.start()
        until(lambda: is_stopped(w))
        assert lookback(w, "adopt", "99", "--yes").returncode == 2
        assert lookback(w, "adopt", "x", "--yes").returncode == 2
        assert lookback(w, "adopt", "2", "--dry-run").returncode == 0 and is_stopped(w)
        assert lookback(w, "adopt", "2").returncode == 2, "asks, and nobody is there"
        w.stop()
        assert lookback(w, "adopt", "2", "--yes").returncode == 0, "the collector need not run"
        w.start()
        check_counts(w, 6)  # 3 and 4 are sent again, as that person wanted
        w.kill()
        w.cli("DEL", "pdns:seq", f"pdns:fence:{uuid_of(w)}")
        for i in range(10):
            w.cli("DEL", f"pdns:count:host{i}.example.com")
        w.start()
        until(lambda: is_stopped(w))
        assert lookback(w, "reset", "--yes").returncode == 0
        check_counts(w, 4)


def test_sightings_add_up():
    """Sightings taken are those applied, skipped, refused, lost and waiting at any time, over restarts of all there is."""
    with World() as w:
        w.start_redis()
        w.cli("SET", "pdns:count:host1.example1.com", "mine")
        w.start("redis.timeout=1s", "spool.keep=5s")
        source = Source(w.path, pause=0.005)
        for n in range(8):
            until(lambda: w.account()["applied"] > 0)
            for _ in range(10):
                w.balanced()
            if n % 4 == 0:
                w.kill()
                w.start("redis.timeout=1s")
            elif n % 4 == 1:
                w.stop_redis(signal.SIGKILL)
                until(lambda: w.account()["waiting"] > 0)
                w.start_redis()
            elif n % 4 == 2:
                w.stop()
                w.start("redis.timeout=1s")
            else:
                seen = w.log().count("was emptied")
                w.cli("FLUSHALL")
                until(lambda: w.log().count("was emptied") > seen)
                w.cli("SET", "pdns:count:host1.example1.com", "mine")
        source.stop()
        w.settled()
        account = w.account()
        assert account["taken"] == sum(e[2] for e in source.expected.values()), account
        assert account["waiting"] == account["given_up"] == account["damaged"] == 0 and account["refused"] > 0, account
        assert account["taken"] == w.metric('collector_sightings_total{outcome="applied"}') + account["skipped"] + account["refused"]


def test_expiry_of_the_key():
    """An expiry on pdns:seq is taken off with the next connect, and said."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.cli("EXPIRE", "pdns:seq", "1000")
        d.records(batch(1))
        d.wait()
        w.kill()
        w.start()
        d.connect()
        d.records(batch(2))
        d.wait()
        check_counts(w, 3)
        assert w.cli("TTL", "pdns:seq") == "-1" and "found an expiry" in w.log()


if __name__ == "__main__":
    run_tests(globals())
