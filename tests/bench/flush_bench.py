#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures how fast the collector writes to Redis, compared with a raw pipeline, and the memory per record.

    scripts/bench --flush [--json] [--runs N] [--responses N] [--records N] [--families] [--server PROGRAM]

The dataplane replays the isp-plain traffic once, and its frames are recorded. The collector writes them to Redis once, and the
commands that it sends are recorded. Then rounds of the collector and of the raw pipeline alternate. Each round starts with
an empty Redis and one batch; all records follow as new ones, then again as repeated ones, in frames four times as long, as
a dataplane sends them. The raw pipeline (tests/bench/resp_feed.c) sends exactly the octets that the collector sent, as
fast as Redis reads them. Redis uses a Unix socket, collector/redis.conf, and no append-only file.

    per_s, spread     records/s, median of the rounds; (best - worst) / median
    redis_us          processor time of Redis per record
    ratio             records/s of the collector over records/s of the pipeline, medians; best_ratio: of the best rounds,
                      for a machine with other load
    cpu               processor seconds of the collector over those of Redis, median
    commands          Redis commands per record
    bytes             used_memory per record, without the stream of new records, which is capped; sightings_bytes: also
                      without zone: and net:; both also relative to the layout of D4 analyzer-d4-passivedns (r: v: s: l: o:)
