#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the steps of the Containerfile without a builder: each stage in a tree of its own, then a replay through both images.

    containerfile.py RELEASE FOLDER         as root; FOLDER is empty, and is left with a tree per stage

The steps are read from the Containerfile. A FROM of Debian is a tree made by debootstrap (scripts/lib-chroot.sh), a FROM of an earlier stage is a
copy of its tree. An instruction that is not known here is an error.
"""
import glob
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def fail(text):
    sys.exit(f"FAILED: {text}")


def instructions():
    """Yields (instruction, text) of the Containerfile; lines that end in a backslash are joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Containerfile").read_text(), flags=re.M).replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


def chroot(function, *words, **options):
    """Runs a function of scripts/lib-chroot.sh."""
    script = '. "$1/scripts/lib.sh"; . "$1/scripts/lib-chroot.sh"; shift; "$@"'
    return subprocess.run(["bash", "-c", script, "containerfile", ROOT, function, *words], **options)


class Stage:
    def __init__(self, name, tree):
        self.name, self.tree = name, tree
        self.folder, self.user, self.entry, self.command = "/", "root", [], []

    def words(self, *command):
        """The words that run a command in the tree, as the user and in the folder of the stage."""
        as_user = ["setpriv", "--reuid", self.user, "--regid", self.user, "--clear-groups", "--"] if self.user != "root" else []
        return [self.tree, "env", "-C", self.folder, *as_user, *command]

    def run(self, text):
        start = time.monotonic()
        done = chroot("root_run", *self.words("sh", "-c", text), capture_output=True, text=True, errors="replace")
        if done.returncode:
            fail(f"{self.name}: RUN {text}: status {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
        print(f"{self.name}: RUN {text[:70]} ({time.monotonic() - start:.0f} s)", flush=True)

    def copy(self, source, words):
        *files, target = words
        folder = pathlib.Path(self.tree + target)
        if source is None:
            if files != ["."]:
                fail(f"COPY {words}: this test knows only the whole context")
            folder.mkdir(parents=True, exist_ok=True)
            ignored = (ROOT / ".containerignore").read_text().split()
            with subprocess.Popen(["tar", "-C", ROOT, *[f"--exclude=./{i.rstrip('/')}" for i in ignored], "-cf", "-", "."], stdout=subprocess.PIPE) as pack:
                subprocess.run(["tar", "-C", folder, "--no-same-owner", "-xf", "-"], stdin=pack.stdout, check=True)
            return
        folder.mkdir(parents=True, exist_ok=True)
        for pattern in files:
            found = glob.glob(source.tree + pattern)
            if not found:
                fail(f"{self.name}: COPY --from={source.name} {pattern}: no such file")
            for file in found:
                shutil.copy2(file, folder)


def run_all(release, folder):
    stages, arguments, stage = {}, {}, None
    for word, text in instructions():
        if word == "ARG":
            name, _, value = text.partition("=")
            arguments[name] = release if name == "RELEASE" else value
        elif word == "FROM":
            image, name = re.fullmatch(r"(\S+) AS (\S+)", text).groups()
            image = re.sub(r"\$\{(\w+)\}", lambda m: arguments[m[1]], image)
            stage = Stage(name, f"{folder}/{name}")
            if image in stages:
                subprocess.run(["cp", "-a", stages[image].tree, stage.tree], check=True)
            elif image == f"docker.io/library/debian:{release}-slim":
                chroot("root_make", release, stage.tree, check=True)
            else:
                fail(f"FROM {image}: found no such stage, expected one or Debian")
            stages[name] = stage
        elif word == "RUN":
            stage.run(text)
        elif word == "COPY":
            words = shlex.split(text)
            source = stages[words.pop(0).partition("=")[2]] if words[0].startswith("--from=") else None
            stage.copy(source, words)
        elif word == "WORKDIR":
            stage.folder = text
        elif word == "USER":
            stage.user = text
        elif word == "ENTRYPOINT":
            stage.entry = json.loads(text)
        elif word not in ("VOLUME", "EXPOSE"):
            fail(f"{word} {text}: this test does not know the instruction")
    return stages


def check(stages):
    """A replay from the image of the dataplane through that of the collector into a Redis of this machine."""
    collector, dataplane = stages["collector"], stages["dataplane"]
    for stage in (collector, dataplane):
        names = [p for p in ("gcc", "cc", "clang", "perl5", "systemctl") if glob.glob(f"{stage.tree}/usr/bin/{p}")]
        if names:
            fail(f"{stage.name}: the image has {names}")
        done = chroot("root_run", *stage.words(*stage.entry, "--version"), capture_output=True, text=True)
        if done.returncode:
            fail(f"{stage.name}: {stage.entry} --version: {done.stderr}")
        size = int(subprocess.run(["du", "-sxm", stage.tree], capture_output=True, text=True, check=True).stdout.split()[0])
        print(f"{stage.name}: {done.stdout.strip()}; the tree has {size} MB")
    if collector.user == "root":
        fail("the collector's image runs as root")
    shared = pathlib.Path(f"/dev/shm/lookback-container-{os.getpid()}")  # a volume that both trees see
    shared.mkdir()
    os.chown(shared, 853, 853)
    shutil.copy(ROOT / "tests/data/services.pcap", dataplane.tree + "/tmp/")
    redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", f"{shared}/redis.sock", "--unixsocketperm", "777", "--dir", str(shared),
                              "--appendonly", "yes", "--save", ""], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while subprocess.run(["redis-cli", "-s", f"{shared}/redis.sock", "ping"], capture_output=True).stdout != b"PONG\n":
            if time.monotonic() > deadline:
                fail("Redis did not start")
            time.sleep(0.1)
        socket = f"collector.socket={shared}/collector.sock"
        with subprocess.Popen(["bash", "-c", '. "$1/scripts/lib.sh"; . "$1/scripts/lib-chroot.sh"; shift; root_run "$@"', "collector", ROOT,
                               *collector.words(*collector.entry, "--once", "-o", f"redis=unix:{shared}/redis.sock", "-o", socket, "-o", "http.listen=none")],
                              stderr=subprocess.PIPE, text=True) as writer:
            done = chroot("root_run", *dataplane.words(*dataplane.entry, "--no-huge", "--replay", "/tmp/services.pcap", "-o", socket), capture_output=True, text=True)
            if done.returncode:
                writer.kill()
                fail(f"dataplane: replay: {done.stderr[-2000:]}")
            if writer.wait(60):
                fail(f"collector: {writer.stderr.read()[-2000:]}")
        keys = int(subprocess.run(["redis-cli", "-s", f"{shared}/redis.sock", "dbsize"], capture_output=True, text=True, check=True).stdout)
        if keys < 20:
            fail(f"a replay through the images: found {keys} keys in Redis, expected at least 20")
        print(f"a replay through both images: {keys} keys")
    finally:
        redis.kill()
        redis.wait()
        shutil.rmtree(shared)


check(run_all(sys.argv[1], sys.argv[2]))
