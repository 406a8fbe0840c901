#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Breaks what the alerts of docs/monitoring/lookback.rules.yml are for, and waits until a real Prometheus raises them.

    monitoring.py BUILD FOLDER PEER SENSOR      two network namespaces; PEER sends, SENSOR captures

The rules are the shipped ones; only their durations are divided by SCALE. Each world is a collector with its own Redis. In the world
"well" nothing is broken, and no alert may fire there. The text of all metrics is left in FOLDER/metrics.all.
"""
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.parse
import urllib.request

import dns_send
import faults
import frames
from faults import World, until
from frames import NEW, record

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "docs" / "monitoring"
SCALE = 100
SCRAPE = "250ms"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
CLOCK = next(iter(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)


def scaled(text):
    """The rules with durations and ages divided by SCALE."""
    def shorter(found):
        return f"{found[1]}{int(found[2]) * UNITS[found[3]] * 1000 // SCALE}ms"

    text = re.sub(r"(for: |\[)(\d+)([smhd])", shorter, text)
    return re.sub(r"((?:time\(\) - \w+|oldest_seconds) > )(\d+)", lambda f: f"{f[1]}{max(1, int(f[2]) // SCALE)}", text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Site(World):
    """A world whose collector has a port that stays the same."""

    def __init__(self, name, tls=False):
        super().__init__()
        self.name, self.port, self.tls, self.dataplanes = name, free_port(), tls, []

    def begin(self, *options, redis=(), env=None):
        if self.redis is None and redis is not None:
            self.start_redis(*redis)
        self.start(f"http.listen=127.0.0.1:{self.port}", "redis.check=200ms", *options, env=env)
        return self

    def dataplane(self, sensor, *args, env=None):
        log = open(f"{self.folder}/{sensor}.log", "a")
        process = subprocess.Popen(
            ["ip", "netns", "exec", NAMESPACES[1], PROGRAM, "-o", f"collector.socket={self.path}", "-o", f"sensor={sensor}", "-o", "table.records=20000",
             "-o", "tcp.flows=1024", "-o", "tcp.memory=4m", "-o", "idle=sleep", *args], stderr=log, stdin=subprocess.DEVNULL, env=env)
        self.dataplanes.append(process)
        return process

    def text(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def has(self, pattern):
        return re.search(pattern, self.text(), re.M)

    def __exit__(self, *error):
        for process in self.dataplanes:
            process.kill()
            process.wait()
        if error[0]:
            for path in sorted(pathlib.Path(self.folder).glob("*.log")):
                print(f"--- {self.name}: {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-6:]), file=sys.stderr)
        super().__exit__(None, None, None)


# traffic ─────────────────────────────────────────────────────────────────────────────────────

class Traffic(threading.Thread):
    """Sends frames on an interface of the peer, over and over; `make(n)` returns those of round n."""

    def __init__(self, iface, make, pause=0.05):
        super().__init__(daemon=True)
        self.make, self.pause, self.on = make, pause, True
        self.socket = in_namespace(NAMESPACES[0], lambda: packet_socket(iface))
        self.start()

    def run(self):
        n = 0
        while self.on:
            for frame in self.make(n):
                try:
                    self.socket.send(frame)
                except OSError:  # the link is down, or the ring of the peer full
                    pass
            n += 1
            time.sleep(self.pause)


def packet_socket(iface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((iface, 0))
    return s


def in_namespace(name, make):
    """Calls `make` in a network namespace, in a thread of its own."""
    result = []

    def run():
        import ctypes
        with open(f"/run/netns/{name}") as at:
            if ctypes.CDLL(None, use_errno=True).setns(at.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        result.append(make())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result[0]


def answer(owner, n=0):
    return dns_send.frame("192.0.2.53", "198.51.100.7", 53, 40000, dns_send.answer(owner, n, "203.0.113.7"), n)


def query(owner, n=0):
    octets = dns_send.answer(owner, n, "203.0.113.7", 0)
    return dns_send.frame("198.51.100.7", "192.0.2.53", 40000, 53, octets[:2] + b"\1\0" + octets[4:], n)


def both(zone):
    return lambda n: [query(f"n{n % 200}.{zone}", n), answer(f"n{n % 200}.{zone}", n)]


def other(n):
    return [dns_send.frame("198.51.100.7", "192.0.2.53", 40000, 9999, b"no DNS at all", n)]


# Prometheus ──────────────────────────────────────────────────────────────────────────────────

class Prometheus:
    def __init__(self, folder, sites, dead):
        self.port, self.folder = free_port(), pathlib.Path(folder)
        (self.folder / "lookback.rules.yml").write_text(scaled((MONITORING / "lookback.rules.yml").read_text()))
        text = (MONITORING / "prometheus.yml").read_text().replace("interval: 15s", f"interval: {SCRAPE}")
        text = re.sub(r"alerting:.*?\n\n", "", text, flags=re.S)
        head, _ = text.split("scrape_configs:")
        head += "scrape_configs:\n"
        for scheme, names in (("http", [s for s in sites if not s.tls] + [dead]), ("https", [s for s in sites if s.tls])):
            head += (f"  - job_name: {scheme}\n    scheme: {scheme}\n    tls_config: {{insecure_skip_verify: true}}\n    static_configs:\n")
            for site in names:
                head += f"      - targets: ['127.0.0.1:{site.port}']\n        labels: {{job: lookback, instance: {site.name}}}\n"
        (self.folder / "prometheus.yml").write_text(head)
        with open(self.folder / "prometheus.log", "w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"], stderr=log, cwd=self.folder)
        try:
            until(lambda: self.process.poll() is None and urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=5).status == 200)
        except AssertionError:
            print((self.folder / "prometheus.log").read_text()[-2000:])
            self.stop()
            raise

    def ask(self, path, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=30) as reply:
            return json.load(reply)["data"]

    def fired(self):
        """All (alert, instance, sensor or other label) that have fired since the start."""
        found = self.ask("query", query='max_over_time(ALERTS{alertstate="firing"}[10m])')["result"]
        return {(a["metric"]["alertname"], a["metric"]["instance"]) for a in found}, found

    def stop(self):
        self.process.kill()
        self.process.wait()


# the worlds ──────────────────────────────────────────────────────────────────────────────────

EXPECTED = {}  # (alert, instance): what was broken


def expects(instance, **alerts):
    for alert, what in alerts.items():
        EXPECTED[f"Lookback{alert}", instance] = what


def batch(n, count=4):
    return [record(f"b{n}-{i}.example.com", 1, bytes([192, 0, 2, i]), 1700000000, 1700000000, 1, NEW) for i in range(count)]


class Source(threading.Thread):
    """A stream of records into a collector, four a batch, until it is closed."""

    def __init__(self, site, sensor="source", pause=0.1, count=4, wait=True):
        super().__init__(daemon=True)
        self.dataplane, self.pause, self.count, self.wait = frames.Dataplane(site.path, sensor).connect(600), pause, count, wait
        self.start()

    def run(self):
        n = 0
        try:
            while True:
                self.dataplane.records(batch(n, self.count))
                if self.wait:
                    self.dataplane.wait()
                n += 1
                time.sleep(self.pause)
        except (OSError, AttributeError):
            pass  # the test has ended


def iface(name):
    peer, sensor = NAMESPACES
    run("ip", "-n", peer, "link", "add", f"p-{name}", "type", "veth", "peer", "name", f"s-{name}", "netns", sensor)
    for namespace, end in ((peer, f"p-{name}"), (sensor, f"s-{name}")):
        run("ip", "netns", "exec", namespace, "sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1", check=False)
        run("ip", "-n", namespace, "link", "set", end, "up")
    return ["--iface", f"s-{name}"]


def run(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout


def make_well(site):
    site.begin("new.max=1000")
    # with the XDP program, which leaves queries to the host as long as match is off
    site.dataplane("well", *iface("well"), "-o", "flush.interval=0.5")
    Traffic("p-well", both("well.example.com"))


def make_spans(site):
    """One dataplane with a port for each way in which a span can fail."""
    site.begin()
    ports = [word for name in ("silent", "nodns", "oneway", "link") for word in iface(name)]
    site.dataplane("spans", *ports, "-o", "xdp.program=off", "-o", "flush.interval=0.5", "-o", "flood.names=10", "-o", "match=prefer")
    silent = Traffic("p-silent", both("silent.example.com"))
    Traffic("p-nodns", other)
    Traffic("p-oneway", lambda n: [answer(f"n{n}-{i}.flooded{n % 3}.example", i) for i in range(5)] * 2)  # each twice, and random
    Traffic("p-link", both("link.example.com"))
    expects(site.name, SpanSilent="no packet", SpanWithoutDns="other packets only", SpanOneWay="answers only", LinkDown="the peer is down",
            Duplicates="each packet twice", Flood="random names")

    def broken():
        until(lambda: site.has(r'^lookback_port_messages_total\{.*port="s-link",kind="answer"\} [1-9]')
              and site.has(r'^lookback_port_messages_total\{.*port="s-silent",kind="answer"\} [1-9]'))
        silent.on = False
        run("ip", "-n", NAMESPACES[0], "link", "set", "p-link", "down")
    return broken


def make_loss(site):
    """A dataplane that is stopped again and again, so that its ring overflows; one that is killed; one whose settings are broken."""
    site.begin()
    lossy = site.dataplane("lossy", *iface("loss"), "-o", "xdp.program=off", "-o", "rx.descriptors=64")
    config = pathlib.Path(site.folder) / "lookback.conf"
    config.write_text("flush.interval = 1\n")
    gone = site.dataplane("gone", "-c", str(config), *iface("gone"), "-o", "xdp.program=off", "-o", "flush.interval=0.2")
    Traffic("p-gone", both("gone.example.com"))
    expects(site.name, PacketsLost="a full ring", SensorDown="kill -9 of the dataplane", ReloadFailed="a broken file and SIGHUP")
    many = [answer(f"n{i}.loss.example.com", i) for i in range(100)]

    def lose():
        Traffic("p-loss", lambda n: many * 20, 0.05)
        while lossy.poll() is None:
            for how, pause in ((signal.SIGSTOP, 0.4), (signal.SIGCONT, 0.6)):
                lossy.send_signal(how)
                time.sleep(pause)

    def broken():
        until(lambda: site.has(r'^lookback_sensor_last_flush_timestamp_seconds\{sensor="gone"\}')
              and site.has(r'^lookback_port_rx_packets_total\{sensor="lossy"'))
        threading.Thread(target=lose, daemon=True).start()
        config.write_text("flush.interval = -1\n")
        gone.send_signal(signal.SIGHUP)
        until(lambda: site.has(r'^lookback_reloads_total\{sensor="gone",outcome="refused"\} 1'))
        time.sleep(2)  # Prometheus sees it before the end
        gone.kill()
    return broken


def make_clock(site):
    """A dataplane that finds no more answers, and whose clock is changed."""
    site.begin()
    clock = pathlib.Path(site.folder) / "clock"
    clock.write_text("+0\n")
    faked = dict(os.environ, LD_PRELOAD=str(CLOCK), FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1",
                 FAKETIME_DONT_FAKE_MONOTONIC="1", DONT_FAKE_MONOTONIC="1")
    site.dataplane("clock", *iface("clock"), "-o", "xdp.program=off", "-o", "flush.interval=0.2", "-o", "sandbox=off", env=faked)
    traffic = Traffic("p-clock", both("clock.example.com"))
    expects(site.name, ClockStep="an hour back", SensorSilent="no answer any more")

    def broken():
        until(lambda: site.has("^lookback_sensor_last_flush"))
        time.sleep(1.5)  # two looks at the clock
        traffic.on = False
        clock.with_suffix(".new").write_text("-3600\n")
        clock.with_suffix(".new").rename(clock)
    return broken


def make_away(site):
    """Redis ends while records come: the spool fills, and drops the oldest."""
    site.begin("spool.size=1m", "spool.patience=0")
    site.dataplane("away", *iface("away"), "-o", "xdp.program=off", "-o", "flush.interval=60", "-o", "table.records=1000", "-o", "flood.names=0")
    Traffic("p-away", lambda n: [answer(f"n{n}-{i}.example.com", i) for i in range(200)], 0.1)
    expects(site.name, RedisDown="Redis was killed", SpoolFilling="nobody empties it", RecordsDropped="no patience",
            TableFull="a table of 1000 records")

    def broken():
        until(lambda: site.has("^lookback_collector_batches_applied_total [1-9]"))
        site.stop_redis(signal.SIGKILL)
    return broken


def make_disk(site):
    """Redis is away and the disk of the spool is full: frames wait in the dataplane, then sightings are lost."""
    disk = f"{site.folder}/disk"
    os.mkdir(disk)
    run("mount", "-t", "tmpfs", "-o", "size=64m,mode=777", "tmpfs", disk)
    MOUNTS.append(disk)
    site.begin(f"spool.dir={disk}/spool", "spool.size=1g", "sandbox=no")
    site.dataplane("disk", *iface("disk"), "-o", "xdp.program=off", "-o", "flush.interval=60", "-o", "table.records=1000", "-o", "flood.names=0")
    expects(site.name, SpoolDown="a full disk", SpoolDiskFull="a full disk", FlushBehind="a full spool", SightingsLost="full frames, full table")

    def broken():
        site.stop_redis(signal.SIGKILL)
        space = os.statvfs(disk)
        with open(f"{disk}/filler", "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(1, space.f_bavail * space.f_frsize - (1 << 20)))
        Traffic("p-disk", lambda n: [answer(f"n{n}-{i}.example.com", i) for i in range(600)], 0.05)
    return broken


def make_full(site):
    """A Redis with hardly any memory, that evicts and does not save; a certificate that expires in three days."""
    name = f"{site.folder}/collector"
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj", "/CN=localhost", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    os.chmod(f"{name}.key", 0o644)
    site.begin(f"http.certificate={name}.pem", f"http.certificate_key={name}.key")
    source = Source(site)
    expects(site.name, RedisFull="no memory", RedisEvicts="allkeys-lru", RedisUnsafe="no append-only file", CertificateExpires="three days left")

    def broken():
        until(lambda: source.dataplane.acked > 0)
        for setting, value in (("appendonly", "no"), ("maxmemory-policy", "allkeys-lru"), ("maxmemory", "1")):
            site.cli("CONFIG", "SET", setting, value)
    return broken


def make_slow(site):
    """Redis that stops for nearly three seconds again and again."""
    site.begin("redis.timeout=20s")
    source = Source(site, pause=0.5)
    expects(site.name, RedisSlow="CLIENT PAUSE", LookupsSlow="CLIENT PAUSE")

    def lookup():
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{site.port}/api/lookup?q=b1-1.example.com", timeout=30).read()
            except OSError:
                pass
            time.sleep(0.3)

    def pause():
        while True:
            site.cli("CLIENT", "PAUSE", "2800", "ALL")
            time.sleep(2.82)

    def broken():
        until(lambda: source.dataplane.acked > 1)
        for job in (pause, lookup, lookup):
            threading.Thread(target=job, daemon=True).start()
    return broken


def make_changed(site):
    """Someone changes Redis: a key of another type, all keys gone, then the number of the last batch."""
    site.begin("spool.keep=0")
    source = Source(site)
    odd = frames.Dataplane(site.path, "odd").connect()
    odd.records(batch(7))
    odd.wait()
    expects(site.name, BatchesMissing="FLUSHALL", RecordsRefused="a key of another type", WritingStopped="pdns:seq deleted", Unbalanced="a wrong sum")

    def broken():
        until(lambda: site.has("^lookback_collector_batches_applied_total ([5-9]|[1-9][0-9])"))
        site.cli("SET", "pdns:name:b7-1.example.com", "text")
        site.cli("DEL", "pdns:count:b7-1.example.com")
        until(lambda: site.has('^lookback_collector_sightings_total{outcome="refused"} [1-9]') or odd.records(batch(7)))
        odd.wait()
        odd.sums[-1] -= 1
        odd.tell_account(odd.number)
        odd.tell_account(odd.number)
        until(lambda: site.has("^lookback_collector_batches_missing_total [1-9]") or (site.cli("FLUSHALL"), site.cli("CLIENT", "KILL", "TYPE", "normal")) is None)
        before = int(site.cli("DBSIZE"))
        until(lambda: int(site.cli("DBSIZE")) > before + 10)
        until(lambda: site.has("^lookback_collector_writing_stopped 1") or (site.cli("DEL", "pdns:seq"), site.cli("CLIENT", "KILL", "TYPE", "normal")) is None)
        assert source.is_alive()
    return broken


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(400)
        self.end_headers()

    def log_message(self, *args):
        pass


def make_rules(site):
    """Faulty watch rules and block lists, receivers that refuse alerts or are away."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    watch, block = (pathlib.Path(site.folder) / f"{name}.conf" for name in ("watch", "block"))
    outlets = (f"[outlet refusing]\nkind = webhook\nurl = http://127.0.0.1:{server.server_address[1]}/\n"
               f"[outlet away]\nkind = webhook\nurl = http://127.0.0.1:{free_port()}/\n")
    watch.write_text(f"{outlets}[rule r]\nmatch = name nothing.example\n")
    indicators = pathlib.Path(site.folder) / "indicators.txt"
    indicators.write_text("evil.example.com\n")
    block.write_text(f"[list bad]\nsource = indicator evil.example.com\nallow = file {indicators}\nrefresh = 1s\n")
    site.begin(f"watch.file={watch}", f"block.file={block}")
    expects(site.name, RulesStale="a broken watch.conf", ReloadFailed="a broken watch.conf", OutletStuck="a receiver that is away", OutletDropped="a receiver that refuses",
            BlockFailed="a list that cannot be read")

    def broken():
        site.cli("XADD", "pdns:alert", "*", "id", "test1", "rule", "test", "kind", "new", "name", "www.example.com", "type", "A", "rdata", "192.0.2.1",
                 "first", str(int(time.time())), "last", str(int(time.time())), "sensor", "", "expected", "", "reason", "test")
        until(lambda: site.has(r'^lookback_collector_outlet_failed_total\{outlet="refusing"\} 1'))
        indicators.unlink()
        watch.write_text(f"{outlets}[rule r]\nmatch = nonsense\n")
        site.collector.send_signal(signal.SIGHUP)
    return broken


