#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The collector and what can break around it but for Redis: real processes, real signals, a private Redis.

    collector_faults.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.request

import frames
from faults import PROGRAMS, World, batch, check_counts, run, run_tests, until
from frames import Dataplane, NEW, record


def test_usage():
    for args, status, text in (
            (["--nonsense"], 2, "unknown option '--nonsense'"), (["-x"], 2, "unknown option '-x'"),
            (["word"], 2, "unexpected argument 'word'"), (["-o"], 2, "needs a value"),
            (["-o", "redis=nowhere"], 2, "expected HOST:PORT"), (["-o", "who=me"], 2, "unknown key 'who'"),
            (["-o", "redis.timeout=never"], 2, "redis.timeout"), (["-c", "/nonexistent"], 2, "/nonexistent"),
            (["-o", "psl.file=/nonexistent"], 2, "psl.file"), (["-o", "redis.user=me"], 2, "redis.user"),
            (["--once", "-o", "redis=127.0.0.1:1"], 1, "redis 127.0.0.1:1: cannot connect"),
            (["--check", "-o", "redis=unix:/nonexistent"], 1, "cannot connect"),
            (["-o", "sensor=x", "-o", "collector.socket=/nonexistent/c.sock"], 1, "/nonexistent/c.sock")):
        done = run(*args)
        assert done.returncode == status, (args, done)
        assert text in done.stderr and done.stderr.count("\n") == 1, (args, done.stderr)
    assert "Examples" in run("--help").stdout and run("--version").returncode == 0


def test_schema():
    with World() as w:
        w.start_redis()
        w.start(once=True)
        d = Dataplane(w.path).connect()
        d.records([
            record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 100, 200, 3, NEW),
            record("example.co.uk", 15, b"\0\x0a" + frames.name("mail.example.org"), 110, 210, 1, NEW),
            record("www.example.co.uk", 28, bytes.fromhex("20010db8000100000000000000000001"), 90, 190, 2, NEW),
            record("alias.example.co.uk", 5, frames.name("www.example.co.uk"), 5, 6, 7, NEW),
            record("co.uk", 2, frames.name(""), 1, 2, 1, NEW), record("", 2, frames.name("a.root.example"), 1, 2, 1, NEW),
            record(b"\x03a.b\x07exa\0ple\x03com\0", 65280, b"\x0a\0\0\1", 1, 2, 1, NEW)])
        d.records([record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 50, 150, 4, NEW)])
        d.records([record("www.example.co.uk", 1, bytes([203, 0, 113, 7]), 250, 300, 1)])
        d.wait()
        w.settled()
        zset = lambda key: w.cli("ZRANGE", key, "0", "-1", "WITHSCORES").split("\n")
        assert zset("pdns:name:www.example.co.uk") == ["AAAA 2001:db8:1::1", "190", "A 203.0.113.7", "300"]
        assert zset("pdns:first:www.example.co.uk") == ["A 203.0.113.7", "50", "AAAA 2001:db8:1::1", "90"]
        assert zset("pdns:count:www.example.co.uk") == ["AAAA 2001:db8:1::1", "2", "A 203.0.113.7", "8"]
        assert zset("pdns:ip:203.0.113.7") == ["www.example.co.uk", "300"]
        assert zset("pdns:net:203.0.113.0/24") == ["203.0.113.7", "50"]
        assert zset("pdns:net:2001:db8:1::/48") == ["2001:db8:1::1", "90"]
        assert zset("pdns:rdata:mail.example.org") == ["MX example.co.uk", "210"]
        assert zset("pdns:rdata:www.example.co.uk") == ["CNAME alias.example.co.uk", "6"]
        assert zset("pdns:zone:example.co.uk") == ["alias.example.co.uk", "5", "www.example.co.uk", "50", "example.co.uk", "110"]
        assert zset("pdns:zone:co.uk") == ["co.uk", "1"] and zset("pdns:zone:.") == [".", "1"]
        assert w.cli("EXISTS", "pdns:rdata:.") == "0"
        assert zset("pdns:name:a\\.b.exa\\000ple.com") == ["TYPE65280 \\# 4 0a000001", "2"]
        d.bye()
        d.wait()
        d.close()
        assert w.collector.wait(10) == 0
        assert w.cli("XLEN", "pdns:new") == "7"
        assert w.cli("HGET", "pdns:sensor:test", "sightings") == "21"
        assert w.cli("EXISTS", "pdns:seq") == "0", "the stream's number was not deleted"
        assert w.cli("KEYS", "pdns:fence:*") == ""


