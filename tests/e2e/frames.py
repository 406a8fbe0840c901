# SPDX-License-Identifier: BSD-3-Clause
"""The dataplane's side of the frame protocol (dataplane/common/frame.h), for tests of the collector."""
import pathlib
import re
import socket
import struct
import uuid

HELLO, RECORDS, STATS, BYE, ACK = 1, 2, 3, 4, 5
MAGIC, VERSION, HEADER = 0x4C424631, 1, struct.Struct("=IHHIIQ")
RECORD = struct.Struct("=IIIHHBBxx")
STATS_HEAD, UNKNOWN_SIZE = struct.Struct("=IIII"), 24  # of common/stats.h: struct stats_frame, struct stats_unknown
NEW, FLOOD = 1, 2
STATS_H = pathlib.Path(__file__).resolve().parents[2] / "dataplane" / "common" / "stats.h"


def stats_fields():
    """Names of the fields of WORKER_STATS, PORT_STATS, OUTBOX_STATS, as common/stats.h lists them."""
    blocks = re.split(r"#define (WORKER|PORT|OUTBOX)_STATS\(X\)", STATS_H.read_text())
    return {blocks[i]: re.findall(r"X\(\w+,\s*(\w+)", blocks[i + 1]) for i in (1, 3, 5)}


FIELDS = stats_fields()


def stats_layout():
    value = 0xCBF29CE484222325 ^ STATS_HEAD.size ^ UNKNOWN_SIZE << 8
    for block in ("WORKER", "PORT", "OUTBOX"):
        for name in FIELDS[block]:
            for byte in name.encode() + b",":
                value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def name(text):
    """Wire form of a name without escapes."""
    labels = [label.encode("latin-1") for label in text.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner, rrtype, rdata, first, last, count, flags=0):
    owner = owner if isinstance(owner, bytes) else name(owner)
    body = RECORD.pack(first, last, count, rrtype, len(rdata), len(owner), flags) + owner + rdata
    return body + b"\0" * (-len(body) % 4)


def frame(kind, number=0, body=b"", records=0, size=None, magic=MAGIC):
    return HEADER.pack(magic, VERSION, kind, HEADER.size + len(body) if size is None else size, records, number) + body


def records(number, items):
    return frame(RECORDS, number, b"".join(items), len(items))


def sightings(body):
    """In the records of a body; reports about floods are none."""
    found, at = 0, 0
    while at + RECORD.size <= len(body):
        _, _, count, _, rdata_size, owner_size, flags = RECORD.unpack_from(body, at)
        found += 0 if flags & FLOOD else count
        at += (RECORD.size + owner_size + rdata_size + 3) // 4 * 4
    return found


def stats(workers=2, ports=("net0",), value=7, reached=(0, 0)):
    """`reached`: number of the last frame before this, and the sightings in all up to it."""
    outbox = dict.fromkeys(FIELDS["OUTBOX"], value) | dict(zip(("frame_reached", "sightings_reached"), reached))
    body = STATS_HEAD.pack(workers, len(ports), 0, 0)
    body += b"".join(struct.pack("=Q", n) for n in outbox.values()) + struct.pack("=Q", value) * (workers * len(FIELDS["WORKER"]))
    for port in ports:
        body += port.encode().ljust(64, b"\0") + struct.pack("=Q", value) * len(FIELDS["PORT"])
    return frame(STATS, 0, body)


def hello(stream, sensor="test", layout=None, start=1700000000, version="0.1.0"):
    body = stream + struct.pack("=QQ", start, stats_layout() if layout is None else layout)
    for text, size in ((version, 32), (sensor, 64), ("host.example", 64), ("net0", 128)):
        body += text.encode().ljust(size, b"\0")
    return frame(HELLO, 0, body)


class Dataplane:
    """One stream. Keeps what is not acknowledged and sends it again after a reconnect."""

    def __init__(self, path, sensor="test", stream=None):
        self.path, self.sensor = path, sensor
        self.stream = stream or uuid.uuid4().bytes
        self.uuid = str(uuid.UUID(bytes=self.stream))
        self.kept, self.number, self.acked, self.sock = {}, 0, 0, None
        self.sums = [0]  # sightings in the frames up to each number

    def connect(self, timeout=20):
        self.close()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(self.path)
        self.sock.sendall(hello(self.stream, self.sensor))
        self.tell_account(self.acked)
        for number in sorted(self.kept):
            self.sock.sendall(self.kept[number])
        return self

    def tell_account(self, number):
        """The collector compares what it took with this, where it has had the frames up to `number` and no others."""
        if number < len(self.sums):
            self.sock.sendall(stats(reached=(number, self.sums[number])))

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None

    def put(self, data):
        self.number += 1
        self.kept[self.number] = data
        self.sums.append(self.sums[-1] + (sightings(data[HEADER.size:]) if HEADER.unpack_from(data)[2] == RECORDS else 0))
        if self.sock:
            self.sock.sendall(data)

    def records(self, items):
        self.put(records(self.number + 1, items))

    def bye(self):
        self.put(frame(BYE, self.number + 1))

    def read_ack(self):
        data = b""
        while len(data) < HEADER.size:
            more = self.sock.recv(HEADER.size - len(data))
            if not more:
                raise ConnectionError("the collector closed the connection")
            data += more
        magic, version, kind, size, count, number = HEADER.unpack(data)
        assert (magic, version, kind, size, count) == (MAGIC, VERSION, ACK, HEADER.size, 0), "not an ACK"
        assert self.acked <= number <= self.number, f"ACK {number} of {self.number}"
        self.acked = number
        for old in [n for n in self.kept if n <= number]:
            del self.kept[old]
        return number

    def wait(self):
        """Until everything is acknowledged."""
        while self.acked < self.number:
            self.read_ack()
        self.tell_account(self.number)


def swallow(path):
    """A collector that acknowledges what a dataplane sends, and throws it away; for measurements of the dataplane alone."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    while True:
        stream = listener.accept()[0].makefile("rwb")
        while head := stream.read(HEADER.size):
            _, _, kind, size, _, number = HEADER.unpack(head)
            stream.read(size - HEADER.size)
            if kind in (RECORDS, BYE):
                stream.write(frame(ACK, number))
                stream.flush()


def withhold(path, waits, go):
    """A collector that acknowledges nothing before the file `go` is there. Makes the file `waits` once the dataplane's
    workers have taken packets and poll no more: they wait for frames to hand over what is left."""
    polls, rx_packets = (FIELDS["WORKER"].index(field) for field in ("polls", "rx_packets"))
    before, last, free = None, 0, False
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    stream = listener.accept()[0].makefile("rwb")
    while head := stream.read(HEADER.size):
        _, _, kind, size, _, number = HEADER.unpack(head)
        body = stream.read(size - HEADER.size)
        if kind == STATS:
            workers = struct.unpack_from("=I", body)[0]
            values = [struct.unpack_from(f"={len(FIELDS['WORKER'])}Q", body, STATS_HEAD.size + 8 * (len(FIELDS["OUTBOX"]) + i * len(FIELDS["WORKER"])))
                      for i in range(workers)]
            now = [(v[polls], v[rx_packets]) for v in values]
            if now == before and sum(v[rx_packets] for v in values) > 0:
                pathlib.Path(waits).touch()
            before = now
        if kind in (RECORDS, BYE):
            last = number
        if last and (free or pathlib.Path(go).exists()):
            free = True
            stream.write(frame(ACK, last))
            stream.flush()