def make_restarts(site):
    """A collector that ends again and again."""
    site.begin()
    expects(site.name, Restarts="four starts")

    def broken():
        for _ in range(3):
            time.sleep(1.5)  # Prometheus has seen it
            site.kill()
            site.start(f"http.listen=127.0.0.1:{site.port}", "redis.check=200ms")
    return broken


def check_texts(alerts):
    """Annotations are rendered, and name a section of the guide that exists."""
    sections = {re.sub(r"[^\w-]", "", line.lower()) for line in re.findall(r"^### (\w+)", (MONITORING / "README.md").read_text(), re.M)}
    for alert in alerts:
        for name, text in alert["annotations"].items():
            assert text and "{{" not in text and "<no value>" not in text and "error" not in text.lower().split(), (alert["labels"]["alertname"], name, text)
        section = alert["annotations"]["runbook"].partition("#")[2]
        assert section in sections, f"docs/monitoring/README.md has no section {section}"


def check(sites, prometheus, started):
    rules = set(re.findall(r"- alert: (\w+)", (MONITORING / "lookback.rules.yml").read_text()))
    untried = rules - {alert for alert, _ in EXPECTED}
    assert not untried, f"nothing provokes {sorted(untried)}"
    tested = set(re.findall(r"- name: (\w+)", (ROOT / "tests/monitoring/lookback.rules.test.yml").read_text()))
    assert rules == tested, f"unit tests of other rules: {sorted(rules ^ tested)}"
    missing, end, texts = dict(EXPECTED), time.monotonic() + 90, {}
    while missing and time.monotonic() < end:
        time.sleep(0.5)
        found, _ = prometheus.fired()
        for a in prometheus.ask("alerts")["alerts"]:
            if a["state"] == "firing":
                texts[a["labels"]["alertname"]] = a
        for alert in [a for a in missing if a in found]:
            print(f"{time.monotonic() - started:5.1f} s  {alert[0]} on {alert[1]}: {missing.pop(alert)}", flush=True)
    assert not missing, f"did not fire: {missing}"
    check_texts(texts.values())
    found, all_of = prometheus.fired()
    wrong = [a["metric"] for a in all_of if a["metric"]["instance"] == "well"]
    assert not wrong, f"fired although nothing is broken: {wrong}"
    beyond = sorted(found - set(EXPECTED))
    print("also fired, as a consequence:", ", ".join(f"{a} on {i}" for a, i in beyond) or "none")


