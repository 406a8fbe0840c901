#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the collector reaches, against the same commands sent to the same Redis by a raw pipeline, in one run.

    flush_bench.py [--json] [--records N] PATH-OF-lookback-collector

Rounds alternate between the two, each on a Redis made empty before for new records, and as it is for repeated
ones. Then the memory a record takes, against the key layout of D4 analyzer-d4-passivedns (r: v: s: l: o:) for the
same records.

    ratio              collector's records/s over those of the raw pipeline (the same commands and transactions)
    collector_per_redis  CPU seconds of the collector over those of Redis, while it writes repeated records
    bytes_per_record   of used_memory, and over the other layout's
"""
import argparse
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

import frames
from collector_bench import cpu_s, make_frames

REDIS_CONF = pathlib.Path(__file__).resolve().parents[2] / "collector" / "redis.conf"


class Raw:
    """A connection that sends prepared octets and counts the replies to EXEC by their heads."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

    def ask(self, *words):
        self.sock.sendall(encode(words))
        return self.sock.recv(1 << 20)

    def send_all(self, chunks):
        """Sends all; a last PING's answer ends it."""
        sender = threading.Thread(target=self._send, args=(chunks,))
        sender.start()
        tail = b""
        while not tail.endswith(b"+PONG\r\n"):
            data = self.sock.recv(1 << 20)
            if not data:
                raise ConnectionError
            tail = (tail + data)[-16:]
        sender.join()

    def _send(self, chunks):
        for chunk in chunks:
            self.sock.sendall(chunk)
        self.sock.sendall(encode(("PING",)))


def encode(words):
    out = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode("latin-1")
        out.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(out)


def raw_batches(records, new, stamp, per_batch=2000):
    """The commands that the collector sends for these records, batch by batch (docs/schema.md)."""
    out = []
    for start in range(0, len(records), per_batch):
        owners = {}
        for owner, address in records[start:start + per_batch]:
            owners.setdefault(owner, []).append(address)
        commands = [encode(("MULTI",)), encode(("HSET", "raw:seq", "u", start))]
        for owner, addresses in owners.items():
            name = ["ZADD", "raw:name:" + owner, "GT"]
            for a in addresses:
                name += [stamp, "A " + a]
            commands.append(encode(name))
            if new:
                first = ["ZADD", "raw:first:" + owner, "LT"]
                for a in addresses:
                    first += [1700000000, "A " + a]
                commands += [encode(first), encode(("ZADD", "raw:zone:" + ".".join(owner.split(".")[-2:]), "LT", 1700000000, owner))]
            for a in addresses:
                commands.append(encode(("ZINCRBY", "raw:count:" + owner, 1, "A " + a)))
                commands.append(encode(("ZADD", "raw:ip:" + a, "GT", stamp, owner)))
                if new:
                    commands.append(encode(("ZADD", "raw:net:" + a.rsplit(".", 1)[0] + ".0/24", "LT", 1700000000, a)))
        if new:
            for owner, addresses in owners.items():
                for a in addresses:
                    commands.append(encode(("XADD", "raw:new", "MAXLEN", "~", 100000, "*", "name", owner, "type", "A", "rdata", a, "first",
                                            1700000000, "sensor", "bench")))
        commands.append(encode(("EXEC",)))
        out.append(b"".join(commands))
    return out


def peer_layout(records):
    """Keys of analyzer-d4-passivedns: r:<name>:<type> v:<rdata>:<type> sets, s: l: o: strings a record."""
    out = []
    for owner, a in records:
        out.append(encode(("SADD", f"r:{owner}:1", a)))
        out.append(encode(("SADD", f"v:{a}:1", owner)))
        out.append(encode(("SETNX", f"s:{owner}:{a}:1", 1700000000)))
        out.append(encode(("SET", f"l:{owner}:{a}:1", 1700000000)))
        out.append(encode(("INCRBY", f"o:{owner}:{a}:1", 1)))
    return [b"".join(out[i:i + 5000]) for i in range(0, len(out), 5000)]


