#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and a Redis Cluster whose slots, connections and nodes fail in ways that only their order makes hard.

    cluster_slots.py PATH-OF-lookback-collector [NAME…]

Exit status 0 only where all passed; 77 without redis-server.
"""
import glob
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

from cluster_faults import Cluster, agrees, check
from faults import PROGRAMS, Resp, Source, World, contents, run_tests, until, until_written
from frames import Dataplane, NEW, record


def slot_of(cluster, key):
    return Resp(cluster.ports[0])("CLUSTER", "KEYSLOT", key)


def owner_of(cluster, slot):
    return next(r[2][1] for r in Resp(cluster.ports[0])("CLUSTER", "SLOTS") if r[0] <= slot <= r[1])


def number_key(cluster, slot):
    """pdns:seq:{tag} of a slot that has one."""
    keys = Resp(owner_of(cluster, slot))("CLUSTER", "GETKEYSINSLOT", slot, 1000)
    return next(key for key in keys if key.startswith("pdns:seq:"))


def half_move(cluster, slot, *keys):
    """Begins to move the slot, with these keys. Returns a function that ends it."""
    ids = cluster.primaries()
    source = owner_of(cluster, slot)
    target = next(p for p in ids if p != source)
    Resp(target)("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
    Resp(source)("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
    if keys:
        Resp(source)("MIGRATE", "127.0.0.1", target, "", 0, 5000, "KEYS", *keys)

    def finish():
        rest = Resp(source)("CLUSTER", "GETKEYSINSLOT", slot, 1000)
        if rest:
            Resp(source)("MIGRATE", "127.0.0.1", target, "", 0, 5000, "KEYS", *rest)
        for port in (target, source, *[p for p in ids if p not in (source, target)]):
            Resp(port)("CLUSTER", "SETSLOT", slot, "NODE", ids[target])

    return finish


def goes_on(world, batches=40):
    applied = world.metric("collector_batches_applied_total")
    until(lambda: world.metric("collector_batches_applied_total") > applied + batches, 30)


def with_cluster(action, *options):
    with World() as w:
        cluster = Cluster(w, replicas=0)
        try:
            w.start(*options, redis=cluster.seed())
            action(w, cluster)
        finally:
            cluster.close()


def test_held_slot_of_what_follows():
    """The slot of the stream of new records is half migrated: its entries wait, and nothing waits for them."""
    def action(w, cluster):
        load = Source(w.path, names=200)
        until(lambda: w.metric("collector_batches_applied_total") > 10)
        until(lambda: w.metric("collector_records_first_seen_total") == 200)
        slot = slot_of(cluster, "pdns:new")
        finish = half_move(cluster, slot, "pdns:new")
        other = Dataplane(w.path, "other").connect()
        told = 0
        while w.metric("collector_slots_held") == 0 or told < 5:
            other.records([record(f"fresh{told}.example.net", 1, bytes([198, 51, 100, told]), 1000, 1000, 1, NEW)])
            told += 1
            time.sleep(0.3)
            assert told < 100
        goes_on(w)
        time.sleep(1)  # the held slot is looked at twice a second
        goes_on(w)
        finish()
        until(lambda: w.metric("collector_slots_held") == 0, 60)
        other.wait()
        for n in range(told):
            load.expected[f"fresh{n}.example.net", f"A 198.51.100.{n}"] = (1000, 1000, 1)
        check(w, load, *cluster.primaries())
        names = [e[1][e[1].index("name") + 1] for e in Resp(owner_of(cluster, slot))("XRANGE", "pdns:new", "-", "+")]
        missing = {f"fresh{n}.example.net" for n in range(told)} - set(names)
        assert not missing, f"of {told} new records these are not in the stream: {missing}"

    with_cluster(action)


def test_held_slot_whose_number_is_elsewhere():
    """A slot is half migrated and its number is on the other side; the collector, started anew, goes on with the others."""
    def action(w, cluster):
        load = Source(w.path)
        until(lambda: w.metric("collector_batches_applied_total") > 20)
        slot = slot_of(cluster, "pdns:count:host7.example7.com")
        finish = half_move(cluster, slot, number_key(cluster, slot))
        until(lambda: w.metric("collector_slots_held") == 1)
        w.kill()
        w.start("new.max=0", redis=cluster.seed())
        goes_on(w)
        empty = next(s for s in range(16384) if not Resp(owner_of(cluster, s))("CLUSTER", "COUNTKEYSINSLOT", s))
        finish_empty = half_move(cluster, empty)  # and one that has no number at all
        w.stop()
        w.start("new.max=0", redis=cluster.seed())
        goes_on(w)
        finish(), finish_empty()
        until(lambda: w.metric("collector_slots_held") == 0, 60)
        check(w, load, *cluster.primaries())

    with_cluster(action, "new.max=0")


def spool(w, cluster, *args):
    """`lookback spool`."""
    program = os.path.join(os.path.dirname(PROGRAMS["collector"]), "lookback")
    return subprocess.run([program, "-o", f"redis={cluster.seed()}", "-o", f"collector.socket={w.path}", "spool", *args],
                          capture_output=True, text=True, timeout=60)


def stopped_slots(w):
    """{slot: (key, state, found, expected)} of /metrics."""
    found = re.findall(r'^lookback_collector_slot_stopped{slot="(\d+)",key="([^"]*)",state="(\w+)",found="([^"]*)",expected="([^"]*)"} 1$',
                       w.http("/metrics")[1], re.M)
    return {int(slot): rest for slot, *rest in found}


def is_stopped(w, slot, key):
    """Nothing is written to the slot, and log, /readyz and /metrics name it."""
    code, text = w.http("/readyz")
    return (code == 503 and "lookback spool" in text and f"slot {slot}, key {key}" in text and f"slot {slot}, key {key}" in w.log() and
            w.metric("collector_writing_stopped") == 1 and list(stopped_slots(w)) == [slot])


def is_well(w):
    return w.http("/readyz")[0] == 200 and w.metric("collector_writing_stopped") == w.metric("collector_slots_stopped") == 0


# What someone may do to the number of a slot, and the state that follows. {k}: its key, {u}: the UUID.
TAMPERINGS = {
    "set": (("SET", "{k}", "x"), "foreign"),
    "del": (("DEL", "{k}"), "missing"),
    "rename": (("RENAME", "{k}", "{k}:elsewhere"), "missing"),
    "hdel": (("HDEL", "{k}", "{u}"), "missing"),
    "no number": (("HSET", "{k}", "{u}", "7x"), "foreign"),
    "lower": (("HSET", "{k}", "{u}", "1"), "differs"),
    "higher": (("HSET", "{k}", "{u}", "1000000"), "differs"),
    "fence": (("EVAL", "redis.call('DEL',KEYS[1]); return redis.call('RPUSH',KEYS[1],'a')", "1", "{f}"), "foreign"),
}


class Numbered:
    """A slot that ten batches were written to, one record each."""

    def __init__(self, w, cluster):
        self.w, self.cluster = w, cluster
        self.d, self.sent = Dataplane(w.path).connect(), 0
        for _ in range(10):
            self.send()
        w.settled()
        self.slot = slot_of(cluster, "pdns:count:host1.example.com")
        self.key = number_key(cluster, self.slot)
        self.node = Resp(owner_of(cluster, self.slot))
        self.uuid = self.node("HKEYS", self.key)[0]
        self.fence = f"pdns:fence:{self.key[len('pdns:seq:'):]}:{self.uuid}"

    def send(self):
        self.d.records([record("host1.example.com", 1, bytes([192, 0, 2, 1]), 1000, 1000 + self.sent, 1, NEW),
                        record("host2.example.com", 1, bytes([192, 0, 2, 2]), 1000, 1000 + self.sent, 1, NEW)])
        self.d.wait()
        self.sent += 1

    def counts(self):
        found = contents(*self.cluster.primaries())
        return [found[f"host{i}.example.com", f"A 192.0.2.{i}"][2] for i in (1, 2)]

    def tamper(self, name):
        self.node(*[w.replace("{k}", self.key).replace("{u}", self.uuid).replace("{f}", self.fence) for w in TAMPERINGS[name][0]])

    def check_stopped(self, name):
        """One more batch: the tampered slot does not get it, the others do; a person decides, and all has counted once."""
        try:
            until(lambda: is_stopped(self.w, self.slot, self.fence if name == "fence" else self.key))
        except AssertionError:
            raise AssertionError(f"{name}: {self.w.http('/readyz')} {stopped_slots(self.w)}") from None
        key, state, found, expected = stopped_slots(self.w)[self.slot]
        assert state == TAMPERINGS[name][1] and (name == "fence" or expected == str(self.number)), (name, state, found, expected, self.number)
        told = spool(self.w, self.cluster, "status")
        assert told.returncode == 1 and f"slot {self.slot}, key {key}" in told.stdout, (name, told)

    def before(self):
        self.number = int(self.node("HGET", self.key, self.uuid))


def test_tampered_while_idle():
    """The number of a slot is changed while nothing is under way: the next batch is not applied there, other slots go on."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        for name in TAMPERINGS:
            if name == "fence":
                continue  # only looked at after a connect
            n.before()
            n.tamper(name)
            n.send()
            until(lambda: n.counts()[1] == n.sent)
            n.check_stopped(name)
            assert n.counts() == [n.sent - 1, n.sent], (name, n.counts(), n.sent)
            assert w.metric("collector_spool_waiting_batches") >= 1
            done = spool(w, cluster, "adopt", "--yes")
            assert done.returncode == 0 and f"Slot {n.slot}: {n.number}." in done.stdout, (name, done)
            until(lambda: is_well(w))
            w.settled()
            assert n.counts() == [n.sent] * 2, (name, n.counts(), n.sent)
            assert "its number is sound again" in w.log()
            assert spool(w, cluster, "status").returncode == 0
        assert spool(w, cluster, "adopt", "--yes").returncode == 2, "there was nothing to decide"
        assert any(":foreign-" in key for key in n.node("KEYS", "pdns:seq:*"))

    with_cluster(action)