def test_duplicates():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path)
        for n in range(5):
            d.records(batch(n))
        kept = dict(d.kept)
        d.connect().wait()
        d.kept = kept  # as if no acknowledgement had come
        d.acked = 0
        d.connect().wait()
        check_counts(w, 5)
        assert w.metric("collector_frames_duplicate_total") == 5


def test_collector_killed():
    with World() as w:
        w.start_redis()
        d = Dataplane(w.path)
        sent = 0
        for turn in range(12):
            w.start()
            d.connect()
            for n in range(40):
                d.records(batch(sent))
                sent += 1
            time.sleep(0.003 * turn)  # somewhere within
            w.kill()
        w.start()
        d.connect()
        d.bye()
        d.wait()
        check_counts(w, sent)


def test_acknowledgement_of_bye_lost():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.bye()
        until(lambda: w.metric('collector_frames_received_total{type="bye"}') == 1)
        w.settled()
        time.sleep(1.5)
        d.close()  # with the ACK unread
        time.sleep(0.2)
        w.kill()
        w.start()
        d.connect().wait()
        check_counts(w, 1)
        assert w.metric("collector_frames_duplicate_total") == 2
        d.close()


def test_unsound_frames():
    good = record("a.example", 1, b"\1\2\3\4", 1, 2, 1)
    stream = b"s" * 16
    starts = frames.hello(stream)
    bodies = [
        b"\0" * 24, b"GET / HTTP/1.1\r\n\r\n" * 4, frames.records(1, [good]), frames.hello(stream, layout=1),
        frames.hello(stream, version="x" * 32), frames.hello(stream, sensor=""), frames.hello(stream, sensor="a\nb"),
        starts + starts, starts + frames.frame(frames.ACK, 1), starts + frames.frame(99, 1),
        starts + frames.records(0, [good]), starts + frames.records(2**63, [good]),
        starts + frames.frame(frames.RECORDS, 1, good, 2), starts + frames.frame(frames.RECORDS, 1, good[:-2], 1),
        starts + frames.frame(frames.RECORDS, 1, good, 5000), starts + frames.frame(frames.RECORDS, 1, b"", 0, size=8),
        starts + frames.frame(frames.RECORDS, 1, b"", 0, size=0xFFFFFFFF),
        starts + frames.records(1, [record("a.example", 1, b"\1\2\3\4", 1, 2, 0)]),
        starts + frames.records(1, [record(b"\x05abc\0", 1, b"", 1, 2, 1)]),
        starts + frames.stats()[:24] + b"\xff" * (len(frames.stats()) - 24), starts + frames.frame(frames.STATS, 0, b"\0\0\0"),
        starts + frames.frame(frames.BYE, 1, b"x"), starts + frames.frame(frames.BYE, 1) + frames.records(2, [good]),
        starts + frames.records(1, [good]) + frames.records(3, [good])]
    with World() as w:
        w.start_redis()
        w.start()
        for n, body in enumerate(bodies):
            # each with a stream of its own, or what one left would be what the next is judged by
            body = body.replace(stream, bytes([n]) * 16)
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(10)
            s.connect(w.path)
            s.sendall(body)
            try:
                while s.recv(100):
                    pass
            except ConnectionResetError:
                pass
            s.close()
            until(lambda: w.metric("collector_frames_unsound_total") == n + 1)
        for body in (starts[:10], starts + frames.records(1, [good])[:-3]):  # cut off: no frame at all
            s = socket.socket(socket.AF_UNIX)
            s.connect(w.path)
            s.sendall(body)
            s.close()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        check_counts(w, 1)
        assert w.metric("collector_frames_unsound_total") == len(bodies)


