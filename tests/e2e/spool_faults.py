#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The spool's files while they are in use: deleted, moved, replaced, cut off, put back to an older state.

    spool_faults.py PATH-OF-lookback-collector [NAME…]

Each function test_NAME is one scenario. Exit status 0 only where all passed; 77 without redis-server.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

from faults import World, batch, check_counts, run_tests, until
from frames import Dataplane, NEW, record


class SpoolWorld(World):
    """The collector runs, batches wait in its spool, Redis is away."""

    def __init__(self):
        super().__init__()
        self.dir = pathlib.Path(f"{self.path}.spool")
        self.data = self.dir / "data.mdb"

    def __enter__(self):
        self.start_redis()
        self.start()
        self.settled()
        self.stop_redis()
        self.sent = 0
        self.d = Dataplane(self.path).connect()
        self.send(10)
        return self

    def send(self, count, wait=True):
        for _ in range(count):
            self.d.records(batch(self.sent))
            self.sent += 1
        if wait:
            self.d.wait()

    def noticed(self, text, seconds=3):
        """Within a second of an idle machine; this one may be busy."""
        until(lambda: text in self.log(), seconds)

    def killed_and_checked(self, lost=0):
        self.kill()
        self.start()
        self.start_redis()
        self.d.connect()
        self.send(1)
        self.settled()
        check_counts(self, self.sent - lost)
        assert "damaged" not in self.log(), "a file that is whole was not recognised"


def remove_folder(w):
    shutil.rmtree(w.dir)
    return "deleted"


def rename_folder(w):
    w.dir.rename(w.folder + "/elsewhere")
    return "no longer in spool.dir"


def replace_folder(w):
    shutil.copytree(w.dir, w.folder + "/copy")
    w.dir.rename(w.folder + "/elsewhere")
    os.rename(w.folder + "/copy", w.dir)
    return "no longer in spool.dir"


def unlink_data(w):
    w.data.unlink()
    return "deleted"


def replace_data(w):
    shutil.copy(w.data, w.dir / "new")
    os.rename(w.dir / "new", w.data)
    return "deleted"


def move_data(w):
    w.data.rename(w.folder + "/elsewhere.mdb")
    return "no longer in spool.dir"


def test_gone_while_running():
    """Whatever is done to the folder: noticed, made anew, and nothing that was acknowledged is lost by a kill -9."""
    for change in (remove_folder, rename_folder, replace_folder, unlink_data, replace_data, move_data):
        with SpoolWorld() as w:
            text = change(w)
            w.noticed(text)
            w.noticed("created a new file with 10 of its 10 batches")
            assert w.metric("collector_spool_repaired_total") == 1 and w.metric("collector_spool_up") == 1
            w.send(5)
            w.killed_and_checked()


def test_deleted_under_load():
    """Deleted again and again while frames come, Redis away and killed at the end."""
    with SpoolWorld() as w:
        for turn in range(6):
            sender = threading.Thread(target=w.send, args=(60,))
            sender.start()
            time.sleep(0.01 * turn)
            shutil.rmtree(w.dir, ignore_errors=True)
            sender.join(30)
            assert not sender.is_alive()
        until(lambda: w.data.exists())
        w.killed_and_checked()