def test_tampered_while_no_collector_ran():
    """…and while no collector runs: the next one finds it before it writes anything there."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        for i, name in enumerate(TAMPERINGS):
            n.before()
            w.kill() if i % 2 else w.stop()
            n.tamper(name)
            assert spool(w, cluster, "status").returncode == 1
            w.start(redis=cluster.seed())
            n.d.connect()
            n.send()
            until(lambda: n.counts()[1] == n.sent)
            n.check_stopped(name)
            assert n.counts() == [n.sent - 1, n.sent], (name, n.counts(), n.sent)
            assert spool(w, cluster, "adopt", "--yes").returncode == 0
            until(lambda: is_well(w))
            w.settled()
            assert n.counts() == [n.sent] * 2, (name, n.counts(), n.sent)

    with_cluster(action)


def test_number_of_a_slot_by_hand():
    """`adopt NUMBER SLOT` and `reset SLOT` for one slot, also where both places were removed; nothing else is written again."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        n.before()
        n.node("DEL", n.key, n.fence)
        n.send()
        until(lambda: is_stopped(w, n.slot, n.key))
        assert stopped_slots(w)[n.slot][1:] == ["missing", "none", str(n.number)], stopped_slots(w)
        assert spool(w, cluster, "adopt", "99", str(n.slot), "--yes").returncode == 2
        assert spool(w, cluster, "adopt", "x", "--yes").returncode == 2
        assert spool(w, cluster, "adopt", str(n.number), "16384", "--yes").returncode == 2
        assert spool(w, cluster, "adopt", str(n.number), str(n.slot), "--dry-run").returncode == 0
        assert spool(w, cluster, "adopt", str(n.number), str(n.slot)).returncode == 2, "asks, and nobody is there"
        assert is_stopped(w, n.slot, n.key)
        assert spool(w, cluster, "adopt", str(n.number), str(n.slot), "--yes").returncode == 0
        until(lambda: is_well(w))
        w.settled()
        assert n.counts() == [n.sent] * 2, n.counts()
        n.node("DEL", n.key)
        n.node("DEL", "pdns:count:host1.example.com")
        n.send()
        until(lambda: is_stopped(w, n.slot, n.key))
        assert spool(w, cluster, "reset", str(n.slot), "--yes").returncode == 0
        until(lambda: is_well(w))
        w.settled()
        assert n.counts() == [n.sent] * 2, (n.counts(), n.sent)

    with_cluster(action)


