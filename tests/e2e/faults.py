# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the collector share: processes in a folder of their own, sources of records that know what they add
up to, a recorder of what a real dataplane hands over, and what Redis holds."""
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import frames
from frames import Dataplane, NEW, record

REDIS_CONF = pathlib.Path(__file__).resolve().parents[2] / "collector" / "redis.conf"
PROGRAMS = {"collector": "", "dataplane": ""}  # paths, set by main


class World:
    """A folder with a Redis and a collector in it; everything ends with the `with` block."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="lookback-faults.")
        self.redis_path, self.path = f"{self.folder}/redis.sock", f"{self.folder}/c.sock"
        self.redis = self.collector = None
        self.log_path = f"{self.folder}/collector.log"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for process in (self.collector, self.redis):
            if process and process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        if error[0]:
            print(self.log(), file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start_redis(self, *args, wait=True):
        self.redis = subprocess.Popen(["redis-server", str(REDIS_CONF), "--port", "0", "--dir", self.folder,
                                       "--unixsocket", self.redis_path, "--logfile", f"{self.folder}/redis.log", *args])
        if wait:
            until(lambda: self.cli("PING") == "PONG" or "NOAUTH" in self.cli("PING"))

    def stop_redis(self, how=signal.SIGTERM):
        self.redis.send_signal(how)
        self.redis.wait()

    def cli(self, *args):
        done = subprocess.run(["redis-cli", "-s", self.redis_path, *args], capture_output=True, text=True)
        return done.stdout.strip()

    def start(self, *options, once=False, wait=True, redis=None, env=None):
        args = [PROGRAMS["collector"], "-o", f"redis={redis or 'unix:' + self.redis_path}", "-o", f"collector.socket={self.path}",
                "-o", "http.listen=127.0.0.1:0", "-o", "redis.timeout=2s"]
        for option in options:
            args += ["-o", option]
        before = len(self.log())
        with open(self.log_path, "a") as log:
            self.collector = subprocess.Popen(args + (["--once"] if once else []), stderr=log, env=env)
        if wait:
            until(lambda: "waiting for dataplanes" in self.log()[before:])

    def kill(self):
        self.collector.kill()
        self.collector.wait()
        open(self.log_path, "a").write("(killed)\n")

    def stop(self):
        self.collector.terminate()
        return self.collector.wait(30)

    def log(self):
        return pathlib.Path(self.log_path).read_text() if os.path.exists(self.log_path) else ""

    def http(self, path):
        if path == "/metrics":
            time.sleep(0.03)  # CACHE_MS of http/http.c, and some: counters of now, not of a moment before what was just done
        port = re.findall(r"http: listening on 127.0.0.1:(\d+)", self.log())[-1]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        found = re.search(rf"^lookback_{re.escape(name)} (\d+)$", self.http("/metrics")[1], re.M)
        return int(found.group(1)) if found else None

    def settled(self):
        """Until all that was acknowledged is in Redis, as far as the collector knows: of one moment."""
        def is_settled():
            text = self.http("/metrics")[1]
            return all(re.search(rf"^lookback_collector_{name}$", text, re.M)
                       for name in ("spool_waiting_batches 0", "spool_memory_bytes 0", "redis_up 1"))

        time.sleep(0.03)  # /metrics may be 20 ms old
        until_written(self)
        until(is_settled, 60)
        self.balanced()

    def account(self):
        """What became of the sightings taken, of one moment: {"taken": …, "applied": …, …, "waiting": …}."""
        text = self.http("/metrics")[1]
        found = {outcome: int(n) for outcome, n in re.findall(r'^lookback_collector_sightings_total\{outcome="(\w+)"\} (\d+)$', text, re.M)}
        for name in ("taken_total", "waiting"):
            found[name.split("_")[0]] = int(re.search(rf"^lookback_collector_sightings_{name} (\d+)$", text, re.M)[1])
        assert re.search(r"^lookback_collector_accounts_unbalanced 0$", text, re.M), (found, self.log()[-2000:])
        assert not re.search(r"^lookback_dataplane_unbalanced{.*} 1$", text, re.M), text
        return found

    def balanced(self):
        """Sightings taken = applied + skipped + refused + lost + waiting. Returns how many were taken."""
        account = self.account()
        assert account["taken"] == sum(n for name, n in account.items() if name != "taken"), account
        return account["taken"]

    def count(self, owner, member):
        value = self.cli("ZSCORE", f"pdns:count:{owner}", member)
        return int(value) if value else 0


def until(condition, seconds=30):
    """Waits for the condition; a connection that ends while it is asked (a server that changes its role does that) is a no."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def until_written(*worlds, patience=90):
    """Waits until Redis has all that the spools hold, however slow the machine is: only a spool that stands still for `patience` seconds fails."""
    least, end = None, time.monotonic() + patience
    while True:
        try:
            waiting = [sum(world.metric(name) for world in worlds) for name in ("collector_spool_waiting_batches", "collector_spool_memory_bytes")]
            if waiting == [0, 0]:
                return
            if least is None or waiting[0] < least:
                least, end = waiting[0], time.monotonic() + patience
        except OSError:
            pass
        assert time.monotonic() < end, f"{least} batches wait, and no fewer for {patience} s"
        time.sleep(0.02)


def run(*args):
    return subprocess.run([PROGRAMS["collector"], *args], capture_output=True, text=True, timeout=60)


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
    """One connection to Redis, by port or by the path of a Unix socket."""

    def __init__(self, where):
        if isinstance(where, int):
            self.sock = socket.create_connection(("127.0.0.1", where), 10)
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(where)
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


def contents(*servers):
    """{(owner, member): (first, last, count)} of all that the servers (see Resp) hold."""
    found = {}
    for where in servers:
        r = Resp(where)
        for place, kind in enumerate(("first", "name", "count")):
            keys = r("KEYS", f"pdns:{kind}:*")
            for key, flat in zip(keys, r.pipe([("ZRANGE", k, 0, -1, "WITHSCORES") for k in keys])):
                if isinstance(flat, RuntimeError):
                    continue  # of a slot on its way; a key that is nowhere will be missed
                for member, score in zip(flat[::2], flat[1::2]):
                    found.setdefault((key.split(":", 2)[2], member), [0, 0, 0])[place] = int(score)
    return {key: tuple(have) for key, have in found.items()}


def add_up(expected, key, first, last, count):
    old = expected.get(key, (1 << 31, 0, 0))
    expected[key] = (min(old[0], first), max(old[1], last), old[2] + count)


def differences(sources, *servers):
    """Lines about what Redis holds otherwise than the sources handed over."""
    expected = {}
    for source in sources:
        for key, value in source.expected.items():
            add_up(expected, key, *value)
    found = contents(*servers)
    print(f"        {len(expected)} records, {sum(e[2] for e in expected.values())} sightings compared", flush=True)
    return [f"{' '.join(key)}: expected first, last, count {expected.get(key)}, found {found.get(key)}"
            for key in sorted(expected.keys() | found.keys()) if expected.get(key) != found.get(key)]


class Source:
    """A dataplane of ours: random records from a thread of its own, and what they add up to."""

    def __init__(self, path, sensor="test", seed=1, names=400, per_batch=100, pause=0.02):
        self.random, self.names, self.per_batch, self.pause = random.Random(seed), names, per_batch, pause
        self.expected, self.stopping, self.cut = {}, False, False
        self.dataplane = Dataplane(path, sensor)
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
            except OSError:  # the collector was killed; what it has not acknowledged is kept
                self.reconnect()
            time.sleep(self.random.uniform(0, self.pause))

    def batch(self):
        items = []
        for _ in range(self.per_batch):
            i, count = self.random.randrange(self.names), self.random.randrange(1, 9)
            first = self.random.randrange(1000, 5000)
            last = first + self.random.randrange(100)
            owner, address = f"host{i}.example{i % 37}.com", i % 200
            add_up(self.expected, (owner, f"A 192.0.2.{address}"), first, last, count)
            items.append(record(owner, 1, bytes([192, 0, 2, address]), first, last, count, NEW))
        return items

    def reconnect(self):
        while True:
            try:
                self.dataplane.connect(60)
                return
            except OSError:
                time.sleep(0.02)

    def stop(self):
        self.stopping = True
        self.thread.join(60)
        while True:
            try:
                self.dataplane.wait()
                return
            except (OSError, ConnectionError):
                self.reconnect()


class Recorder:
    """Stands between real dataplanes and the collector, keeps every whole frame that a dataplane handed over, and sees
    to it that the collector acknowledges it, also when the dataplane was killed. `texts` tells what a record is in Redis:
    {(owner in wire form, type, RDATA): (owner, member)}."""

    def __init__(self, path, collector_path, texts):
        self.collector_path, self.texts = collector_path, texts
        self.streams, self.expected, self.lock = {}, {}, threading.Lock()
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            peer, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    @staticmethod
    def read_exactly(sock, size):
        data = b""
        while len(data) < size:
            more = sock.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def read_frame(self, sock):
        head = self.read_exactly(sock, frames.HEADER.size)
        _, _, kind, size, _, number = frames.HEADER.unpack(head)
        return kind, number, head + self.read_exactly(sock, size - frames.HEADER.size)

    def serve(self, peer):
        collector = socket.socket(socket.AF_UNIX)
        try:
            _, _, hello = self.read_frame(peer)
            stream = self.streams.setdefault(hello[frames.HEADER.size:frames.HEADER.size + 16], {"hello": hello, "frames": {}, "acked": 0})
            collector.connect(self.collector_path)
            collector.sendall(hello)
            threading.Thread(target=self.back, args=(collector, peer, stream), daemon=True).start()
            while True:
                kind, number, data = self.read_frame(peer)
                if number > 0:
                    self.note(stream, kind, number, data)
                collector.sendall(data)
        except (OSError, ConnectionError):
            pass
        for sock in (peer, collector):
            sock.close()

    def note(self, stream, kind, number, data):
        with self.lock:
            if number in stream["frames"] or number <= stream["acked"]:
                return
            stream["frames"][number] = data
            at = frames.HEADER.size
            while kind == frames.RECORDS and at < len(data):
                first, last, count, rrtype, rdata_size, owner_size, flags = frames.RECORD.unpack_from(data, at)
                at += frames.RECORD.size
                owner, rdata = data[at:at + owner_size], data[at + owner_size:at + owner_size + rdata_size]
                at += owner_size + rdata_size + -(owner_size + rdata_size) % 4
                add_up(self.expected, self.texts[owner, rrtype, rdata], first if flags & NEW else 1 << 31, last, count)

    def take_ack(self, stream, number):
        with self.lock:
            stream["acked"] = max(stream["acked"], number)
            for old in [n for n in stream["frames"] if n <= number]:
                del stream["frames"][old]

    def back(self, collector, peer, stream):
        try:
            while True:
                _, number, data = self.read_frame(collector)
                self.take_ack(stream, number)
                peer.sendall(data)
        except (OSError, ConnectionError):
            pass
        for sock in (peer, collector):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def deliver(self):
        """What dataplanes that were killed had handed over and the collector has not acknowledged yet."""
        left = [s for s in self.streams.values() if s["frames"]]
        for stream in left:
            while stream["frames"]:
                with socket.socket(socket.AF_UNIX) as sock:
                    try:
                        sock.settimeout(60)
                        sock.connect(self.collector_path)
                        sock.sendall(stream["hello"])
                        for number in sorted(stream["frames"]):
                            sock.sendall(stream["frames"][number])
                        while stream["frames"]:
                            self.take_ack(stream, self.read_frame(sock)[1])
                    except (OSError, ConnectionError):
                        time.sleep(0.05)
        return len(left)


def batch(n, count=1, flags=NEW):
    """Ten records; the same for every n, so that each count is the number of batches."""
    return [record(f"host{i}.example.com", 1, bytes([192, 0, 2, i]), 1000, 1000 + n, count, flags) for i in range(10)]


def check_counts(world, expected, settle=True):
    if settle and world.collector.poll() is None and "http: listening" in world.log():
        world.settled()
    counts = [world.count(f"host{i}.example.com", f"A 192.0.2.{i}") for i in range(10)]
    assert counts == [expected] * 10, f"expected {expected}, found {counts}"


def run_tests(module):
    """Runs what is named test_… in the module, or those chosen by name; ends the program. Arguments: the collector, names."""
    if not shutil.which("redis-server") or not shutil.which("redis-cli"):
        sys.exit(77)
    PROGRAMS["collector"] = os.path.abspath(sys.argv[1])
    PROGRAMS["dataplane"] = str(pathlib.Path(PROGRAMS["collector"]).parents[1] / "dataplane" / "lookback-dataplane")
    chosen, failed = sys.argv[2:], []
    tests = {name[5:]: f for name, f in module.items() if name.startswith("test_")}
    for name, test in tests.items():
        if chosen and name not in chosen:
            continue
        start = time.monotonic()
        try:
            test()
            print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as error:  # one scenario's failure must not hide the others
            import traceback
            traceback.print_exc()
            failed.append(name)
            print(f"FAILED  {name}: {error!r}", flush=True)
    sys.exit(1 if failed else 0)