"""
import argparse
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import frames
from faults import Resp

STARTED = []  # processes, ended with the measurement whatever happens
NEW_WORK = 4  # dataplane/flush/flush.h
RECORDS_IN_FRAMES, FRAMES_MIN = 65536, 128  # dataplane/control/workers.c
BODY_MAX = (128 << 10) - frames.HEADER.size  # dataplane/common/frame.h
KEEP_S = 1  # spool.keep
PING = b"*1\r\n$4\r\nPING\r\n"


def cpu_s(pid):
    """Processor seconds of a process with all its threads, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def serve(path, one):
    """Hands the first connection on a Unix socket to `one`, in a thread."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()

    def run():
        peer, _ = server.accept()
        one(peer)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def dataplane_frames(dataplane, capture, folder, together):
    """Bodies of the frames that a dataplane hands over for a capture: [(records, body)]."""
    found = []

    def read_exactly(sock, size):
        data = bytearray()
        while len(data) < size:
            more = sock.recv(size - len(data))
            if not more:
                raise ConnectionError
            data += more
        return bytes(data)

    def take(peer):
        while True:
            _, _, kind, size, records, number = frames.HEADER.unpack(read_exactly(peer, frames.HEADER.size))
            body = read_exactly(peer, size - frames.HEADER.size)
            if kind == frames.RECORDS:
                found.append((records, bytearray(body)))
            if number:
                peer.sendall(frames.frame(frames.ACK, number))
            if kind == frames.BYE:
                return

    thread = serve(f"{folder}/frames.sock", take)
    with open(f"{folder}/dataplane.log", "w") as log:
        done = subprocess.run([dataplane, "--no-huge", "-o", f"collector.socket={folder}/frames.sock", "-o", "table.records=1000000",
                               "-o", "sensor=bench", "-o", f"flush.records={together}", "--replay", capture], stderr=log, timeout=300)
    thread.join(10)
    if done.returncode:
        sys.exit(f"bench: error: the dataplane ended with status {done.returncode}: {open(f'{folder}/dataplane.log').read()[-300:]}")
    return found


def as_repeated(bodies, together):
    """The same records as a table sends them that had sent them before: a repeated one takes a quarter of a new one's
    share of a frame (dataplane/flush/flush.h)."""
    most = NEW_WORK * together
    out = [(0, bytearray())]
    for _, body in bodies:
        at = 0
        while at < len(body):
            first, last, count, kind, rdata, owner, flags = frames.RECORD.unpack_from(body, at)
            size = frames.RECORD.size + owner + rdata
            size += -size % 4
            if out[-1][0] == most or len(out[-1][1]) + size > BODY_MAX:
                out.append((0, bytearray()))
            out[-1][1].extend(frames.RECORD.pack(first, last + 1, count, kind, rdata, owner, flags & ~frames.NEW))
            out[-1][1].extend(body[at + frames.RECORD.size:at + size])
            out[-1] = out[-1][0] + 1, out[-1][1]
            at += size
    return out


class Server:
    def __init__(self, folder, program):
        self.path, self.folder = f"{folder}/redis.sock", folder
        self.process = subprocess.Popen([program, str(ROOT / "collector" / "redis.conf"), "--port", "0", "--dir", folder, "--unixsocket",
                                         self.path, "--logfile", f"{folder}/redis.log", "--appendonly", "no"], stdout=subprocess.DEVNULL)
        STARTED.append(self.process)
        while not os.path.exists(self.path):
            if self.process.poll() is not None:
                sys.exit(f"bench: error: {program} ended with status {self.process.returncode}")
            time.sleep(0.05)
        self.ask = Resp(self.path)

    def memory(self):
        info = self.ask("INFO", "memory")
        field = lambda name: int(re.search(rf"{name}:(\d+)", info).group(1))
        return field("used_memory") - field("mem_clients_normal")


class Collector:
    """The collector, and a dataplane that sends it frames and waits until Redis has them."""

    def __init__(self, program, server, folder, name, frames_max, redis_path=None):
        self.server, self.frames = server, frames_max
        self.process = subprocess.Popen([program, "-o", f"redis=unix:{redis_path or server.path}", "-o", f"collector.socket={folder}/{name}.sock", "-o",
                                         "http.listen=none", "-o", "log.level=warning", "-o", f"spool.keep={KEEP_S}s"])
        STARTED.append(self.process)
        while not os.path.exists(f"{folder}/{name}.sock"):
            time.sleep(0.05)
        self.dataplane = frames.Dataplane(f"{folder}/{name}.sock", "bench").connect(60)
        self.batches = 0

    def write(self, bodies):
        d = self.dataplane
        made = [frames.frame(frames.RECORDS, d.number + 1 + i, bytes(body), records) for i, (records, body) in enumerate(bodies)]
        start = time.monotonic()
        for data in made:
            d.number += 1
            d.sock.sendall(data)
            while d.number - d.acked >= self.frames:
                d.read_ack()
        d.wait()
        self.batches += len(made)
        while True:
            values = self.server.ask("HVALS", "pdns:seq")
            if values and max(map(int, values)) >= self.batches:
                return time.monotonic() - start
            time.sleep(0.005)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Tape:
    """Stands between the collector and Redis and keeps what the collector sends."""

    def __init__(self, path, redis_path):
        self.bytes, self.redis_path = bytearray(), redis_path
        serve(path, self.run)

    def run(self, peer):
        redis = socket.socket(socket.AF_UNIX)
        redis.connect(self.redis_path)
        threading.Thread(target=self.copy, args=(redis, peer, False), daemon=True).start()
        self.copy(peer, redis, True)

    def copy(self, source, target, keep):
        while data := source.recv(1 << 18):
            if keep:
                self.bytes += data
            target.sendall(data)

    def cut(self):
        """What was sent since the last call."""
        before, taken = -1, b""
        while len(taken.replace(PING, b"")) != before:  # what follows the last batch goes when nothing else comes
            before = len(taken.replace(PING, b""))
            time.sleep(1.2)
            taken = bytes(self.bytes)
        del self.bytes[:len(taken)]
        return taken.replace(PING, b"")


def commands(octets):
    """The commands as lists of words."""
    at = 0
    while at < len(octets):
        end = octets.index(b"\r\n", at)
        words, at = int(octets[at + 1:end]), end + 2
        command = []
        for _ in range(words):
            end = octets.index(b"\r\n", at)
            size = int(octets[at + 1:end])
            command.append(octets[end + 2:end + 2 + size])
            at = end + 4 + size
        yield command


def encode(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def without_indexes(octets):
    """The records' keys alone, without zone: and net:, which the other layout has no counterpart of."""
    return b"".join(encode(c) for c in commands(octets) if len(c) < 2 or not c[1].startswith((b"pdns:zone:", b"pdns:net:")))