def test_second_place_is_gone_as_well():
    """While no collector runs, the second copy is deleted, and the number as well, or changed: found, for Redis knows which slots have one."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        for state, found, command in (("missing", "none", ("DEL", n.key)), ("differs", "1", ("HSET", n.key, n.uuid, "1"))):
            n.before()
            w.kill()
            n.node("DEL", n.fence)
            n.node(*command)
            told = spool(w, cluster, "status")
            assert told.returncode == 1 and f"slot {n.slot}, key {n.key}" in told.stdout, told
            w.start(redis=cluster.seed())
            n.d.connect()
            n.send()
            until(lambda: n.counts()[1] == n.sent)
            until(lambda: is_stopped(w, n.slot, n.key))
            assert stopped_slots(w)[n.slot][1:] == [state, found, "unknown"], stopped_slots(w)
            assert n.counts() == [n.sent - 1, n.sent], n.counts()
            assert spool(w, cluster, "adopt", "--yes").returncode == 2, "nothing in Redis tells the number"
            assert spool(w, cluster, "adopt", str(n.number), str(n.slot), "--yes").returncode == 0
            until(lambda: is_well(w))
            w.settled()
            assert n.counts() == [n.sent] * 2, (n.counts(), n.sent)

    with_cluster(action)


def test_node_is_emptied_while_no_collector_ran():
    """…and its slots get what the spool keeps."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        w.kill()
        n.node("FLUSHALL")
        w.start(redis=cluster.seed())
        n.d.connect()
        n.send()
        w.settled()
        until(lambda: n.counts() == [n.sent] * 2)
        assert is_well(w)

    with_cluster(action)


