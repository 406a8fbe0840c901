#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and a Redis Cluster of six processes; Sentinel; a list of addresses. Real processes, real signals.

    cluster_faults.py PATH-OF-lookback-collector [NAME…]

After each scenario every count in the cluster is compared with what was handed over. Exit status 0 only where all
passed; 77 without redis-server.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import collector_faults
from collector_faults import World, until
from frames import Dataplane, NEW, record

NAMES, PER_BATCH = 400, 100


def free_ports(count):
    """Ports that are free now, and 10,000 above (the cluster's bus) as well."""
    found = []
    while len(found) < count:
        port = random.randrange(12000, 30000)
        if port in found:
            continue
        held = []
        try:
            for p in (port, port + 10000):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", p))
            found.append(port)
        except OSError:
            pass
        for s in held:
            s.close()
    return found


class Resp:
    """One connection, one command at a time."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 10)
        self.file = self.sock.makefile("rb")

    def read(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode("latin-1")
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return int(rest) if kind == b":" else rest.decode()

    def answer(self):
        try:
            return self.read()
        except RuntimeError as error:
            return error

    def __call__(self, *words):
        found = self.pipe([words])[0]
        if isinstance(found, RuntimeError):
            raise found
        return found

    def pipe(self, commands):
        """The answers; errors among them as exceptions that were not raised."""
        out = b""
        for words in commands:
            out += b"*%d\r\n" % len(words)
            for word in words:
                word = str(word).encode("latin-1")
                out += b"$%d\r\n%s\r\n" % (len(word), word)
        threading.Thread(target=self.sock.sendall, args=(out,), daemon=True).start()
        return [self.answer() for _ in commands]


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
            ["redis-server", str(collector_faults.REDIS_CONF), "--port", str(port), "--dir", f"{self.world.folder}/{port}", "--logfile",
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

    def counts(self):
        """{key: {member: count}} of all pdns:count: keys."""
        found = {}
        for port in self.primaries():
            r = Resp(port)
            keys = r("KEYS", "pdns:count:*")
            for key, flat in zip(keys, r.pipe([("ZRANGE", k, 0, -1, "WITHSCORES") for k in keys])):
                if isinstance(flat, RuntimeError):
                    continue  # of a slot that arrives; a key that is nowhere will be missed
                found[key] = dict(zip(flat[::2], map(int, flat[1::2])))
        return found

    def seed(self):
        return ",".join(f"127.0.0.1:{p}" for p in self.ports[:4])


class Load:
    """Batches of random records in a thread of its own, with what they add up to."""

    def __init__(self, world, seed=1, pause=0.01, sensor="test"):
        self.world, self.random, self.pause = world, random.Random(seed), pause
        self.expected, self.stopping = {}, False
        self.dataplane = Dataplane(world.path, sensor).connect(60)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            self.batch()
            time.sleep(self.pause)

    def batch(self):
        items = []
        for _ in range(PER_BATCH):
            i, count = self.random.randrange(NAMES), self.random.randrange(1, 9)
            key = f"pdns:count:host{i}.example{i % 37}.com"
            members = self.expected.setdefault(key, {})
            member = f"A 192.0.2.{i % 200}"
            members[member] = members.get(member, 0) + count
            items.append(record(f"host{i}.example{i % 37}.com", 1, bytes([192, 0, 2, i % 200]), 1000, 2000, count, NEW))
        while True:
            try:
                self.dataplane.records(items)
                return
            except OSError:  # the collector was killed; what it has not acknowledged is kept
                self.reconnect()
                return

    def reconnect(self):
        while True:
            try:
                self.dataplane.connect(60)
                return
            except OSError:
                time.sleep(0.05)

    def stop(self):
        self.stopping = True
        self.thread.join(60)
        while True:
            try:
                self.dataplane.wait()
                return
            except (OSError, ConnectionError):
                self.reconnect()


def check(world, cluster, load):
    load.stop()
    until(lambda: world.metric("collector_spool_waiting_batches") == 0, 90)
    found = cluster.counts()
    wrong = {k: (load.expected.get(k), found.get(k)) for k in load.expected.keys() | found.keys() if load.expected.get(k) != found.get(k)}
    assert not wrong, f"{len(wrong)} of {len(load.expected)} keys differ: {list(wrong.items())[:3]}"


def in_cluster(action, *options):
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", *options, redis=cluster.seed())
            load = Load(w)
            time.sleep(0.5)
            action(w, cluster, load)
            check(w, cluster, load)
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
    """A slot that stays half moved: what belongs there waits, all else goes on, and nothing is lost or counted twice."""
    with World() as w:
        cluster = Cluster(w)
        try:
            w.start("redis.timeout=2s", "new.max=0", redis=cluster.seed())
            load = Load(w)
            time.sleep(0.5)
            key = "pdns:count:host7.example7.com"
            slot = Resp(cluster.ports[0])("CLUSTER", "KEYSLOT", key)
            source = next(p for p in cluster.primaries() if Resp(p)("CLUSTER", "COUNTKEYSINSLOT", slot) > 0)
            target = next(p for p in cluster.primaries() if p != source)
            ids = cluster.primaries()
            Resp(target)("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
            Resp(source)("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
            Resp(source)("MIGRATE", "127.0.0.1", target, key, 0, 5000)  # and the slot's number stays
            until(lambda: w.metric("collector_slots_held") == 1, 60)
            assert f"slot {slot} is half moved" in w.log()

            def others():
                found = cluster.counts()
                slots = Resp(source).pipe([("CLUSTER", "KEYSLOT", k) for k in found])
                return {k: sum(found[k].values()) for k, of in zip(found, slots) if of != slot}

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
            check(w, cluster, load)
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
            w.start("retention.days=2", redis=cluster.seed())
            d = Dataplane(w.path).connect()
            for n in range(3):
                # one of the old members is seen again: it stays, and its count goes on
                d.records([record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), now, now + n, 1, NEW if n == 0 else 0) for i in range(8)] +
                          [record(f"host{i}.example.com", 1, bytes([198, 51, 100, 2]), now, now + n, 1, NEW if n == 0 else 0) for i in range(8)])
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
            assert ask("SMEMBERS", "pdns:first:host7.example.com") == ["x"] and ask("TTL", "pdns:first:host7.example.com") == -1
            until(lambda: "key pdns:first:host7.example.com: found a set, expected a sorted set" in w.log())
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


def test_failover_by_hand():
    def action(w, cluster, load):
        for _ in range(2):
            before = set(cluster.primaries())
            replica = random.choice([p for p in cluster.alive() if p not in before])
            Resp(replica)("CLUSTER", "FAILOVER")
            until(lambda: replica in cluster.primaries())
            time.sleep(0.5)

    in_cluster(action)


def test_list_of_addresses():
    """Two servers without Cluster, the second a replica that is promoted."""
    with World() as w:
        first, second = free_ports(2)
        processes = []
        try:
            for port, more in ((first, []), (second, ["--replicaof", f"127.0.0.1 {first}"])):
                os.mkdir(f"{w.folder}/{port}")
                processes.append(subprocess.Popen(["redis-server", str(collector_faults.REDIS_CONF), "--port", str(port), "--dir",
                                                   f"{w.folder}/{port}", "--logfile", "redis.log", *more]))
                until(lambda: Cluster.ping(None, port))
            until(lambda: "master_link_status:up" in Resp(second)("INFO", "replication"))
            w.start("redis.timeout=2s", redis=f"127.0.0.1:{second},127.0.0.1:{first}")
            load = Load(w)
            time.sleep(1)
            processes[0].kill()
            processes[0].wait()
            time.sleep(0.5)
            Resp(second)("REPLICAOF", "NO", "ONE")
            time.sleep(1)
            load.stop()
            w.settled()
            r = Resp(second)
            found = {}
            for key in r("KEYS", "pdns:count:*"):
                flat = r("ZRANGE", key, 0, -1, "WITHSCORES")
                found[key] = dict(zip(flat[::2], map(int, flat[1::2])))
            assert found == load.expected
        finally:
            for process in processes:
                process.kill()
                process.wait()


def test_sentinel():
    with World() as w:
        first, second, watcher = free_ports(3)
        processes = []
        try:
            for port, more in ((first, []), (second, ["--replicaof", f"127.0.0.1 {first}"])):
                os.mkdir(f"{w.folder}/{port}")
                conf = shutil.copy(collector_faults.REDIS_CONF, f"{w.folder}/{port}")  # Sentinel lets it be rewritten
                processes.append(subprocess.Popen(["redis-server", conf, "--port", str(port), "--dir",
                                                   f"{w.folder}/{port}", "--logfile", "redis.log", *more]))
                until(lambda: Cluster.ping(None, port))
            until(lambda: "master_link_status:up" in Resp(second)("INFO", "replication"))
            conf = f"{w.folder}/sentinel.conf"
            with open(conf, "w") as f:
                f.write(f"port {watcher}\nbind 127.0.0.1\ndir {w.folder}\nlogfile {w.folder}/sentinel.log\n"
                        f"sentinel monitor site 127.0.0.1 {first} 1\nsentinel down-after-milliseconds site 1000\n"
                        "sentinel failover-timeout site 5000\n")
            processes.append(subprocess.Popen(["redis-server", conf, "--sentinel"]))
            until(lambda: Cluster.ping(None, watcher))
            until(lambda: f"127.0.0.1:{second}" in str(Resp(watcher)("SENTINEL", "replicas", "site")))
            w.start("redis.timeout=2s", "redis.sentinel=site", redis=f"127.0.0.1:{watcher}")
            load = Load(w)
            time.sleep(1)
            processes[0].kill()
            processes[0].wait()
            until(lambda: Resp(second)("ROLE")[0] == "master", 60)
            time.sleep(1)
            load.stop()
            w.settled()
            r = Resp(second)
            found = {}
            for key in r("KEYS", "pdns:count:*"):
                flat = r("ZRANGE", key, 0, -1, "WITHSCORES")
                found[key] = dict(zip(flat[::2], map(int, flat[1::2])))
            assert found == load.expected
        finally:
            for process in processes:
                process.kill()
                process.wait()


def main():
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    collector_faults.PROGRAM = os.path.abspath(sys.argv[1])
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    print(f"SEED={seed}", flush=True)
    random.seed(seed)
    collector_faults.run_tests({n[5:]: f for n, f in globals().items() if n.startswith("test_")}, sys.argv[2:])


if __name__ == "__main__":
    main()
