#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kills, freezes and cuts at random moments while two sensors hand over records; then every first, last and count in
Redis has to be what an undisturbed run would have written, to the last record.

    chaos.py [--rounds N] [--seed N] PATH-OF-lookback-collector        FAULTS=kill_redis,… chooses among them

The faults: kill -9 of the collector; kill -9 of Redis; the same, and the last part of its append-only file is gone;
Redis frozen for a while; the dataplane's connection lost; the network to Redis cut within a reply; a clean restart.
"""
import argparse
import glob
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

NAMES, PER_BATCH = 300, 60


class Proxy:
    """Stands before Redis; `cut` ends every connection after some octets more of replies."""

    def __init__(self, path, redis_path):
        self.redis_path, self.left = redis_path, None
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def cut(self, octets):
        self.left = octets

    def accept(self):
        while True:
            peer, _ = self.server.accept()
            redis = socket.socket(socket.AF_UNIX)
            try:
                redis.connect(self.redis_path)
            except OSError:
                peer.close()
                continue
            for a, b, replies in ((peer, redis, False), (redis, peer, True)):
                threading.Thread(target=self.copy, args=(a, b, replies), daemon=True).start()

    def copy(self, source, target, replies):
        try:
            while data := source.recv(65536):
                if replies and self.left is not None:
                    target.sendall(data[:self.left])
                    self.left -= len(data)
                    if self.left <= 0:
                        self.left = None
                        break
                    continue
                target.sendall(data)
        except OSError:
            pass
        for s in (source, target):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Sensor:
    """One dataplane: batches in a thread of its own, and what they add up to."""

    def __init__(self, path, seed, name):
        self.random = random.Random(seed)
        self.expected, self.stopping, self.cut = {}, False, False
        self.dataplane = Dataplane(path, name)
        self.reconnect()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            items = self.batch()
            try:
                if self.cut:
                    self.cut = False
                    self.reconnect()
                self.dataplane.records(items)
            except OSError:
                self.reconnect()
            time.sleep(self.random.uniform(0, 0.02))

    def batch(self):
        items = []
        for _ in range(PER_BATCH):
            i, count = self.random.randrange(NAMES), self.random.randrange(1, 5)
            first = self.random.randrange(1000, 5000)
            last = first + self.random.randrange(100)
            key = (f"host{i}.example{i % 7}.org", f"A 192.0.2.{i % 200}")
            old = self.expected.get(key, (1 << 31, 0, 0))
            self.expected[key] = (min(old[0], first), max(old[1], last), old[2] + count)
            items.append(record(key[0], 1, bytes([192, 0, 2, i % 200]), first, last, count, NEW))
        return items

    def reconnect(self):
        while True:
            try:
                self.dataplane.connect(60)
                return
            except OSError:
                time.sleep(0.02)

    def finish(self):
        self.stopping = True
        self.thread.join(60)
        while True:
            try:
                self.dataplane.wait()
                return
            except (OSError, ConnectionError):
                self.reconnect()


class Chaos:
    def __init__(self, world, rng):
        self.w, self.rng = world, rng
        world.start_redis()
        self.proxy = Proxy(f"{world.folder}/proxy.sock", world.redis_path)
        self.start_collector()
        self.sensors = [Sensor(world.path, rng.random(), f"site{n}") for n in range(2)]

    def start_collector(self):
        self.w.start("redis.timeout=1s", "new.max=0", redis=f"unix:{self.w.folder}/proxy.sock")

    def kill_collector(self):
        self.w.kill()
        time.sleep(self.rng.uniform(0, 0.2))
        self.start_collector()

    def restart_collector(self):
        assert self.w.stop() == 0
        self.start_collector()

    def kill_redis(self):
        self.w.stop_redis(signal.SIGKILL)
        time.sleep(self.rng.uniform(0, 0.3))
        self.w.start_redis()

    def kill_redis_and_lose(self):
        self.w.stop_redis(signal.SIGKILL)
        aof = sorted(glob.glob(f"{self.w.folder}/appendonlydir/*.incr.aof"), key=lambda p: int(p.split(".")[-3]))[-1]
        size = os.path.getsize(aof)
        keep = max(0, size - self.rng.randrange(min(size, 200000) + 1))
        with open(aof, "rb") as f:  # to the end of a transaction, as redis-check-aof --fix would
            end = f.read(keep).rfind(b"*1\r\n$4\r\nEXEC\r\n")
        os.truncate(aof, end + 14 if end >= 0 else 0)
        self.w.start_redis()

    def freeze_redis(self):
        self.w.redis.send_signal(signal.SIGSTOP)
        time.sleep(self.rng.uniform(0.1, 2))
        self.w.redis.send_signal(signal.SIGCONT)

    def cut_network(self):
        self.proxy.cut(self.rng.randrange(1, 30000))

    def cut_dataplane(self):
        self.rng.choice(self.sensors).cut = True

    def run(self, rounds):
        faults = [self.kill_collector, self.kill_collector, self.kill_redis, self.kill_redis_and_lose, self.freeze_redis, self.cut_network,
                  self.cut_network, self.cut_dataplane, self.restart_collector]
        if os.environ.get("FAULTS"):
            faults = [getattr(self, name) for name in os.environ["FAULTS"].split(",")]
        done = {}
        for _ in range(rounds):
            time.sleep(self.rng.uniform(0, 0.5))
            fault = self.rng.choice(faults)
            fault()
            done[fault.__name__] = done.get(fault.__name__, 0) + 1
        for sensor in self.sensors:
            sensor.finish()
        self.w.settled()
        print("faults: " + ", ".join(f"{n} {name}" for name, n in sorted(done.items())))

    def differences(self):
        expected = {}
        for sensor in self.sensors:
            for key, (first, last, count) in sensor.expected.items():
                old = expected.get(key, (1 << 31, 0, 0))
                expected[key] = (min(old[0], first), max(old[1], last), old[2] + count)
        print(f"{len(expected)} records, {sum(e[2] for e in expected.values())} sightings")
        wrong = []
        asked = "".join(f'ZSCORE pdns:{kind}:{owner} "{member}"\n' for owner, member in expected for kind in ("first", "name", "count"))
        told = subprocess.run(["redis-cli", "-s", self.w.redis_path], input=asked, capture_output=True, text=True).stdout.split("\n")
        for n, ((owner, member), want) in enumerate(expected.items()):
            have = tuple(int(told[3 * n + i] or 0) for i in range(3))
            if have != want:
                wrong.append(f"{owner} {member}: expected first, last, count {want}, found {have}")
        return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collector")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    collector_faults.PROGRAM = os.path.abspath(args.collector)
    print(f"seed {args.seed}", flush=True)
    with World() as w:
        chaos = Chaos(w, random.Random(args.seed))
        chaos.run(args.rounds)
        missing = w.metric("collector_batches_missing_total")
        wrong = chaos.differences()
    print("\n".join(wrong[:10]))
    print(f"{args.rounds} faults, {len(wrong)} differences, {missing} batches missing")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