def test_both_numbers_of_a_slot_are_higher():
    """Both places tell more than was ever sent: what follows is not passed over."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        n.before()
        n.node("HSET", n.key, n.uuid, n.number + 3)
        n.node("SET", n.fence, n.number + 3)
        for _ in range(6):
            n.send()
        until(lambda: is_stopped(w, n.slot, n.key))
        assert stopped_slots(w)[n.slot][1:] == ["beyond", str(n.number + 3), str(n.number)], stopped_slots(w)
        assert spool(w, cluster, "adopt", str(n.number), str(n.slot), "--yes").returncode == 0
        until(lambda: is_well(w))
        w.settled()
        assert n.counts() == [n.sent] * 2, (n.counts(), n.sent)

    with_cluster(action)


def test_node_is_emptied():
    """FLUSHALL on one node under a running collector: its slots get what the spool keeps, and nobody has to decide."""
    def action(w, cluster):
        n = Numbered(w, cluster)
        n.node("FLUSHALL")
        n.send()
        w.settled()
        until(lambda: n.counts() == [n.sent] * 2)
        assert is_well(w)

    with_cluster(action)


def test_number_of_a_slot_is_changed():
    """Someone sets, lowers or removes the number of a slot under load: that slot stops, the others go on, and all counts once."""
    def action(w, cluster):
        load = Source(w.path, pause=0.05)
        goes_on(w)
        slot = slot_of(cluster, "pdns:sensors")
        key, node = number_key(cluster, slot), Resp(owner_of(cluster, slot))
        uuid = node("HGETALL", key)[0]
        for change in (("SET", key, "x"), ("DEL", key), ("HSET", key, uuid, "1"), ("HSET", key, uuid, "7x")):
            goes_on(w)
            node(*change)
            until(lambda: w.metric("collector_writing_stopped") == 1 or change[0] != "SET" and node("HGET", key, uuid) not in (None, "1", "7x"))
            if w.metric("collector_writing_stopped") != 1:
                continue  # written over between the look at it and the transaction, which had its number in the second place
            until(lambda: is_stopped(w, slot, key))
            goes_on(w)  # the other slots
            for _ in range(5):  # while a collector writes: of the others none looks wrong
                told = spool(w, cluster, "status")
                assert told.returncode == 1 and told.stdout.count("reason") == 1, told
            done = spool(w, cluster, "adopt", "--yes")
            assert done.returncode == 0 and done.stdout.count("\nSlot") == 1, done
            until(lambda: is_well(w))
        check(w, load, *cluster.primaries())

    with_cluster(action, "new.max=0")


def test_rights_taken_while_running():
    """An ACL that forbids what the numbers need, for a user that is connected: nothing is applied without them."""
    with World() as w:
        cluster = Cluster(w, replicas=0)
        try:
            def acl(*rules):
                for port in cluster.ports:
                    Resp(port)("ACL", "SETUSER", "writer", *rules)

            acl("+@all", "~*", ">secret", "on")
            w.start("new.max=0", "redis.user=writer", "redis.password=secret", redis=cluster.seed())
            load = Source(w.path, pause=0.005)
            for command in ("hset", "set", "hget"):
                for _ in range(3):
                    goes_on(w)
                    acl(f"-{command}")
                    until(lambda: w.http("/readyz")[0] == 503)
                    acl(f"+{command}")
                    until(lambda: is_well(w))
            check(w, load, *cluster.primaries())
        finally:
            cluster.close()


def lose_last(world, port, transactions):
    """The append-only file of a node that is down loses its last transactions."""
    aof = sorted(glob.glob(f"{world.folder}/{port}/appendonlydir/*.incr.aof"), key=lambda p: int(p.split(".")[-3]))[-1]
    with open(aof, "rb") as f:
        data = f.read()
    end = len(data)
    for _ in range(transactions):  # or all that it has had since its file was rewritten
        end = max(data.rfind(b"*1\r\n$5\r\nMULTI\r\n", 0, end), 0)
    os.truncate(aof, end)


def test_lost_node_is_asked_where_slots_are():
    """A node comes back older, and the first thing that the collector asks of it is who holds which slots."""
    with World() as w:
        cluster = Cluster(w, replicas=0)
        try:
            taken = {owner_of(cluster, slot_of(cluster, key)) for key in ("pdns:sensors", "pdns:sensor:test")}
            victim = next(p for p in cluster.ports if p not in taken)
            other = next(iter(taken))
            w.start("new.max=0", redis=",".join(f"127.0.0.1:{p}" for p in (victim, *[p for p in cluster.ports if p != victim])))
            d = Dataplane(w.path).connect()
            keys = lambda i: [f"pdns:{k}:host{i}.example.com" for k in ("name", "first", "count")] + [f"pdns:ip:192.0.2.{i}"]
            one = lambda i: record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000, 1, 0)
            there = [i for i in range(200) if owner_of(cluster, slot_of(cluster, keys(i)[2])) == victim][:20]
            elsewhere = next(i for i in range(200) if all(owner_of(cluster, slot_of(cluster, k)) != victim for k in keys(i)))
            for _ in range(3):
                d.records([one(i) for i in there])
                d.wait()
                w.settled()
            for port in (victim, other):
                cluster.processes[port].kill()
                cluster.processes[port].wait()
            lose_last(w, victim, 5)
            for port in (victim, other):
                cluster.start(port)
                until(lambda: cluster.ping(port))
            until(cluster.is_ok, 60)
            d.records([one(elsewhere)])  # finds `other` gone, and asks `victim` for the slots
            d.wait()
            until_written(w)
            d.records([one(i) for i in there])
            d.wait()
            until_written(w)
            found = contents(*cluster.primaries())
            counts = {found[f"host{i}.example.com", f"A 192.0.2.{i}"][2] for i in there}
            assert counts == {4}, f"counts {counts} instead of 4"
            assert w.metric("collector_batches_again_total") > 0
        finally:
            cluster.close()


class Proxy:
    """Before a node; ends a connection on which a word is sent."""

    def __init__(self, port, word):
        self.port, self.word, self.cuts = port, word, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.at = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer = self.server.accept()[0]
            node = socket.create_connection(("127.0.0.1", self.port))
            for a, b in ((peer, node), (node, peer)):
                threading.Thread(target=self.copy, args=(a, b, a is peer), daemon=True).start()

    def copy(self, source, target, words):
        try:
            while data := source.recv(65536):
                if words and self.word in data:
                    self.cuts += 1
                    break
                target.sendall(data)
        except OSError:
            pass
        for s in (source, target):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def test_lost_while_older_connections_are_killed():
    def action(w, cluster):
        d = Dataplane(w.path).connect()
        d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000, 1, NEW) for i in range(50)])
        d.wait()
        w.settled()
        port = cluster.ports[0]
        key = next(k for k in Resp(port)("KEYS", "pdns:seq:*"))
        uuid = Resp(port)("HKEYS", key)[0]
        older = Resp(port)
        older("CLIENT", "SETNAME", f"lookback-{uuid}")
        assert w.stop() == 0
        proxy = Proxy(port, b"KILL")
        w.start(redis=f"127.0.0.1:{proxy.at},127.0.0.1:{cluster.ports[1]}")
        until(lambda: proxy.cuts > 0 or w.collector.poll() is not None)
        d.connect()
        d.records([record("host1.example.com", 1, bytes([192, 0, 2, 1]), 1000, 1001, 1)])
        d.wait()
        w.settled()
        assert w.collector.poll() is None
        assert contents(*cluster.primaries())["host1.example.com", "A 192.0.2.1"] == (1000, 1001, 2)

    with_cluster(action)


def lose_sight(cluster, lone):
    """The node forgets all others for a minute, at once: since Redis 7.2 it tells those that it still knows what it forgot."""
    others = [Resp(port)("CLUSTER", "MYID") for port in cluster.ports if port != lone]
    forgets = Resp(lone)
    forgets("CONFIG", "SET", "cluster-require-full-coverage", "yes")
    forgets("MULTI")
    for node in others:
        forgets("CLUSTER", "FORGET", node)
    assert forgets("EXEC") == ["OK"] * len(others)
    until(lambda: cluster.info(lone)["cluster_state"] == "fail")


def test_primary_that_knows_nobody():
    """A primary has lost sight of the others, says CLUSTERDOWN and takes itself for the owner of its slots; its replica
    has taken them over. It is the one that the collector knows by its settings, and the one that holds its lease."""
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", redis=cluster.seed())
            until(lambda: any(Resp(p)("KEYS", "pdns:lease:*") for p in cluster.primaries()))
            lone = next(p for p in cluster.primaries() if Resp(p)("KEYS", "pdns:lease:*"))
            replica = next(p for p in cluster.ports if Resp(p)("ROLE")[0] == "slave" and Resp(p)("ROLE")[2] == lone)
            w.stop()
            w.start("redis.timeout=2s", redis=f"127.0.0.1:{lone}")
            load = Source(w.path)
            until(lambda: w.metric("collector_batches_applied_total") > 20)
            lose_sight(cluster, lone)
            Resp(replica)("CLUSTER", "FAILOVER", "TAKEOVER")
            start = time.monotonic()
            until(lambda: "master" in Resp(replica)("ROLE")[0])
            goes_on(w, 20)
            print(f"        went on after {time.monotonic() - start:.1f} s")
            assert time.monotonic() - start < 30 and cluster.info(lone)["cluster_state"] == "fail", "only once it saw the others again"
            cluster.processes[lone].kill()
            cluster.processes[lone].wait()
            check(w, load, *cluster.primaries())
        finally:
            cluster.close()


def test_collector_killed_while_slots_move():
    def action(w, cluster):
        load = Source(w.path)
        until(lambda: w.metric("collector_batches_applied_total") > 10)
        ids = list(cluster.primaries().items())
        for n in range(2):
            (_, source), (port, target) = ids[n], ids[n + 1]
            until(lambda: agrees(port), 60)
            move = subprocess.Popen(["redis-cli", "--cluster", "reshard", f"127.0.0.1:{port}", "--cluster-from", source, "--cluster-to",
                                     target, "--cluster-slots", "300", "--cluster-yes"], stdout=subprocess.DEVNULL)
            kills = 0
            while move.poll() is None and kills < 20:
                time.sleep(random.uniform(0.1, 0.6))
                w.stop() if kills % 4 == 3 else w.kill()
                w.start("new.max=0", redis=cluster.seed())
                kills += 1
            assert move.wait(120) == 0 and kills > 0
        check(w, load, *cluster.primaries())

    with_cluster(action, "new.max=0")


def test_replica_that_lags():
    """Its primary is killed, and what the replica had not got is lost with it; the collector is killed as well."""
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", redis=cluster.seed())
            load = Source(w.path)
            until(lambda: w.metric("collector_batches_applied_total") > 10)
            for n in range(2):
                primaries = cluster.primaries()
                replica = random.choice([p for p in cluster.alive() if p not in primaries])
                primary = Resp(replica)("ROLE")[2]
                until(lambda: "master_link_status:up" in Resp(replica)("INFO", "replication"))
                cluster.processes[replica].send_signal(signal.SIGSTOP)
                time.sleep(0.7)
                cluster.processes[primary].kill()
                cluster.processes[primary].wait()
                cluster.processes[replica].send_signal(signal.SIGCONT)
                if n:
                    time.sleep(random.uniform(0, 2))
                    w.kill()
                    w.start("redis.timeout=2s", redis=cluster.seed())
                until(lambda: replica in cluster.primaries(), 60)
                time.sleep(1)
                cluster.start(primary)
                until(lambda: cluster.ping(primary))
                until(lambda: "master_link_status:up" in Resp(primary)("INFO", "replication"), 60)
            until(cluster.is_ok, 60)
            check(w, load, *cluster.primaries())
            assert w.metric("collector_batches_missing_total") == 0
        finally:
            cluster.close()


def test_nodes_that_come_back_older():
    """Each time some nodes are killed and lose their last transactions, now and then the collector with them."""
    def action(w, cluster):
        load = Source(w.path, pause=0.05)
        for n in range(5):
            time.sleep(random.uniform(0.2, 0.8))
            victims = random.sample(cluster.ports, random.randrange(1, 4))
            for port in victims:
                cluster.processes[port].kill()
                cluster.processes[port].wait()
            if n % 2:
                w.kill()
            for port in victims:
                lose_last(w, port, random.randrange(1, 30))
                cluster.start(port)
            for port in victims:
                until(lambda: cluster.ping(port))
            if n % 2:
                w.start("redis.timeout=2s", "new.max=0", redis=cluster.seed())
        until(cluster.is_ok, 60)
        check(w, load, *cluster.primaries())
        assert w.metric("collector_batches_missing_total") == 0

    with_cluster(action, "redis.timeout=2s", "new.max=0")


def main():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}", flush=True)
    random.seed(seed)
    run_tests(globals())


if __name__ == "__main__":
    main()
