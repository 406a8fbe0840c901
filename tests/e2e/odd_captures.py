#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Captures as other tools and broken disks leave them: odd_captures.py FOLDER writes them all there."""
import bz2, gzip, lzma, os, struct, subprocess, sys

if sys.argv[1] == "--flip":  # FILE TO: one bit in the middle is wrong
    octets = bytearray(open(sys.argv[2], "rb").read())
    octets[len(octets) // 2] ^= 0x10
    open(sys.argv[3], "wb").write(octets)
    sys.exit()
T = 1700000000
folder = sys.argv[1]


def name_of(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def answer(name, address="203.0.113.1", records=1):
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4"
    octets = bytes(int(part) for part in address.split("."))
    body = b"".join(record + octets[:3] + bytes([(octets[3] + i) & 255]) for i in range(records))
    return struct.pack(">HHHHHH", 0x1234, 0x8180, 1, records, 0, 0) + name_of(name) + b"\0\1\0\1" + body


def ipv4(protocol, payload, fragment=0, ident=1, claimed=None):
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload) if claimed is None else claimed, ident, fragment, 64,
                       protocol, 0) + bytes([192, 0, 2, 53, 198, 51, 100, 10]) + payload


def udp(message):
    return struct.pack(">HHHH", 53, 40000, 8 + len(message), 0) + message


def tcp(payload, seq, flags=0x18):
    return struct.pack(">HHIIBBHHH", 53, 40001, seq, 1, 0x50, flags, 65535, 0, 0) + payload


def frame(packet):
    return bytes(12) + b"\x08\0" + packet


def simple(name, **more):
    return frame(ipv4(17, udp(answer(name, **more))))


def pcap(packets, order="<", nano=False, snapshot=65535):
    """packets: (seconds, fraction, octets, size on the wire or None)"""
    out = struct.pack(order + "IHHIIII", 0xa1b23c4d if nano else 0xa1b2c3d4, 2, 4, 0, 0, snapshot, 1)
    for seconds, fraction, octets, wire in packets:
        out += struct.pack(order + "IIII", seconds, fraction, len(octets), len(octets) if wire is None else wire) + octets
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(packets, order="<", snapshot=65535, resolution=6, offset=0):
    """packets: (ticks, octets, size on the wire or None); ticks None: a simple packet"""
    options = struct.pack(order + "HHB3xHHqHH", 9, 1, resolution, 14, 8, offset, 0, 0)
    out = block(order, 0x0a0d0d0a, struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))
    out += block(order, 1, struct.pack(order + "HHI", 1, 0, snapshot) + options)
    for ticks, octets, wire in packets:
        wire = len(octets) if wire is None else wire
        if ticks is None:
            out += block(order, 3, struct.pack(order + "I", wire) + octets)
        else:
            ticks &= 2**64 - 1
            out += block(order, 6, struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xffffffff, len(octets), wire) + octets)
    return out


def write(name, octets):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as out:
        out.write(octets)


def cut(octets, size):
    return (T, 0, octets[:size], len(octets))


# packets longer than the header allows for, in each kind of file
long = [simple(f"a{i}.long.example", records=20) for i in range(4)]
plain = [(T + i, 5, octets, None) for i, octets in enumerate(long)]
timed = [((T + i) * 1000000, octets, None) for i, octets in enumerate(long)]
write("long/us", pcap(plain, snapshot=64))
write("long/ns", pcap(plain, nano=True, snapshot=64))
write("long/swapped", pcap(plain, order=">", snapshot=64))
write("long/swapped-ns", pcap(plain, order=">", nano=True, snapshot=64))
write("long/gzip", gzip.compress(pcap(plain, snapshot=64)))
write("long/gzip-swapped", gzip.compress(pcap(plain, order=">", snapshot=64)))
write("long/ng", pcapng(timed, snapshot=64))
write("long/ng-simple", pcapng(timed[:1] + [(None, octets, None) for octets in long[1:]], snapshot=64))
write("long/ng-swapped", gzip.compress(pcapng(timed, order=">", snapshot=64)))
# one packet of more octets than a packet buffer, of messages in a segment put together
messages = [answer(f"m{i}.segment.example") for i in range(600)]
stream = b"".join(struct.pack(">H", len(m)) + m for m in messages)
write("segment.pcap", pcap([(T, 0, frame(ipv4(6, tcp(b"", 99, flags=0x12))), None),
                            (T, 0, frame(ipv4(6, tcp(stream, 100))), None)], snapshot=1514))