def peer_layout(octets):
    """The same records in the layout of analyzer-d4-passivedns: r:<name>:<type> and v:<rdata>:<type> are sets, s: l: o: a
    string each a record."""
    out = bytearray()

    def put(*words):
        out.extend(encode(words))

    for command in commands(octets):
        if command[0] != b"ZADD" or not command[1].startswith(b"pdns:name:"):
            continue
        owner = command[1][len(b"pdns:name:"):]
        for last, member in zip(command[3::2], command[4::2]):
            kind, _, rdata = member.partition(b" ")
            put(b"SADD", b"r:%s:%s" % (owner, kind), rdata)
            put(b"SADD", b"v:%s:%s" % (rdata, kind), owner)
            put(b"SET", b"s:%s:%s:%s" % (owner, rdata, kind), last)
            put(b"SET", b"l:%s:%s:%s" % (owner, rdata, kind), last)
            put(b"INCRBY", b"o:%s:%s:%s" % (owner, rdata, kind), b"1")
    return out


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.frames = max(FRAMES_MIN, RECORDS_IN_FRAMES // args.records)  # unacknowledged, as a dataplane has them
        self.server = Server(folder, args.server)
        capture = f"{folder}/isp.pcap"
        with open(capture, "wb") as out:
            subprocess.run([args.build / "tests" / "traffic", "isp-plain", "--packets", str(args.responses)], stdout=out, check=True)
        self.bodies = {"new": dataplane_frames(args.build / "dataplane" / "lookback-dataplane", capture, folder, args.records)}
        self.bodies["repeated"] = as_repeated(self.bodies["new"], args.records)
        self.records = sum(records for records, _ in self.bodies["new"])
        os.unlink(capture)

    def tape(self):
        """What the collector sends for the frames, as files."""
        tape = Tape(f"{self.folder}/tape.sock", self.server.path)
        collector = Collector(self.args.build / "collector" / "lookback-collector", self.server, self.folder, "taped", self.frames,
                              f"{self.folder}/tape.sock")
        self.octets = {}
        for what in ("new", "repeated"):
            collector.write(self.bodies[what])
            self.octets[what] = tape.cut()
            pathlib.Path(self.folder, what).write_bytes(self.octets[what])
        collector.close()

    def raw(self, name):
        done = subprocess.run([self.args.build / "tests" / "resp_feed", self.server.path, f"{self.folder}/{name}"], capture_output=True, text=True,
                              timeout=300)
        took, errors = done.stdout.split()
        if done.returncode or errors != "0":
            sys.exit(f"bench: error: the raw pipeline: status {done.returncode}, {errors} errors, {done.stderr}")
        return float(took)

    def empty(self, collector):
        """Redis without records, and the collector knows: it looks at its number before each batch, finds it gone, connects anew and
        writes again what its spool keeps. None of that belongs to the figures."""
        time.sleep(KEEP_S + 1)  # nothing is kept
        self.server.ask("FLUSHALL")
        collector.write(self.bodies["new"][:1])

    def rounds(self):
        found = {(who, what): {"s": [], "redis": [], "own": []} for who in ("collector", "raw") for what in ("new", "repeated")}
        collector = Collector(self.args.build / "collector" / "lookback-collector", self.server, self.folder, "measured", self.frames)
        for n in range(2 * self.args.runs):
            who = ("raw", "collector")[n % 2]
            print(f"bench: flush, round {n // 2 + 1} of {self.args.runs}, {who}…", file=sys.stderr)
            self.empty(collector)
            for what in ("new", "repeated"):
                before = cpu_s(self.server.process.pid), cpu_s(collector.process.pid)
                took = self.raw(what) if who == "raw" else collector.write(self.bodies[what])
                row = found[who, what]
                row["s"].append(took)
                row["redis"].append(cpu_s(self.server.process.pid) - before[0])
                row["own"].append(cpu_s(collector.process.pid) - before[1])
        collector.close()
        return found

    def bytes_of(self, load):
        self.server.ask("FLUSHALL")
        time.sleep(0.5)
        empty = self.server.memory()
        load()
        self.server.ask("DEL", "pdns:new")
        time.sleep(0.5)
        return (self.server.memory() - empty) / self.records

    def memory(self):
        pathlib.Path(self.folder, "peer").write_bytes(peer_layout(self.octets["new"]))
        pathlib.Path(self.folder, "sightings").write_bytes(without_indexes(self.octets["new"]))
        return {name: self.bytes_of(lambda: self.raw(name)) for name in ("new", "sightings", "peer")}

    def families(self):
        """Octets a record by family of keys, as MEMORY USAGE has them."""
        self.server.ask("FLUSHALL")
        self.raw("new")
        out = {}
        for family in ("name", "first", "count", "ip", "rdata", "zone", "net"):
            keys = self.server.ask("KEYS", f"pdns:{family}:*")
            sizes = self.server.ask.pipe([("MEMORY", "USAGE", k) for k in keys])
            out[family] = {"keys": len(keys), "bytes_per_record": round(sum(sizes) / self.records, 1)}
        return out


def summary(bench, found, bytes_of):
    result = {"records": bench.records, "runs": bench.args.runs}
    for what in ("new", "repeated"):
        rate = {}
        for who in ("collector", "raw"):
            rates = [bench.records / s for s in found[who, what]["s"]]
            rate[who] = statistics.median(rates)
            result[f"{what}_{who}_per_s"] = round(rate[who])
            result[f"{what}_{who}_spread"] = round((max(rates) - min(rates)) / rate[who], 3)
            result[f"{what}_{who}_redis_us"] = round(statistics.median(found[who, what]["redis"]) / bench.records * 1e6, 2)
        result[f"{what}_ratio"] = round(rate["collector"] / rate["raw"], 3)
        result[f"{what}_best_ratio"] = round(min(found["raw", what]["s"]) / min(found["collector", what]["s"]), 3)
        result[f"{what}_cpu"] = round(statistics.median(a / b for a, b in zip(found["collector", what]["own"], found["collector", what]["redis"])), 3)
        result[f"{what}_commands"] = round(sum(1 for _ in commands(bench.octets[what])) / bench.records, 2)
    result["bytes"], result["sightings_bytes"], result["peer_bytes"] = (round(bytes_of[n]) for n in ("new", "sightings", "peer"))
    result["bytes_ratio"] = round(bytes_of["new"] / bytes_of["peer"], 3)
    result["sightings_bytes_ratio"] = round(bytes_of["sightings"] / bytes_of["peer"], 3)
    return result


def main(words, build):
    parser = argparse.ArgumentParser(prog="bench --flush", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--responses", type=int, default=300000, help="of the isp-plain traffic")
    parser.add_argument("--records", type=int, default=32, help="flush.records: new ones that go together")
    parser.add_argument("--families", action="store_true", help="what each family of keys takes")
    parser.add_argument("--server", metavar="PROGRAM", default="redis-server", help="of another version, or valkey-server")
    args = parser.parse_args(words)
    args.build = pathlib.Path(build)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what was started
    with tempfile.TemporaryDirectory(prefix="lookback-bench-") as folder:
        try:
            bench = Bench(args, folder)
            bench.tape()
            result = summary(bench, bench.rounds(), bench.memory())
            if args.families:
                result["families"] = bench.families()
        finally:
            for process in reversed(STARTED):  # the collector first
                process.terminate()
                process.wait()
    if args.json:
        print(json.dumps(result))
        return
    for key, value in result.items():
        print(f"{key:28} {value}")


if __name__ == "__main__":
    main(sys.argv[2:], sys.argv[1])