def keep_texts(sites):
    """All metrics, for the checks of the tables and of the dashboard."""
    with open(f"{FOLDER}/metrics.all", "w") as out:
        for site in sites:
            if not site.tls and site.collector and site.collector.poll() is None:
                out.write(f"# {site.name}\n{site.text()}")


def main():
    started = time.monotonic()
    makers = [make_well, make_spans, make_loss, make_clock, make_away, make_disk, make_full, make_slow, make_changed, make_rules, make_restarts]
    sites = [Site(make.__name__.partition("_")[2], tls=make is make_full) for make in makers]
    dead = Site("dead")
    expects("dead", CollectorDown="no collector")
    prometheus, status = None, 1
    try:
        broken = [make(site) for make, site in zip(makers, sites)]
        until(lambda: sites[0].has(r'^lookback_sensor_last_flush_timestamp_seconds\{sensor="well"\}'))
        prometheus = Prometheus(FOLDER, sites, dead)
        until(lambda: len(prometheus.ask("query", query="up == 1")["result"]) == len(sites))
        print(f"{time.monotonic() - started:5.1f} s  {len(sites)} collectors are watched", flush=True)
        jobs = [threading.Thread(target=job) for job in broken if job]
        for job in jobs:
            job.start()
        check(sites, prometheus, started)
        run_dashboard(prometheus)
        status = 0
    finally:
        keep_texts(sites)
        for site in [*sites, dead]:
            site.__exit__(*((None,) if status == 0 else (AssertionError,)), None, None)
        if prometheus:
            prometheus.stop()
        for disk in MOUNTS:
            run("umount", "-l", disk, check=False)
    print(f"{time.monotonic() - started:5.1f} s  all {len(EXPECTED)} alerts fired")
    return 0


def run_dashboard(prometheus):
    done = subprocess.run([ROOT / "scripts" / "check-monitoring", "--prometheus", f"http://127.0.0.1:{prometheus.port}"], check=False)
    assert done.returncode == 0, "the dashboard has queries without data"


BUILD, FOLDER = sys.argv[1:3]
NAMESPACES = sys.argv[3:5]
MOUNTS = []
PROGRAM = f"{BUILD}/dataplane/lookback-dataplane"
faults.PROGRAMS["collector"] = f"{BUILD}/collector/lookback-collector"
if __name__ == "__main__":
    try:
        code = main()
    except AssertionError as error:
        traceback.print_exc(limit=4)
        print(f"FAILED: {error}")
        code = 1
    sys.stdout.flush()
    os._exit(code)  # some threads never end