# cut when they were captured
whole = simple("whole.cut.example")
cuts = [cut(simple(f"udp{i}.cut.example", records=9), 96) for i in range(3)]
cuts += [cut(simple("udp6.cut.example", records=9), 30)]  # within the headers
cuts += [(T, 0, whole, len(whole) + 4)]  # without its checksum, but whole
write("cut/udp.pcap", pcap(cuts, snapshot=96))
write("cut/udp.pcapng", pcapng([(T * 1000000, octets, wire) for _, _, octets, wire in cuts], snapshot=96))
two = [struct.pack(">H", len(m)) + m for m in (answer("t0.cut.example"), answer("t1.cut.example"))]
segment = frame(ipv4(6, tcp(two[0] + two[1], 100)))
write("cut/tcp.pcap", pcap([(T, 0, frame(ipv4(6, tcp(b"", 99, flags=0x12))), None), cut(segment, len(segment) - 20)]))
datagram = udp(answer("f.cut.example", records=60))
fragments = [frame(ipv4(17, datagram[:504], fragment=0x2000)), frame(ipv4(17, datagram[504:], fragment=63))]
write("cut/fragment.pcap", pcap([cut(fragments[0], 200), (T, 0, fragments[1], None)]))
# a length that says more than there is, of a packet that was not cut: malformed
lying = udp(answer("lying.example", records=9))
write("lying.pcap", pcap([(T, 0, frame(ipv4(17, lying[:60], claimed=20 + len(lying))), None)]))

# times
write("time/fraction.pcap", pcap([(T, 1000000, simple("us1.time.example"), None), (T, 0xffffffff, simple("us2.time.example"), None)]))
write("time/fraction-ns.pcap", pcap([(T, 1000000000, simple("ns.time.example"), None)], nano=True))
write("time/fraction-swapped.pcap", pcap([(T, 0xfffffffe, simple("be.time.example"), None)], order=">"))
write("time/last.pcap", pcap([(0xffffffff, 999999, simple("last.time.example"), None)]))
write("no-time/zero.pcap", pcap([(0, 0, simple("zero.time.example"), None), (0, 999999, simple("zero2.time.example"), None)]))
write("no-time/beyond.pcapng", pcapng([(4294967296 * 1000000, simple("beyond.time.example"), None)]))
write("no-time/far.pcapng", pcapng([(2**63, simple("far.time.example"), None)], resolution=0))
write("no-time/offset.pcapng", pcapng([(T * 1000000, simple("offset.time.example"), None)], offset=2**40))
write("no-time/negative.pcapng", pcapng([(T * 1000000, simple("negative.time.example"), None)], offset=-T - 1))
write("no-time/signed.pcapng", pcapng([(-5, simple("signed.time.example"), None)]))
write("no-time/simple.pcapng", pcapng([(None, simple("simple.time.example"), None)]))

# rotated, in a folder with other things
rotated = [pcap([(T + i, 0, simple(f"r{i}.rotated.example"), None)]) for i in range(12)]
write("rotated/dns.pcap", rotated[0])
for i, command in ((6, ["zstd", "-q", "-c"]), (7, ["lz4", "-q", "-c"]), (8, ["xz", "-c"])):
    write(f"rotated/dns.pcap{i}.{command[0]}", subprocess.run(command, input=rotated[i], capture_output=True, check=True).stdout)
for i in range(1, 6):
    write(f"rotated/dns.pcap{i}", rotated[i])
