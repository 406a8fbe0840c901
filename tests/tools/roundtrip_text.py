#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Text of RDATA must read back as the same RDATA, by a parser that is not ours.

    roundtrip_text.py TEXT_OF_RDATA     # the test program of text_of_rdata.c

For each type: RDATA made from a seed → text → dnspython's reader of zone files → the same octets; of the
types that dnspython does not know, BIND's named-compilezone. Exit status 77 where one of them is missing.
"""
import random
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import dns.name
    import dns.rdata
except ImportError:
    sys.exit(77)
COMPILE_ZONE = shutil.which("named-compilezone", path="/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin")
if not COMPILE_ZONE:
    sys.exit(77)

PER_TYPE = 300
rnd = random.Random(20)


def octets(n):
    return bytes(rnd.getrandbits(8) for _ in range(n))


def u(bits):
    return rnd.getrandbits(bits).to_bytes(bits // 8, "big")


def some(least=1):
    """Octets without a length, at least one: an empty field has no text to read back."""
    return octets(rnd.randrange(least, 70))


def string(least=0):
    n = rnd.choice([0, 1, 5, 40, 255])
    n = max(n, least)
    return bytes([n]) + octets(n)


def ascii_string(least=0):
    """The reader takes \\DDD above 127 as UTF-8, but in TXT and its kin."""
    n = max(rnd.choice([0, 1, 5, 40, 255]), least)
    return word(range(0x80), n)


def word(alphabet, n):
    return bytes([n]) + bytes(rnd.choice(alphabet) for _ in range(n))


def name():
    """A lower-case name, sometimes the root; every octet but capital letters and those that the
    reader takes for IDNA."""
    labels = []
    for _ in range(rnd.randrange(0, 5)):
        n = rnd.choice([1, 2, 8, 20])
        labels.append(bytes([n]) + octets(n).lower())
    return b"".join(labels) + b"\0"


def strings():
    return b"".join(string() for _ in range(rnd.randrange(1, 4)))


def types():
    """A bit map as RFC 4034 §4.1.2 wants it: no window and no last octet is empty. Below 512 only
    types whose mnemonic the reader knows."""
    known = bytearray(9)
    for number in rnd.sample([1, 2, 5, 6, 12, 15, 16, 23, 28, 33, 46, 47, 48, 63, 64, 65], 7) + [65]:
        known[number // 8] |= 0x80 >> number % 8
    out = bytes([0, 9]) + known
    for window in sorted(rnd.sample(range(2, 128), rnd.randrange(0, 3))):
        n = rnd.randrange(1, 33)
        out += bytes([window, n]) + octets(n - 1) + bytes([rnd.randrange(1, 256)])
    return out


def ports():
    return octets(rnd.randrange(0, 20)) + bytes([rnd.randrange(1, 256)])


def ipv6():
    """Addresses with runs of zeros, and with IPv4 at the end."""
    groups = [rnd.choice([b"\0\0", b"\0\0", b"\xff\xff", u(16)]) for _ in range(8)]
    return b"".join(groups)


def gateway(kind):
    return [lambda: b"", lambda: u(32), ipv6, name][kind]()


def ipseckey():
    kind = rnd.randrange(4)
    return u(8) + bytes([kind]) + u(8) + gateway(kind) + some()


def amtrelay():
    kind = rnd.randrange(4)
    return u(8) + bytes([kind | rnd.choice([0, 128])]) + gateway(kind)


def hip():
    hit, key = some(), some()
    names = b"".join(name() for _ in range(rnd.randrange(0, 3)))
    return bytes([len(hit)]) + u(8) + struct.pack("!H", len(key)) + hit + key + names


def prefixes():
    """The last octet of an address is not zero (RFC 3123 §4)."""
    out = b""
    for _ in range(rnd.randrange(1, 4)):
        family = rnd.choice([1, 2])
        size = rnd.randrange(0, 5 if family == 1 else 17)
        address = octets(size - 1) + bytes([rnd.randrange(1, 256)]) if size else b""
        bits = rnd.randrange(33 if family == 1 else 129)
        out += struct.pack("!HBB", family, bits, size | rnd.choice([0, 128])) + address
    return out


def location():
    def power():
        digit = rnd.randrange(10)
        return bytes([digit << 4 | rnd.randrange(10) if digit else 0])

    def angle(degrees):
        return struct.pack("!I", 2**31 + rnd.randrange(-degrees * 3600000, degrees * 3600000 + 1))

    # the reader computes in binary fractions, which are exact for whole metres only
    altitude = struct.pack("!I", 100 * rnd.randrange(2**32 // 100))
    sizes = rnd.choice([b"\x12\x16\x13", power() + power() + power()])
    return b"\0" + sizes + angle(90) + angle(180) + altitude


def position():
    def number(limit):
        text = b"%d.%d" % (rnd.randrange(-limit, limit + 1) // 2, rnd.randrange(1000))
        return bytes([len(text)]) + text

    return number(90) + number(180) + number(5000)


def digest(serial, sizes):
    kind = rnd.choice(list(sizes))
    return serial + u(8) + bytes([kind]) + octets(sizes[kind])


DS = {1: 20, 2: 32, 3: 32, 4: 48, 200: 7}


def zonemd():
    kind = rnd.choice([1, 2, 9])
    return u(32) + b"\1" + bytes([kind]) + octets({1: 48, 2: 64, 9: 5}[kind])


def service():
    values = {
        # in a list of protocols the reader knows a backslash before comma and backslash, but no decimals
        1: b"".join(word(range(0x20, 0x7F), rnd.choice([1, 2, 8, 255])) for _ in range(rnd.randrange(1, 4))),
        3: u(16),
        4: octets(4 * rnd.randrange(1, 4)),
        5: some(),
        6: ipv6() + ipv6(),
        7: some(),
        65280: octets(rnd.randrange(0, 9)),
    }
    keys = rnd.sample(sorted(values), rnd.randrange(0, 8))
    if 1 in keys and rnd.random() < 0.5:
        keys.append(2)
        values[2] = b""
    if keys and rnd.random() < 0.5:
        must = sorted(rnd.sample(sorted(keys), rnd.randrange(1, len(keys) + 1)))
        keys.append(0)
        values[0] = b"".join(struct.pack("!H", key) for key in must)
    out = struct.pack("!H", rnd.randrange(1, 65536)) + name()
    for key in sorted(keys):
        out += struct.pack("!HH", key, len(values[key])) + values[key]
    return out


# BIND 9.20 reads the keys of the private algorithms, 253 and 254, which start with a name or an OID.
def algorithm():
    return bytes([rnd.randrange(253)])


def signature():
    return u(16) + algorithm() + u(8) + u(32) + u(32) + u(32) + u(16) + name() + some()


MAKERS = {
    "A": lambda: u(32),
    "NS": name,
    "CNAME": name,
    "SOA": lambda: name() + name() + octets(4) + b"".join(u(32) for _ in range(4)),
    "WKS": lambda: u(32) + u(8) + ports(),
    "PTR": name,
    "HINFO": lambda: ascii_string() + ascii_string(),
    "MX": lambda: u(16) + name(),
    "TXT": strings,
    "RP": lambda: name() + name(),
    "AFSDB": lambda: u(16) + name(),
    "X25": ascii_string,
    "ISDN": lambda: ascii_string() + rnd.choice([b"", ascii_string(1)]),
    "RT": lambda: u(16) + name(),
    "NSAP": some,
    "NSAP-PTR": name,
    "PX": lambda: u(16) + name() + name(),
    "GPOS": position,
    "AAAA": ipv6,
    "LOC": location,
    "SRV": lambda: u(48) + name(),
    "NAPTR": lambda: u(32) + ascii_string() + ascii_string() + ascii_string() + name(),
    "KX": lambda: u(16) + name(),
    "CERT": lambda: u(16) + u(16) + u(8) + some(),
    "DNAME": name,
    "APL": prefixes,
    "DS": lambda: digest(u(16), DS),
    "SSHFP": lambda: u(16) + some(),
    "IPSECKEY": ipseckey,
    "RRSIG": signature,
    "NSEC": lambda: name() + types(),
    "DNSKEY": lambda: u(32) + some(),
    "DHCID": some,
    "NSEC3": lambda: u(32) + string() + word(range(256), 20) + types(),
    "NSEC3PARAM": lambda: u(32) + string(),
    "TLSA": lambda: u(24) + some(),
    "SMIMEA": lambda: u(24) + some(),
    "HIP": hip,
    "NINFO": strings,
    "CDS": lambda: digest(u(16), {**DS, 0: 1}),
    "CDNSKEY": lambda: u(32) + some(),
    "OPENPGPKEY": some,
    "CSYNC": lambda: u(32) + u(16) + types(),
    "ZONEMD": zonemd,
    "SVCB": service,
    "HTTPS": service,
    "SPF": strings,
    "NID": lambda: u(16) + u(64),
    "L32": lambda: u(16) + u(32),
    "L64": lambda: u(16) + u(64),
    "LP": lambda: u(16) + name(),
    "EUI48": lambda: u(48),
    "EUI64": lambda: u(64),
    "TKEY": lambda: name() + u(64) + u(32) + b"\0\5" + octets(5) + b"\0\3" + octets(3),
    # the reader takes the octets of a URI as UTF-8
    "URI": lambda: u(32) + bytes(rnd.randrange(0x20, 0x7F) for _ in range(rnd.randrange(1, 80))),
    "CAA": lambda: u(8) + word(b"abcIODEF019", 5) + ascii_string()[1:],
    "AVC": strings,
    "AMTRELAY": amtrelay,
    "DLV": lambda: digest(u(16), DS),
    "TYPE65280": lambda: some(0),
}


def a6():
    """Of the address what the prefix leaves, filled up with zero bits; no name where there is no prefix."""
    prefix = rnd.choice([0, 1, 48, 63, 64, 128])
    suffix = rnd.getrandbits(128 - prefix).to_bytes((135 - prefix) // 8, "big") if prefix < 128 else b""
    return bytes([prefix]) + suffix + (name() if prefix else b"")


def atma():
    return rnd.choice([b"\0" + some(), b"\1" + word(b"0123456789", rnd.randrange(1, 40))[1:]])


# Types that dnspython does not know, with their numbers, for BIND. It takes no KEY without a key (the two
# upper bits of the flags set) and RKEY with flags 0 alone; of MD and MF, which are written as MB, it wants nothing.
OTHERS = {
    "MB": (7, name),
    "MG": (8, name),
    "MR": (9, name),
    "MINFO": (14, lambda: name() + name()),
    "SIG": (24, signature),
    "KEY": (25, lambda: bytes([rnd.randrange(64)]) + u(16) + algorithm() + some()),
    "NXT": (30, lambda: name() + b"\x60\0\0\2"),
    "EID": (31, some),
    "NIMLOC": (32, some),
    "ATMA": (34, atma),
    "A6": (38, a6),
    "SINK": (40, lambda: u(24) + some()),
    "RKEY": (57, lambda: b"\0\0" + u(8) + algorithm() + some()),
    "TALINK": (58, lambda: name() + name()),
    "DSYNC": (66, lambda: u(16) + rnd.choice([b"\1", u(8)]) + u(16) + name()),
    "HHIT": (67, some),
    "BRID": (68, some),
    "UINFO": (100, some),
    "UID": (101, some),
    "GID": (102, some),
    "UNSPEC": (103, some),
    "DOA": (259, lambda: u(64) + u(8) + string() + rnd.choice([b"", some()])),
    "RESINFO": (261, strings),
    "WALLET": (262, strings),
    "TA": (32768, lambda: digest(u(16), DS)),
}


def read_back(kind, text):
    # names in our text have no final dot: they count from the root
    rdata = dns.rdata.from_text("IN", kind, text, origin=dns.name.root, relativize=False)
    return rdata.to_wire(origin=dns.name.root)


def compiled(raw):
    """{owner: RDATA} of a zone in BIND's raw form: sets of records, each with its lengths."""
    found, at = {}, 24
    while at < len(raw):
        size, _, _, _, _, count, name_size = struct.unpack_from("!IHHHIIH", raw, at)
        owner = raw[at + 20:at + 20 + name_size]
        rdata_size, = struct.unpack_from("!H", raw, at + 20 + name_size)
        rdata_at = at + 22 + name_size
        assert count == 1 and rdata_at + rdata_size == at + size
        found[owner] = raw[rdata_at:rdata_at + rdata_size]
        at += size
    return found


