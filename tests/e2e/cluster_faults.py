#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and a Redis Cluster of six processes; Sentinel; a list of addresses. Real processes, real signals.

    cluster_faults.py PATH-OF-lookback-collector [NAME…]

After each scenario every count in the cluster is compared with what was handed over. Exit status 0 only where all
passed; 77 without redis-server.
"""
import os
import pathlib
import random
import shutil
import subprocess
import time

from faults import PROGRAMS, REDIS_CONF, Resp, Source, World, contents, differences, free_ports, run_tests, until, until_written
from frames import Dataplane, FLOOD, NEW, name, record

E2E = pathlib.Path(__file__).resolve().parent

class Cluster:
    def __init__(self, world, replicas=1, primaries=3):
        self.world = world
        self.ports = free_ports(primaries * (1 + replicas))
        self.processes = {}
        for port in self.ports:
            os.mkdir(f"{world.folder}/{port}")
            self.start(port)
        for port in self.ports:
            until(lambda: self.ping(port))
        done = subprocess.run(["redis-cli", "--cluster", "create", *[f"127.0.0.1:{p}" for p in self.ports], "--cluster-replicas",
                               str(replicas), "--cluster-yes"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        until(self.is_ok)
        until(lambda: len(self.primaries()) == primaries and all(self.replicated(p) >= replicas for p in self.primaries()))
        # a replica that was never in sync cannot take over
        until(lambda: all(p in self.primaries() or "master_link_status:up" in Resp(p)("INFO", "replication") for p in self.ports))

    def start(self, port):
        self.processes[port] = subprocess.Popen(
            ["redis-server", str(REDIS_CONF), "--port", str(port), "--dir", f"{self.world.folder}/{port}", "--logfile",
             "redis.log", "--cluster-enabled", "yes", "--cluster-node-timeout", "1500", "--appendfsync", "always",
             "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"])

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()

    def ping(self, port):
        try:
            return Resp(port)("PING") == "PONG"
        except (OSError, RuntimeError):
            return False

    def alive(self):
        return [p for p in self.ports if self.processes[p].poll() is None]

    def info(self, port):
        return dict(line.split(":", 1) for line in Resp(port)("CLUSTER", "INFO").split("\r\n") if ":" in line)

    def is_ok(self):
        return all(self.info(p)["cluster_state"] == "ok" and self.info(p)["cluster_slots_ok"] == "16384" for p in self.alive())

    def replicated(self, port):
        return int([line for line in Resp(port)("INFO", "replication").split("\r\n") if line.startswith("connected_slaves")][0].split(":")[1])

    def primaries(self):
        """Ports of the live primaries that hold slots."""
        nodes = [line.split() for line in Resp(self.alive()[0])("CLUSTER", "NODES").strip().split("\n")]
        return {int(n[1].split("@")[0].split(":")[1]): n[0] for n in nodes if "master" in n[2] and "fail" not in n[2] and len(n) > 8}

    def seed(self):
        return ",".join(f"127.0.0.1:{p}" for p in self.ports[:4])


def check(world, load, *servers):
    load.stop()
    until_written(world)
    wrong = differences([load], *servers)
    assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"


def in_cluster(action, *options):
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", *options, redis=cluster.seed())
            load = Source(w.path)
            time.sleep(0.5)
            action(w, cluster, load)
            check(w, load, *cluster.primaries())
            return w, cluster
        finally:
            cluster.close()


def test_plain():
    def action(w, cluster, load):
        time.sleep(1)

    in_cluster(action)


def test_primary_killed():
    def action(w, cluster, load):
        victim = random.choice(list(cluster.primaries()))
        cluster.processes[victim].kill()
        cluster.processes[victim].wait()
        until(lambda: len(cluster.primaries()) == 3 and victim not in cluster.primaries(), 60)
        until(cluster.is_ok, 60)
        time.sleep(0.5)
        cluster.start(victim)  # comes back as a replica
        time.sleep(1)

    in_cluster(action)


def agrees(port):
    """All nodes tell the same of every slot, and none is on its way: redis-cli refuses to move slots before."""
    return subprocess.run(["redis-cli", "--cluster", "check", f"127.0.0.1:{port}"], capture_output=True, timeout=60).returncode == 0


def test_slots_moved():
    def action(w, cluster, load):
        ports = list(cluster.primaries().items())
        for n in range(2):
            (_, source), (port, target) = ports[n], ports[n + 1]
            until(lambda: agrees(port), 60)
            done = subprocess.run(["redis-cli", "--cluster", "reshard", f"127.0.0.1:{port}", "--cluster-from", source, "--cluster-to",
                                   target, "--cluster-slots", "400", "--cluster-yes"], capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stdout[-1500:] + done.stderr

    in_cluster(action)


def test_slot_half_moved():
    """A slot that stays half migrated: what belongs there waits, all else goes on, and nothing is lost or counted twice."""
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", "new.max=0", redis=cluster.seed())
            load = Source(w.path)
            key = "pdns:count:host7.example7.com"
            slot = Resp(cluster.ports[0])("CLUSTER", "KEYSLOT", key)
            until(lambda: any(Resp(p)("CLUSTER", "COUNTKEYSINSLOT", slot) > 1 for p in cluster.primaries()))  # the key, and the slot's number
            source = next(p for p in cluster.primaries() if Resp(p)("CLUSTER", "COUNTKEYSINSLOT", slot) > 0)
            target = next(p for p in cluster.primaries() if p != source)
            ids = cluster.primaries()
            Resp(target)("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
            Resp(source)("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
            Resp(source)("MIGRATE", "127.0.0.1", target, key, 0, 5000)  # and the slot's number stays
            until(lambda: w.metric("collector_slots_held") == 1, 60)
            assert f"slot {slot} is half migrated" in w.log()

            def others():
                found = contents(*cluster.primaries())
                slots = Resp(source).pipe([("CLUSTER", "KEYSLOT", f"pdns:count:{owner}") for owner, _ in found])
                return {key: found[key][2] for key, of in zip(found, slots) if of != slot}

            before, applied = others(), w.metric("collector_batches_applied_total")
            until(lambda: w.metric("collector_batches_applied_total") > applied + 40, 60)
            after = others()
            grown = sum(after[k] > before[k] for k in before)
            assert grown > 0.9 * len(before), f"{grown} of {len(before)} keys of other slots went on"
            assert w.metric("collector_spool_waiting_batches") > 40, "what the slot lacks was acknowledged"
            for n in range(2):  # the collector, with the slot held
                w.kill() if n else w.stop()
                w.start("redis.timeout=2s", "new.max=0", redis=cluster.seed())
                until(lambda: w.metric("collector_slots_held") == 1, 60)
            keys = Resp(source)("CLUSTER", "GETKEYSINSLOT", slot, 1000)
            Resp(source)("MIGRATE", "127.0.0.1", target, "", 0, 5000, "KEYS", *keys)
            for port in (target, source, *[p for p in cluster.primaries() if p not in (source, target)]):
                Resp(port)("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
            until(lambda: w.metric("collector_slots_held") == 0, 60)
            check(w, load, *cluster.primaries())
        finally:
            cluster.close()


def test_retention():
    """Members too old go from first: and count: as well, which lie in other slots than name:."""
    with World() as w:
        cluster = Cluster(w)
        try:
            def ask(*words):
                for port in cluster.primaries():
                    try:
                        return Resp(port)(*words)
                    except RuntimeError:
                        pass

            now = int(time.time())
            old, young = now - 3 * 86400, now - 86400
            for i in range(8):
                for kind, scores in (("name", (old, old, young)), ("first", (old - 9, old, old)), ("count", (7, 8, 9))):
                    ask("ZADD", f"pdns:{kind}:host{i}.example.com", scores[0], "A 198.51.100.1", scores[1], "A 198.51.100.2", scores[2], "A 198.51.100.3")
            ask("SADD", "pdns:first:host7.example.com", "x") if ask("DEL", "pdns:first:host7.example.com") else None
            for key, scores in (("flood", (old, young)), ("flood:names", (5, 6))):
                ask("ZADD", f"pdns:{key}", scores[0], "gone.example", scores[1], "stays.example")
            w.start("retention.days=2", redis=cluster.seed())
            d = Dataplane(w.path).connect()
            for n in range(3):
                # one of the old members is seen again: it stays, and its count goes on
                d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + n, 1, NEW if n == 0 else 0) for i in range(8)] +
                          [record(f"host{i}.example.com", 1, bytes([198, 51, 100, 2]), now, now + n, 1, NEW if n == 0 else 0) for i in range(8)] + [record("victim.com", 0, b"", now, now + n, 70, FLOOD)])
                d.wait()
                w.settled()
            read = lambda kind, i: dict(zip(*[iter(ask("ZRANGE", f"pdns:{kind}:host{i}.example.com", 0, -1, "WITHSCORES"))] * 2))
            kept = {"A 198.51.100.2", "A 198.51.100.3"}
            for i in range(7):
                until(lambda: set(read("count", i)) == set(read("first", i)) == kept | {f"A 192.0.2.{i}"})
                assert read("count", i)["A 198.51.100.2"] == "11" and read("count", i)[f"A 192.0.2.{i}"] == "3"
                assert read("name", i).keys() == read("count", i).keys()
                for kind in ("name", "first", "count"):
                    assert 0 < ask("TTL", f"pdns:{kind}:host{i}.example.com") <= 4 * 86400, (kind, i)
            until(lambda: set(ask("ZRANGE", "pdns:flood", 0, -1)) == set(ask("ZRANGE", "pdns:flood:names", 0, -1)) == {"stays.example", "victim.com"})
            assert ask("ZSCORE", "pdns:flood:names", "victim.com") == "210" and ask("ZSCORE", "pdns:flood", "victim.com") == str(now + 2)
            assert all(0 < ask("TTL", f"pdns:{key}") <= 4 * 86400 for key in ("flood", "flood:names"))
            assert ask("SMEMBERS", "pdns:first:host7.example.com") == ["x"] and ask("TTL", "pdns:first:host7.example.com") == -1
            until(lambda: "key pdns:first:host7.example.com: found a set, expected a sorted set" in w.log())
        finally:
            cluster.close()


def test_expiry_after_a_kill():
    """A collector killed behind a group has not set its expiries: the next one does, without any new record."""
    with World() as w:
        cluster = Cluster(w, replicas=0)
        try:
            owners = Resp(cluster.ports[0])("CLUSTER", "SLOTS")

            def ask(word, key, *words):
                slot = Resp(cluster.ports[0])("CLUSTER", "KEYSLOT", f"pdns:{key}")
                port = next(o[2][1] for o in owners if o[0] <= slot <= o[1])
                return Resp(port)(word, f"pdns:{key}", *words)

            w.start(redis=cluster.seed())  # without retention, as if killed before what follows the group
            d = Dataplane(w.path).connect()
            for n in range(12):
                d.records([record(f"host{n}.example.com", 1, bytes([192, 0, n, 1]), 1000, 1000, 1, NEW),
                           record(f"mail{n}.example.net", 15, b"\0\x0a" + name(f"mx{n}.example.org"), 1000, 1000, 1, NEW),
                           record("victim.com", 0, b"", 1000, 1000, 70, FLOOD)])
            d.wait()
            w.settled()
            w.kill()
            keys = ["zone:example.com", "zone:example.net", "flood", "flood:names"]
            for n in range(12):
                keys += [f"{kind}:{owner}{n}.example.{tld}" for kind in ("name", "first", "count")
                         for owner, tld in (("host", "com"), ("mail", "net"))]
                keys += [f"ip:192.0.{n}.1", f"net:192.0.{n}.0/24", f"rdata:mx{n}.example.org"]
            assert {ask("TTL", key) for key in keys} == {-1}
            ask("DEL", "first:host2.example.com"), ask("SET", "first:host2.example.com", "mine")
            keys.remove("first:host2.example.com")
            w.start("retention.days=2", redis=cluster.seed())
            until(lambda: all(0 < ask("TTL", key) <= 4 * 86400 for key in keys))
            until(lambda: "key pdns:first:host2.example.com: found a string, expected a sorted set" in w.log())
            assert ask("TTL", "first:host2.example.com") == -1 and ask("GET", "first:host2.example.com") == "mine"
            w.settled()
            assert {int(ask("ZSCORE", f"count:host{n}.example.com", f"A 192.0.{n}.1")) for n in range(12)} == {1}
            assert int(ask("ZSCORE", "flood:names", "victim.com")) == 12 * 70
        finally:
            cluster.close()


def test_everything_killed():
    def action(w, cluster, load):
        for n in range(6):
            w.kill()
            w.start("redis.timeout=2s", redis=cluster.seed())
            time.sleep(random.uniform(0.1, 0.5))
            if n % 3 == 1:
                port = random.choice(list(cluster.primaries()))
                cluster.processes[port].kill()
                cluster.processes[port].wait()
                time.sleep(random.uniform(0, 3))
                cluster.start(port)
                time.sleep(0.5)
        until(cluster.is_ok, 60)

    in_cluster(action)


def test_replay_with_failover():
    """A dataplane replays real captures and a large made one; a primary is killed within. All keys against the golden records."""
    if not os.path.exists(PROGRAMS["dataplane"]):
        print("        (no lookback-dataplane: left out)")
        return
    with World() as w:
        cluster = Cluster(w)
        try:
            subprocess.run([E2E.parent / "tools" / "make_capture.py", "--responses", "30000", "--names", "10000", f"{w.folder}/big.pcap",
                            f"{w.folder}/big.tsv"], check=True)
            captures = [f"{E2E.parent}/data/{name}" for name in ("resolver", "authority", "services", "wikipedia")] + [f"{w.folder}/big"]
            w.start("redis.timeout=2s", "new.max=0", redis=cluster.seed())
            with open(f"{w.folder}/dataplane.log", "w") as log:
                dataplane = subprocess.Popen([PROGRAMS["dataplane"], "--no-huge", "-o", f"collector.socket={w.path}", "-o", "table.records=1000",
                                              "-o", "flush.interval=1", "-o", "tcp.flows=4096", "-o", "tcp.memory=16m",
                                              *[word for c in captures for word in ("--replay", c + ".pcap")]], stderr=log)
            until(lambda: w.metric("collector_batches_applied_total") >= 5, 60)
            assert w.metric("collector_spool_waiting_batches") > 0, "all was in Redis before it could be disturbed"
            victim = random.choice(list(cluster.primaries()))
            cluster.processes[victim].kill()
            cluster.processes[victim].wait()
            until(lambda: len(cluster.primaries()) == 3 and victim not in cluster.primaries(), 60)
            assert dataplane.wait(120) == 0, open(f"{w.folder}/dataplane.log").read()
            until_written(w)
            done = subprocess.run([E2E / "compare_redis.py", "--no-stream", *[f"--redis=127.0.0.1:{p}" for p in cluster.primaries()],
                                   *[c + ".tsv" for c in captures]], capture_output=True, text=True, timeout=120)
            print("        " + done.stdout.strip().split("\n")[-1])
            assert done.returncode == 0, done.stdout + done.stderr
            assert w.metric("collector_batches_missing_total") == 0
        finally:
            cluster.close()


def test_failover_by_hand():
    def action(w, cluster, load):
        for _ in range(2):
            before = set(cluster.primaries())
            replica = random.choice([p for p in cluster.alive() if p not in before])
            asked = 0

            def has_taken_over():
                nonlocal asked
                if replica in cluster.primaries():
                    return True
                if time.monotonic() - asked > 8:  # Redis gives a failover up after 5 seconds, which a busy machine takes
                    asked = time.monotonic()
                    Resp(replica)("CLUSTER", "FAILOVER")
                return False

            until(has_taken_over, 60)
            time.sleep(0.5)

    in_cluster(action)


def start_pair(world, first, second, processes):
    """Two servers without Cluster, the second a replica of the first, and in sync."""
    for port, more in ((first, []), (second, ["--replicaof", f"127.0.0.1 {first}"])):
        os.mkdir(f"{world.folder}/{port}")
        conf = shutil.copy(REDIS_CONF, f"{world.folder}/{port}")  # Sentinel lets it be rewritten
        processes.append(subprocess.Popen(["redis-server", conf, "--port", str(port), "--dir", f"{world.folder}/{port}",
                                           "--logfile", "redis.log", *more]))
        until(lambda: Cluster.ping(None, port))
    until(lambda: "master_link_status:up" in Resp(second)("INFO", "replication"))


def test_copy_of_a_spool():
    """A second collector with a copy of the spool of one that runs: it waits, and goes on under a UUID of its own."""
    with World() as w, World() as v:
        cluster = Cluster(w)
        try:
            w.start(redis=cluster.seed())
            load = Source(w.path)
            time.sleep(0.5)
            shutil.copytree(f"{w.path}.spool", f"{v.path}.spool")
            v.start(redis=cluster.seed())
            other = Source(v.path, "other", seed=2, names=300)
            until(lambda: "is taken by process" in v.http("/readyz")[1])
            until(lambda: "it continues under a new UUID" in v.log(), 60)
            load.stop()
            other.stop()
            until_written(w, v)
            wrong = differences([load, other], *cluster.primaries())
            assert not wrong, f"{len(wrong)} differences: {wrong[:3]}"
        finally:
            cluster.close()


def test_list_of_addresses():
    """Two servers without Cluster, the second a replica that is promoted."""
    with World() as w:
        first, second = free_ports(2)
        processes = []
        try:
            start_pair(w, first, second, processes)
            w.start("redis.timeout=2s", redis=f"127.0.0.1:{second},127.0.0.1:{first}")
            load = Source(w.path)
            time.sleep(1)
            processes[0].kill()
            processes[0].wait()
            time.sleep(0.5)
            Resp(second)("REPLICAOF", "NO", "ONE")
            time.sleep(1)
            check(w, load, second)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def test_sentinel():
    with World() as w:
        first, second, watcher = free_ports(3)
        processes = []
        try:
            start_pair(w, first, second, processes)
            conf = f"{w.folder}/sentinel.conf"
            with open(conf, "w") as f:
                f.write(f"port {watcher}\nbind 127.0.0.1\ndir {w.folder}\nlogfile {w.folder}/sentinel.log\n"
                        f"sentinel monitor site 127.0.0.1 {first} 1\nsentinel down-after-milliseconds site 1000\n"
                        "sentinel failover-timeout site 5000\n")
            processes.append(subprocess.Popen(["redis-server", conf, "--sentinel"]))
            until(lambda: Cluster.ping(None, watcher))
            until(lambda: f"127.0.0.1:{second}" in str(Resp(watcher)("SENTINEL", "replicas", "site")))
            w.start("redis.timeout=2s", "redis.sentinel=site", redis=f"127.0.0.1:{watcher}")
            load = Source(w.path)
            time.sleep(1)
            processes[0].kill()
            processes[0].wait()
            until(lambda: Resp(second)("ROLE")[0] == "master", 60)
            time.sleep(1)
            check(w, load, second)
        finally:
            for process in processes:
                process.kill()
                process.wait()


def main():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}", flush=True)
    random.seed(seed)
    run_tests(globals())


if __name__ == "__main__":
    main()