def test_lock_removed():
    with SpoolWorld() as w:
        (w.dir / "lock").unlink()
        w.noticed("lock is no longer in spool.dir; created again")
        (w.dir / "lock.mdb").unlink()
        w.send(5)
        done = subprocess.run([os.path.abspath(w.collector.args[0]), "-o", f"collector.socket={w.folder}/d.sock", "-o", f"spool.dir={w.dir}",
                               "-o", "http.listen=none"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1 and "another collector uses it" in done.stderr, done
        w.killed_and_checked()


def test_cannot_be_made_anew():
    """A file stands where the folder was: nothing is acknowledged until it is gone."""
    with SpoolWorld() as w:
        shutil.rmtree(w.dir)
        w.dir.write_text("in the way")
        w.noticed("cannot create a new file")
        status, text = w.http("/readyz")
        assert status == 503 and w.metric("collector_spool_up") == 0, (status, text)
        w.send(5, wait=False)
        until(lambda: w.metric("collector_spool_memory_bytes") > 0)
        acked = w.metric("collector_acks_sent_total")
        w.dir.unlink()
        w.d.wait()
        assert w.metric("collector_acks_sent_total") > acked
        w.killed_and_checked()


def test_disk_taken_away():
    """The disk of the spool is unmounted under it: what is left at the place is used."""
    with World() as w:
        disk = f"{w.folder}/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode != 0:
            print("        (cannot mount a tmpfs here: left out)")
            return
        mounted = True
        try:
            w.start_redis()
            w.start(f"spool.dir={disk}/spool", "sandbox=off")  # which keeps to the folders that were there
            w.settled()
            w.stop_redis()
            d = Dataplane(w.path).connect()
            for n in range(10):
                d.records(batch(n))
            d.wait()
            subprocess.run(["umount", "-l", disk], check=True)
            mounted = False
            until(lambda: "created a new file with 10 of its 10 batches" in w.log())
            d.records(batch(10))
            d.wait()
            w.kill()
            w.start(f"spool.dir={disk}/spool")
            w.start_redis()
            check_counts(w, 11)
        finally:
            w.kill()
            if mounted:
                subprocess.run(["umount", "-l", disk])


def test_read_only():
    """The disk becomes read-only: nothing is acknowledged, /readyz tells, it goes on once it can be written."""
    with World() as w:
        disk = f"{w.folder}/disk"
        os.mkdir(disk)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True).returncode != 0:
            print("        (cannot mount a tmpfs here: left out)")
            return
        try:
            w.start_redis()
            w.start(f"spool.dir={disk}/spool")
            d = Dataplane(w.path).connect()
            d.records(batch(0))
            d.wait()
            w.settled()
            w.kill()
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            w.start(f"spool.dir={disk}/spool", wait=False)
            assert w.collector.wait(20) == 1 and "Read-only" in w.log(), w.log()
            subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
            w.start(f"spool.dir={disk}/spool")
            d.connect()
            d.records(batch(1))
            d.wait()
            check_counts(w, 2)
        finally:
            w.kill()
            subprocess.run(["umount", "-l", disk])


def start_again_if_ended(w):
    """A read of what is no longer there ends the collector with a line; what starts it is systemd elsewhere."""
    try:
        status = w.collector.wait(3)
    except subprocess.TimeoutExpired:
        return False
    assert status == 3 and "SIGBUS" in w.log(), status
    w.start()
    w.d.connect()
    return True


def test_cut_off():
    """data.mdb truncated in use, to several sizes: noticed, or the end with a line; a start takes over what is left, and what
    is not is counted."""
    for part in (0, 0.3, 0.9):
        with SpoolWorld() as w:
            padding = [record("padding.example.com", 16, b"\xff" + b"x" * 255, 1000, 1000, 1)] * 20
            for n in range(10):
                w.d.records(batch(n) + padding)
                w.d.wait()
            size = w.data.stat().st_size
            os.truncate(w.data, int(size * part))
            start_again_if_ended(w)
            w.d.records(batch(0))
            try:
                w.d.wait()
            except ConnectionError:
                assert start_again_if_ended(w)
                w.d.wait()
            w.start_redis()
            w.settled()
            found = w.count("host0.example.com", "A 192.0.2.0")
            assert 1 <= found <= 21
            log = w.log()
            assert found == 21 or "damaged" in log or "truncated" in log
            w.kill()
            w.start()
            w.settled()
            check_counts(w, found)


def test_old_copy_in_place():
    """An older state of the file copied over it while a stream goes on: the stream is not held up, nothing counts twice."""
    with SpoolWorld() as w:
        w.start_redis()
        w.settled()
        old = w.data.read_bytes()
        w.send(30)
        w.settled()
        with open(w.data, "r+b") as f:
            f.write(old)
        start_again_if_ended(w)
        for _ in range(5):
            try:
                w.send(1)
            except (ConnectionError, OSError):
                assert start_again_if_ended(w)
                w.d.wait()
        w.settled()
        check_counts(w, w.sent)


def put_back_to_older(told):
    with SpoolWorld() as w:
        w.start_redis()
        w.settled()
        w.stop()
        shutil.copytree(w.dir, w.folder + "/old")
        w.start()
        w.d.connect()
        w.send(20)
        w.settled()
        w.kill()
        shutil.rmtree(w.dir)
        shutil.copytree(w.folder + "/old", w.dir)
        w.start()
        sightings = w.d.sums[-1] - w.d.sums[-21]
        if told:
            w.d.connect()
        w.d.acked = 0  # the collector begins with what it knows; a dataplane passes that over
        if not told:
            w.d.connect()
        w.send(5)
        assert re.search("20 frames.* that were acknowledged are lost unless Redis has them", w.log())
        assert w.metric("collector_frames_missing_total") == 20
        assert w.metric('collector_sightings_missing_total{spool="older"}') == (sightings if told else 0)
        w.settled()
        check_counts(w, w.sent)


def test_old_copy_restored():
    """The spool put back to an older state while the collector was down and a dataplane went on: its next frames are taken."""
    for told in (False, True):  # how many sightings the dataplane had handed over before
        put_back_to_older(told)


def test_batch_vanishes_behind_multi():
    """The next batch cannot be read after its WATCH and MULTI were sent: DISCARD, and what comes later is written."""
    with SpoolWorld() as w:
        padding = [record("padding.example.com", 16, b"\xff" + b"x" * 255, 1000, 1000, 1)] * 20
        w.d.records(batch(10) + padding)
        w.d.wait()
        data = w.data.read_bytes()
        place = data.rfind(b"x" * 255)
        with open(w.data, "r+b") as f:  # the last batch; the file is mapped by the collector
            f.seek(place + 7)
            f.write(b"y")
        w.start_redis()
        until(lambda: w.metric("collector_batches_damaged_total") == 1)
        w.settled()
        check_counts(w, 10)
        w.send(1)
        w.settled()
        check_counts(w, 11)
        assert w.metric("collector_redis_connects_total") == 2, "the connection did not last"
        assert w.metric("collector_sightings_damaged_total") == 30


def test_size_raised():
    """spool.size raised on SIGHUP takes effect: more is taken than the file could be mapped for before."""
    with World() as w:
        conf = pathlib.Path(w.folder, "conf")
        conf.write_text("spool.size = 1m\nspool.patience = 600\n")
        w.start_redis()
        with open(w.log_path, "a") as log:
            w.start(wait=False)
            w.collector.kill()
            w.collector.wait()
            args = [a for a in w.collector.args]
            w.collector = subprocess.Popen([args[0], "-c", str(conf), *args[1:]], stderr=log)
        until(lambda: w.log().count("waiting for dataplanes") >= 1 and "http: listening" in w.log())
        w.stop_redis()
        d = Dataplane(w.path).connect()
        big = [record(f"n{i}.example.org", 16, b"\xff" + b"x" * 255, 1, 1, 1, NEW) for i in range(400)]
        total = 800  # 100 KiB each: above what 1 MiB and the 64 MiB beside it take

        def send():
            for _ in range(total):
                d.records(big)

        sender = threading.Thread(target=send)
        sender.start()
        until(lambda: "full (spool.size)" in w.log())
        conf.write_text("spool.size = 200m\nspool.patience = 600\n")
        w.collector.send_signal(signal.SIGHUP)
        sender.join(60)
        d.wait()
        assert w.metric("collector_spool_waiting_batches") >= total - 1
        assert w.metric("collector_batches_given_up_total") == 0


if __name__ == "__main__":
    run_tests(globals())