def read_back_by_bind(kind, texts):
    """The RDATA of each text, or what BIND says of it."""
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/zone", "w", encoding="ascii") as zone:
            zone.write("$ORIGIN .\n$TTL 1\nz SOA . . 1 1 1 1 1\nz NS ns\n")
            zone.writelines(f"r{i}.z {kind} {text}\n" for i, text in enumerate(texts))
        ignore = [word for check in "kmnrMS" for word in ("-" + check, "ignore")]
        program = subprocess.run([COMPILE_ZONE, "-i", "none", *ignore, "-F", "raw", "-o", folder + "/raw", "z", folder + "/zone"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if program.returncode != 0:
            return [program.stdout or b"refused"] * len(texts)
        with open(folder + "/raw", "rb") as raw:
            found = compiled(raw.read())
    return [found.get(b"%cr%d\1z\0" % (len(str(i)) + 1, i), b"lost") for i in range(len(texts))]


def back_of(kind, text):
    try:
        return read_back(kind, text)
    except Exception as error:  # whatever the reader says of our text is a failure
        return repr(error).encode()


def main():
    failures = 0
    for kind, make in {**MAKERS, **OTHERS}.items():
        other = kind in OTHERS
        number, make = make if other else (int(dns.rdatatype.from_text(kind)), make)
        wires = [make() for _ in range(PER_TYPE)]
        lines = "".join(f"{number} 1 {wire.hex()}\n" for wire in wires)
        program = subprocess.run([sys.argv[1]], input=lines, stdout=subprocess.PIPE, text=True, check=True)
        texts = program.stdout.split("\n")[:PER_TYPE]
        backs = read_back_by_bind(kind, texts) if other else [back_of(kind, text) for text in texts]
        for wire, text, back in zip(wires, texts, backs):
            # text that BIND cannot tell from a type without a form of its own would prove nothing
            opaque = other and text.startswith("\\#") and kind not in ("UINFO", "UID", "GID", "UNSPEC")
            if back != wire or opaque:
                failures += 1
                print(f"{kind} {wire.hex()}\n    {text}\n    {back.hex()} {back[:200]}")
    print(f"{len(MAKERS) + len(OTHERS)} types, {PER_TYPE} records each, {failures} failures")
    return failures > 0


sys.exit(main())
