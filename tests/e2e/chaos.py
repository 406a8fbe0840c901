#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Kills, freezes and cuts at random moments while sensors hand over records; then every first, last and count in
Redis has to be what an undisturbed run would have written, to the last record.

    chaos.py [--rounds N] [--seed N] PATH-OF-lookback-collector [PATH-OF-lookback-dataplane]
    FAULTS=kill_redis,… chooses among them

The faults: kill -9 of the collector; kill -9 of Redis; the same, and the last part of its append-only file is gone;
Redis frozen for a while; a sensor's connection lost; the network to Redis cut within a reply; a clean restart; with the
path of a dataplane, which replays a capture over and over, kill -9 of that: what it had handed over counts.
"""
import argparse
import glob
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from faults import PROGRAMS, Recorder, Source, World, differences, until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import make_capture


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


class Chaos:
    def __init__(self, world, rng):
        self.w, self.rng = world, rng
        world.start_redis()
        self.proxy = Proxy(f"{world.folder}/proxy.sock", world.redis_path)
        self.start_collector()
        self.sensors = [Source(world.path, f"site{n}", rng.random(), 300, 60) for n in range(2)]
        self.sources, self.dataplane, self.killed = list(self.sensors), None, 0
        if PROGRAMS["dataplane"]:
            self.prepare_dataplane()

    def prepare_dataplane(self):
        """A capture to replay, and what its records are in Redis."""
        names, texts = 3000, {}
        for i in range(names):
            for owner, kind, rdata, text in make_capture.records_of(i)[2]:
                texts[make_capture.wire(owner), kind, rdata] = (owner, text)
        self.capture = f"{self.w.folder}/chaos.pcap"
        subprocess.run([sys.executable, make_capture.__file__, "--responses", "60000", "--names", str(names), self.capture,
                        f"{self.w.folder}/chaos.tsv"], check=True)
        self.recorder = Recorder(f"{self.w.folder}/recorder.sock", self.w.path, texts)
        self.sources.append(self.recorder)

    def start_dataplane(self):
        self.dataplane = subprocess.Popen(
            [PROGRAMS["dataplane"], "--no-huge", "-o", f"collector.socket={self.w.folder}/recorder.sock", "-o", "sensor=real", "-o",
             "table.records=1000", "-o", "flush.interval=1", "-o", "tcp.flows=4096", "-o", "tcp.memory=16m", "--replay", self.capture],
            stdout=subprocess.DEVNULL, stderr=open(f"{self.w.folder}/dataplane.log", "a"))

    def kill_dataplane(self):
        """Somewhere within its replay; then the next one."""
        self.start_dataplane()
        frames_before = self.handed_over()
        until(lambda: self.handed_over() > frames_before or self.dataplane.poll() is not None, 60)
        time.sleep(self.rng.uniform(0, 0.3))
        assert not self.dataplane.poll(), pathlib.Path(f"{self.w.folder}/dataplane.log").read_text()
        self.killed += self.dataplane.poll() is None
        self.dataplane.kill()
        if self.rng.random() < 0.5:  # and the collector, which may not have acknowledged all of it
            self.kill_collector()
        self.dataplane.wait()

    def handed_over(self):
        return sum(s["acked"] + len(s["frames"]) for s in list(self.recorder.streams.values()))

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
        if PROGRAMS["dataplane"]:
            faults += [self.kill_dataplane] * 3
        if os.environ.get("FAULTS"):
            faults = [getattr(self, name) for name in os.environ["FAULTS"].split(",")]
        done = {}
        for _ in range(rounds):
            time.sleep(self.rng.uniform(0, 0.5))
            fault = self.rng.choice(faults)
            fault()
            done[fault.__name__] = done.get(fault.__name__, 0) + 1
        for sensor in self.sensors:
            sensor.stop()
        if PROGRAMS["dataplane"]:
            print(f"dataplanes killed: {self.killed}, of them {self.recorder.deliver()} with frames not acknowledged")
        self.w.settled()
        time.sleep(4)  # a Redis that was lost behind the last batch is missed within a second, by a PING
        self.w.settled()
        print("faults: " + ", ".join(f"{n} {name}" for name, n in sorted(done.items())))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collector")
    parser.add_argument("dataplane", nargs="?", default="")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    PROGRAMS.update(collector=os.path.abspath(args.collector), dataplane=args.dataplane and os.path.abspath(args.dataplane))
    print(f"seed {args.seed}", flush=True)
    with World() as w:
        chaos = Chaos(w, random.Random(args.seed))
        chaos.run(args.rounds)
        missing = w.metric("collector_batches_missing_total")
        wrong = differences(chaos.sources, w.redis_path)
    print("\n".join(wrong[:10]))
    print(f"{args.rounds} faults, {len(wrong)} differences, {missing} batches missing")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