def test_spool_given_up():
    with World() as w:
        w.start_redis()
        w.start("queue.size=256k", "spool.size=1m", "spool.patience=0.2s")
        w.stop_redis()
        d = Dataplane(w.path).connect()
        for n in range(60):
            d.records([record(f"n{n}-{i}.example.org", 16, b"\xc8" + b"x" * 200, 1, 1, 1, NEW) for i in range(200)])
        d.wait()
        gone = w.metric("collector_records_given_up_total")
        assert gone > 0 and gone == 200 * w.metric("collector_batches_given_up_total") and "were given up" in w.log()
        w.start_redis()
        w.settled()
        assert w.metric('collector_records_total{outcome="applied"}') + gone == 60 * 200
        assert w.metric("collector_batches_missing_total") == 0, "given up is not lost by Redis"


def test_two_collectors_one_spool():
    with World() as w:
        w.start_redis()
        w.start()
        done = run("-o", f"collector.socket={w.folder}/d.sock", "-o", f"spool.dir={w.path}.spool", "-o", "http.listen=none")
        assert done.returncode == 1 and "another collector uses it" in done.stderr and done.stderr.count("\n") == 1, done


def test_spool_damaged():
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.kill()
        data = pathlib.Path(f"{w.path}.spool/data.mdb")
        octets = data.read_bytes()
        data.write_bytes(octets[:8192] + os.urandom(len(octets) - 8192))
        w.start()
        assert "moved aside as" in w.log() and w.metric("collector_spool_damaged_total") == 1
        d.connect()
        d.records(batch(1))
        d.wait()
        check_counts(w, 2)


def spool_batches(data):
    """Where the batches of a spool's file begin (spool/store_record.h), as {number: offset}."""
    found, at = {}, data.find(b"SSB2")
    while at >= 0:
        number = struct.unpack_from("=Q", data, at + 24 + 320)[0]
        if 0 < number < 1000000:
            found[number] = at
        at = data.find(b"SSB2", at + 4)
    return found


def test_spool_bit_flipped():
    """One bit in each of two waiting batches, in the body of the one and in the head of the other: both are lost and counted,
    all others arrive."""
    with World() as w:
        w.start_redis()
        w.start()
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.settled()
        w.stop_redis()
        padding = [record("padding.example.com", 16, b"\xff" + b"x" * 255, 1000, 1000, 1)] * 20  # in pages of its own
        for n in range(1, 31):
            d.records(batch(n) + padding)
            d.wait()
        w.kill()
        path = pathlib.Path(f"{w.path}.spool/data.mdb")
        data = bytearray(path.read_bytes())
        places = spool_batches(data)
        data[places[7] + 500] ^= 4
        data[places[20] + 30] ^= 1
        path.write_bytes(data)
        w.start()
        assert "found 2 of its 31 batches unreadable" in w.log(), w.log()
        w.start_redis()
        w.settled()
        d.connect()
        d.records(batch(31))
        d.wait()
        check_counts(w, 30)
        assert w.count("padding.example.com", 'TXT "' + "x" * 255 + '"') == 28 * 20
        assert w.metric("collector_batches_damaged_total") == 2 and w.metric("collector_batches_damaged_uncounted_total") == 1
        assert w.metric("collector_sightings_damaged_total") == 30, "of the one whose head can be read"
        status, text = w.http("/readyz")
        assert status == 200 and "2 batches" in text and "damaged" in text, text
        w.stop()
        w.start()
        w.settled()
        check_counts(w, 30)
        assert w.metric("collector_batches_damaged_total") == 0, "counted once"


def test_disk_full():
    """A spool on a disk of its own that is full: dataplanes keep their records, nothing is lost."""
    with World() as w:
        disk = f"{w.folder}/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode != 0:
            print("        (cannot mount a tmpfs here: left out)")
            return
        try:
            w.start_redis()
            w.start(f"spool.dir={disk}/spool", "queue.size=256k")
            w.stop_redis()
            d = Dataplane(w.path).connect()
            sent = 0

            def send():
                nonlocal sent
                for n in range(300):
                    d.records([record(f"host{i % 10}.example.com", 1, bytes([192, 0, 2, i % 10]), 1000, 1000 + n, 1, NEW) for i in range(2000)])
                    sent += 200

            sender = threading.Thread(target=send)
            sender.start()
            until(lambda: "disk of spool.dir is full" in w.log(), 60)
            assert w.http("/readyz")[0] == 503
            time.sleep(1)
            assert sender.is_alive()
            w.start_redis()
            sender.join(120)
            d.wait()
            check_counts(w, sent)
            assert w.metric("collector_batches_given_up_total") == 0
        finally:
            w.kill()
            subprocess.run(["umount", "-l", disk])


