#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Records a second from frames into a private Redis over a Unix socket, new and repeated, and the
CPU that collector and Redis take for them.

    collector_bench.py PATH-OF-lookback-collector [RECORDS]

Two addresses a name. Prints one line a run.
"""
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import frames

REDIS_CONF = pathlib.Path(__file__).resolve().parents[2] / "collector" / "redis.conf"
PER_FRAME = 2000


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_frames(total, flags, first_number, order):
    out, items, size = [], [], 0
    for i in order:
        owner = frames.name(f"host{i // 2}.customer{i // 20}.com")
        rdata = bytes([10, i >> 16, (i >> 8) & 255, i & 255])
        item = frames.record(owner, 1, rdata, 1700000000, 1700000000 + first_number, 1, flags)
        items.append(item)
        size += len(item)
        if len(items) == PER_FRAME or size > 130000 - 400:
            out.append(frames.records(first_number + len(out), items))
            items, size = [], 0
    if items:
        out.append(frames.records(first_number + len(out), items))
    return out


def send(dataplane, made):
    """Sends all, reading acknowledgements as a dataplane with 64 frames of its own would."""
    for data in made:
        dataplane.number += 1
        dataplane.sock.sendall(data)
        while dataplane.number - dataplane.acked > 64:
            dataplane.read_ack()
    dataplane.wait()


def main():
    program, total = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400000
    extra = sys.argv[3:]
    with tempfile.TemporaryDirectory(prefix="lookback-bench.") as folder:
        redis = subprocess.Popen(["redis-server", str(REDIS_CONF), "--port", "0", "--dir", folder, "--unixsocket",
                                  f"{folder}/redis.sock", "--logfile", f"{folder}/redis.log"] + os.environ.get("REDIS_ARGS", "").split())
        time.sleep(0.5)
        args = [program, "-o", f"redis=unix:{folder}/redis.sock", "-o", f"collector.socket={folder}/c.sock",
                "-o", "http.listen=none", "-o", "log.level=warning"]
        for e in extra:
            args += ["-o", e]
        collector = subprocess.Popen(args)
        try:
            time.sleep(0.5)
            dataplane = frames.Dataplane(f"{folder}/c.sock").connect(60)
            order = list(range(0, total, 2))
            random.Random(1).shuffle(order)
            order = [i + k for i in order for k in (0, 1)]
            for what, flags in (("new", frames.NEW), ("repeated", 0), ("repeated", 0)):
                made = make_frames(total, flags, dataplane.number + 1, order)
                before, start = (cpu_s(collector.pid), cpu_s(redis.pid)), time.monotonic()
                send(dataplane, made)
                took = time.monotonic() - start
                used = (cpu_s(collector.pid) - before[0], cpu_s(redis.pid) - before[1])
                print(f"{what:9} {total / took / 1000:6.0f} thousand records/s   collector {used[0]:.2f} s, redis {used[1]:.2f} s,"
                      f" ratio {used[0] / used[1]:.2f}, {len(made)} frames", flush=True)
        finally:
            for process in (collector, redis):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