class Server:
    def __init__(self, folder):
        self.path = f"{folder}/redis.sock"
        self.process = subprocess.Popen(["redis-server", str(REDIS_CONF), "--port", "0", "--dir", folder, "--unixsocket", self.path, "--logfile",
                                         f"{folder}/redis.log", "--appendonly", "no"])
        while not os.path.exists(self.path):
            time.sleep(0.05)
        time.sleep(0.2)
        self.raw = Raw(self.path)

    def memory(self):
        text = self.raw.ask("INFO", "memory").decode()
        return int(text.split("used_memory:")[1].split("\r")[0])

    def until_applied(self, uuid_count):
        while True:
            reply = self.raw.ask("HVALS", "pdns:seq")
            values = [int(v) for v in reply.split(b"\r\n")[2::2] if v.isdigit()]
            if values and max(values) >= uuid_count:
                return
            time.sleep(0.002)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collector")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--records", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    order = list(range(0, args.records, 2))
    random.Random(1).shuffle(order)
    order = [i + k for i in order for k in (0, 1)]
    records = [(f"host{i // 2}.customer{i // 20}.com", f"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}") for i in order]
    rates = {("raw", "new"): [], ("collector", "new"): [], ("raw", "repeated"): [], ("collector", "repeated"): []}
    cpu = []
    with tempfile.TemporaryDirectory(prefix="lookback-bench.") as folder:
        server = Server(folder)
        collector = subprocess.Popen([args.collector, "-o", f"redis=unix:{server.path}", "-o", f"collector.socket={folder}/c.sock", "-o",
                                      "http.listen=none", "-o", "log.level=warning", "-o", "spool.keep=1s"])
        try:
            while not os.path.exists(f"{folder}/c.sock"):
                time.sleep(0.05)
            d = frames.Dataplane(f"{folder}/c.sock").connect(60)
            batches = 0
            for n in range(args.rounds):
                stamp = 1700000000 + n
                for what, flags in (("new", frames.NEW), ("repeated", 0)):
                    if what == "new":
                        server.raw.ask("FLUSHALL")
                    made = make_frames(args.records, flags, d.number + 1, order)
                    before, start = (cpu_s(collector.pid), cpu_s(server.process.pid)), time.monotonic()
                    for data in made:
                        d.number += 1
                        d.sock.sendall(data)
                        while d.number - d.acked > 64:
                            d.read_ack()
                    d.wait()
                    batches += len(made)
                    server.until_applied(batches)
                    rates["collector", what].append(args.records / (time.monotonic() - start))
                    if what == "repeated":
                        cpu.append((cpu_s(collector.pid) - before[0]) / max(0.01, cpu_s(server.process.pid) - before[1]))
                    chunks = raw_batches(records, what == "new", stamp)
                    start = time.monotonic()
                    server.raw.send_all(chunks)
                    rates["raw", what].append(args.records / (time.monotonic() - start))
            server.raw.ask("FLUSHALL")
            empty = server.memory()
            made = make_frames(args.records, frames.NEW, d.number + 1, order)
            for data in made:
                d.number += 1
                d.sock.sendall(data)
            d.wait()
            server.until_applied(batches + len(made))
            time.sleep(0.2)
            for key in ("pdns:new",):
                server.raw.ask("DEL", key)
            ours = (server.memory() - empty) / args.records
            server.raw.ask("FLUSHALL")
            empty = server.memory()
            server.raw.send_all(peer_layout(records))
            peer = (server.memory() - empty) / args.records
        finally:
            for process in (collector, server.process):
                process.terminate()
                process.wait()
    result = {"records": args.records, "rounds": args.rounds}
    for what in ("new", "repeated"):
        for who in ("collector", "raw"):
            result[f"{what}_{who}_per_s"] = round(max(rates[who, what]))
        result[f"{what}_ratio"] = round(max(rates["collector", what]) / max(rates["raw", what]), 3)
    result["collector_per_redis_cpu"] = round(min(cpu), 3)
    result["bytes_per_record"] = round(ours)
    result["peer_bytes_per_record"] = round(peer)
    result["bytes_ratio"] = round(ours / peer, 3)
    if args.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:26} {value}")


if __name__ == "__main__":
    main()