def test_dataplane_killed_under_back_pressure():
    """What a dataplane had sent before it was killed is taken, though nobody is there to be told."""
    with World() as w:
        w.start("spool.size=1m", "queue.size=1m", "spool.patience=600", "spool.keep=0")
        d = Dataplane(w.path).connect(1)
        padding = [record("padding.example.com", 16, b"\xff" + b"x" * 255, 1000, 1000, 1, NEW)] * 300
        sent = 0
        try:
            while True:
                d.records(batch(sent) + padding)
                sent += 1
        except OSError:  # full: the last one went in part
            pass
        acked = 0
        d.sock.setblocking(False)
        try:
            while True:
                acked = d.read_ack()
        except BlockingIOError:
            pass
        assert sent > acked + 12, (sent, acked)
        d.close()
        w.start_redis()
        until(lambda: w.metric("collector_dataplanes") == 0)
        check_counts(w, sent)


def test_back_pressure():
    with World() as w:
        w.start_redis()
        w.start("queue.size=256k", "spool.size=1m")
        d = Dataplane(w.path).connect()
        d.records(batch(0))
        d.wait()
        w.stop_redis()
        big = [record(f"n{i}.example.org", 16, b"\xc8" + b"x" * 200, 1, 1, 1, NEW) for i in range(400)]

        def send():
            for _ in range(40):
                d.records(big)

        sender = threading.Thread(target=send)
        sender.start()
        until(lambda: w.metric("collector_back_pressure_total") > 0)
        time.sleep(0.3)
        assert sender.is_alive() and w.metric("collector_spool_bytes") <= 1 << 20
        assert w.http("/readyz")[0] == 503 and w.metric("collector_batches_given_up_total") == 0
        w.start_redis()
        sender.join(60)
        d.wait()
        w.settled()
        assert w.count("n7.example.org", 'TXT "' + "x" * 200 + '"') == 40


def test_socket_in_use():
    with World() as w:
        w.start_redis()
        w.start()
        done = run("-o", f"collector.socket={w.path}", "-o", "http.listen=none")
        assert done.returncode == 1 and f"collector.socket {w.path}: another collector is listening there" in done.stderr
        assert stat.S_IMODE(os.stat(w.path).st_mode) == 0o660
        w.kill()
        w.start()  # over the stale socket
        assert w.stop() == 0 and not os.path.exists(w.path)
        pathlib.Path(w.path).write_text("precious")
        done = run("-o", f"collector.socket={w.path}", "-o", "http.listen=none")
        assert done.returncode == 1 and "expected a socket" in done.stderr
        assert pathlib.Path(w.path).read_text() == "precious"


def test_stop_and_reload():
    with World() as w:
        w.start_redis()
        conf = pathlib.Path(w.folder, "conf")
        conf.write_text("sensor = other\nnew.max = 5\n")
        w.start()
        w.stop()
        os.truncate(w.log_path, 0)
        with open(w.log_path, "a") as log:
            w.collector = subprocess.Popen([PROGRAMS["collector"], "-c", str(conf), "-o", f"redis=unix:{w.redis_path}", "-o",
                                            f"collector.socket={w.path}", "-o", "http.listen=127.0.0.1:0"], stderr=log)
        until(lambda: "waiting for dataplanes" in w.log())
        conf.write_text("new.max = many\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: "the settings stay as they are" in w.log())
        conf.write_text("new.max = 0\nredis.prefix = other:\n")
        w.collector.send_signal(signal.SIGHUP)
        until(lambda: "settings read again" in w.log())
        assert "redis.prefix: changed; takes effect after a restart" in w.log()
        d = Dataplane(w.path).connect()
        for n in range(50):
            d.records(batch(n))
        time.sleep(0.2)
        assert w.stop() == 0  # writes what it has taken, acknowledges it
        d.sock.settimeout(1)
        try:
            d.wait()
        except (ConnectionError, OSError):
            pass
        check_counts(w, d.acked)
        assert w.cli("EXISTS", "pdns:new") == "0"
        w.stop_redis()
        w.start()
        d.connect()
        d.records(batch(0))
        until(lambda: w.metric("collector_spool_waiting_batches") > 0)
        start = time.monotonic()
        assert w.stop() == 0 and time.monotonic() - start < 12
        assert "the spool keeps them for the next start" in w.log()
        w.start_redis()
        w.start()
        w.settled()
        assert w.count("host0.example.com", "A 192.0.2.0") == d.number


def test_no_descriptor_left():
    with World() as w:
        w.start_redis()
        w.start()
        w.settled()
        pid, port = w.collector.pid, int(re.findall(r"http: listening on 127.0.0.1:(\d+)", w.log())[-1])
        limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, limits[1]))
        browsers = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
        until(lambda: len(os.listdir(f"/proc/{pid}/fd")) == 64)
        d = Dataplane(w.path)
        d.records(batch(0))
        d.connect()
        until(lambda: "cannot accept a dataplane" in w.log())
        ticks = lambda: sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().split()[13:15]))
        before = ticks()
        time.sleep(2)
        assert ticks() - before < 40, "the collector spins"
        assert w.log().count("cannot accept a dataplane") == 1
        for browser in browsers:
            browser.close()
        d.wait()
        check_counts(w, 1)