write("rotated/OLD.PCAP", rotated[9])
write("rotated/2023/no-suffix", pcapng([((T + 10) * 1000000, simple("r10.rotated.example"), None)]))
write("rotated/2023/deep/dns.gz", gzip.compress(rotated[11]))
write("rotated/notes.txt", b"not a capture")
write("rotated/empty.pcap", b"")
write("rotated/packed.pcap.bz2", bz2.compress(rotated[0]))
write("rotated/text.gz", gzip.compress(b"not a capture"))
os.symlink("dns.pcap3", os.path.join(folder, "rotated/latest.pcap"))
os.symlink("..", os.path.join(folder, "rotated/2023/up"))
for i in range(100):
    write(f"many/file{i:03d}.with-a-long-name.txt", b"x")
write("many/dns", rotated[0])
write("none/notes.txt", b"not a capture")

# a TCP stream in two files, of which the first one sorts last by name
tail = pcap([(T + 2, 0, frame(ipv4(6, tcp(two[0][9:] + two[1], 109))), None)])
head = pcap([(T, 0, frame(ipv4(6, tcp(b"", 99, flags=0x12))), None), (T, 0, frame(ipv4(6, tcp(two[0][:9], 100))), None)])
write("order/a.pcap", tail)
write("order/b.pcap", head)

# copies, as of a mirror port: the same packet, behind a router, in a VLAN, in GRE; fragments; a TCP segment
def tagged(octets):
    return octets[:12] + b"\x81\0\0\7" + octets[12:]


def routed(octets):
    return octets[:22] + bytes([octets[22] - 1]) + octets[23:24] + b"\1\2" + octets[26:]


def tunnelled(octets):
    return frame(ipv4(47, b"\0\0\x08\0" + octets[14:]))


halves = [frame(ipv4(17, datagram[:504], fragment=0x2000, ident=9)), frame(ipv4(17, datagram[504:], fragment=63, ident=9))]
syn = frame(ipv4(6, tcp(b"", 99, flags=0x12)))
packets = [simple("c0.copy.example"), simple("c1.copy.example"), simple("c2.copy.example"), simple("c3.copy.example"), syn, segment]
copied = [p for octets, copy in zip(packets, [packets[0], tagged(packets[1]), routed(packets[2]), tunnelled(packets[3]), syn, segment])
          for p in ((T, 1000, octets, None), (T, 3000, copy, None))]
copied += [(T, 5000, octets, None) for octets in halves] + [(T, 6000, octets, None) for octets in halves]
copied += [(T, 900000, packets[0], None)]  # much later: another one
write("copies.pcap", pcap(copied))
queries = [frame(struct.pack(">BBHHHBBH", 0x45, 0, 60, i, 0, 64, 17, 0) + bytes([198, 51, 100, 10, 192, 0, 2, 53]) +
                 struct.pack(">HHHH", 40000, 53, 40, 0) + struct.pack(">HHHHHH", i, 0x100, 1, 0, 0, 0) +
                 name_of("query.example") + b"\0\1\0\1" + b"\0") for i in range(20)]
write("queries.pcap", pcap([(T, 0, octets, None) for octets in queries]))
write("answers.pcap", pcap([(T + i, 0, simple(f"a{i}.alone.example"), None) for i in range(20)]))

# gzip: a flipped bit of the checksum, of the data; a second member that is none; zeros
packed = gzip.compress(pcap(plain))
flipped = bytearray(packed)
flipped[-5] ^= 1
write("checksum.pcap.gz", bytes(flipped))
write("trailing.pcap.gz", packed + b"not gzip")
write("zeros.pcap.gz", packed + bytes(1000))

# the same by zstd, as it comes from several threads and with a flipped bit of the checksum
packed = subprocess.run(["zstd", "-q", "-c", "--check"], input=pcap(plain), capture_output=True, check=True).stdout
write("whole.pcap.zst", packed)
write("checksum.pcap.zst", packed[:-1] + bytes([packed[-1] ^ 1]))
write("cut.pcap.xz", lzma.compress(pcap(plain))[:-30])