def test_another_number_of_sightings():
    """A dataplane that has handed over more or fewer sightings than were taken from it: said once, in /metrics and in /api/status; also
    after a restart of the collector. One whose sums are right beside it is not suspected."""
    with World() as w:
        w.start_redis()
        w.start()
        ds = [Dataplane(w.path, sensor).connect() for sensor in ("even", "odd")]
        for d in ds:
            d.records(batch(0))
            d.wait()
        w.settled()
        assert w.metric('dataplane_sightings_taken_total{sensor="odd"}') == ds[1].sums[-1] > 0
        w.kill()
        w.start()
        for d in ds:
            d.connect()
            d.records(batch(1))
            d.wait()
        w.settled()  # nothing wrong yet
        ds[1].sums[-1] -= 1
        ds[1].tell_account(2)
        ds[1].tell_account(2)
        until(lambda: w.metric("collector_accounts_unbalanced") == 1)
        until(lambda: w.metric('dataplane_unbalanced{sensor="odd"}') == 1)
        assert w.metric('dataplane_unbalanced{sensor="even"}') == 0
        assert w.metric("collector_dataplanes_unbalanced_total") == 1
        assert w.log().count("the accounts do not add up, please report this: dataplane odd") == 1
        sensors = {s["sensor"]: s for s in json.loads(w.http("/api/status")[1])["sensors"]}
        assert sensors["odd"]["unbalanced"] and not sensors["even"]["unbalanced"]
        assert sensors["even"]["sightings_taken"] == ds[0].sums[-1]


def test_http_and_metrics():
    with World() as w:
        w.start_redis()
        w.start()
        ds = [Dataplane(w.path, f'site "{n}"').connect() for n in range(3)]
        for d in ds:
            d.records(batch(0))
        for d in ds:
            d.wait()
            d.sock.sendall(frames.stats(workers=3, ports=("net0", "net1"), reached=(1, d.sums[1])))
        until(lambda: w.http("/metrics")[1].count('lookback_rx_packets_total{') == 9)
        status, text = w.http("/metrics")
        assert status == 200
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True)
            assert done.returncode == 0 and not done.stderr, done
        assert 'lookback_rx_packets_total{sensor="site \\"1\\"",worker="2"} 7' in text
        assert 'lookback_port_link_up{sensor="site \\"0\\"",port="net1"} 7' in text
        assert w.http("/nothing")[0] == 404
        port = re.findall(r"http: listening on 127.0.0.1:(\d+)", w.log())[-1]
        try:
            urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/metrics", data=b"x" * 100000))
            raise AssertionError("a POST was answered")
        except urllib.error.HTTPError as error:
            assert error.code == 405
        except (urllib.error.URLError, ConnectionError):
            pass  # closed while the body was still coming
        with socket.create_connection(("127.0.0.1", int(port))) as s:
            s.sendall(b"GET /" + b"x" * 40000 + b" HTTP/1.0\r\n\r\n")
            assert s.recv(20).split()[1] in (b"414", b"431", b"413")
        done = run("-o", f"collector.socket={w.folder}/d.sock", "-o", f"http.listen=127.0.0.1:{port}")
        assert done.returncode == 1 and "http.listen" in done.stderr


if __name__ == "__main__":
    run_tests(globals())
