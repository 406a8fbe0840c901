#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Searches for the addresses and ports of the clients of privacy_traffic.py, in every form in which they could be stored.

    privacy_search.py clients PATH…         # prints each form that a file has; exit status 1 if none has any
    privacy_search.py STRING PATH…          # the same for another string: shows that the search finds what is there
    privacy_search.py clients --pid PID     # addresses as packets have them in the memory of a process: prints the mapping, and
                                            # whether core files leave it out
    privacy_search.py clients --core FILE   # the same in a core file, without the stacks of its threads
"""
import ipaddress
import os
import re
import struct
import sys

from privacy_traffic import CLIENTS, PORT, SUBNETS

BLOCK = 1 << 20
STACK = 8 << 20  # most that a thread may have on each side of its stack pointer
NT_PRSTATUS, REGISTERS = 1, 112  # elf.h; offset of the registers in struct elf_prstatus
STACK_POINTER = {62: 19, 183: 31}  # machine: index among the registers


def words_swapped(packed, size):
    """Each group of `size` octets in the other byte order."""
    return b"".join(packed[i:i + size][::-1] for i in range(0, len(packed), size))


def forms_of(address):
    """Form: octets, lower case."""
    ip = ipaddress.ip_address(address)
    packed, texts = ip.packed, {"text": ip.compressed, "expanded": ip.exploded, "reverse": ip.reverse_pointer.rsplit(".", 2)[0]}
    texts["hex"], texts["number"] = packed.hex(), str(int(ip))
    for sign in "-_":
        texts["with " + sign], texts["expanded with " + sign] = (re.sub("[.:]", sign, texts[f]) for f in ("text", "expanded"))
    texts["hex, other order"] = packed[::-1].hex()
    found = {form: text.encode() for form, text in texts.items()}
    found["reverse, wire"] = b"".join(bytes([len(label)]) + label.encode() for label in texts["reverse"].split("."))
    found["network order"], found["other order"] = packed, packed[::-1]
    if len(packed) == 16:
        found["words in other order"], found["halves in other order"] = words_swapped(packed, 4), words_swapped(packed, 8)
    return found


def patterns():
    """(what, octets, whether they are text)"""
    for address in [client for client, _ in CLIENTS] + SUBNETS:
        for form, octets in forms_of(address).items():
            yield f"{address}, {form}", octets, "order" not in form or "hex" in form
    ports = PORT.to_bytes(2, "big"), (53).to_bytes(2, "big")
    for a, b in (ports, ports[::-1]):
        yield f"port {PORT} next to 53, network order", a + b, False
        yield f"port {PORT} next to 53, host order", a[::-1] + b[::-1], False


def finders(what):
    """(what, a function that returns the offset in octets, or in the same octets in lower case, or -1)"""
    def of(octets, is_text):
        return (lambda data, lower: lower.find(octets)) if is_text else lambda data, lower: data.find(octets)

    if what != "clients":
        return [(what, of(what.encode(), False))]
    found = {octets: (label, of(octets, is_text)) for label, octets, is_text in patterns()}
    port = re.compile(rb"(?<![0-9a-zA-Z.])%d(?![0-9a-zA-Z])" % PORT)
    found["port"] = f"port {PORT}, text", lambda data, lower: -1 if (hit := port.search(data)) is None else hit.start()
    return list(found.values())


def search(read, size, wanted):
    """Yields (label, offset, what surrounds it) for the first place of each pattern."""
    left, at, last = list(wanted), 0, b""
    while left and at < size:
        data = read(at, min(BLOCK, size - at))
        if not data:
            break
        if not data.strip(b"\0"):
            last = b""
        else:
            whole = last + data
            lower = whole.lower()
            for item in list(left):
                if (hit := item[1](whole, lower)) >= 0:
                    left.remove(item)
                    yield item[0], at - len(last) + hit, whole[max(0, hit - 16):hit + 32]
            last = whole[-128:]
        at += len(data)


def data_of(fd, start, end):
    """(start, end) of each part of a file that is no hole: a core file may have gigabytes of holes."""
    while start < end:
        try:
            start = os.lseek(fd, start, os.SEEK_DATA)
        except OSError:
            return
        hole = min(end, os.lseek(fd, start, os.SEEK_HOLE))
        if start < hole:
            yield start, hole
        start = hole


def search_range(fd, start, end, wanted):
    for a, b in data_of(fd, start, end):
        for label, at, around in search(lambda at, size, a=a: os.pread(fd, size, a + at), b - a, wanted):
            yield label, a + at, around


def search_file(path, wanted):
    with open(path, "rb") as file:
        yield from search_range(file.fileno(), 0, os.fstat(file.fileno()).st_size, wanted)


def mappings(pid):
    """(start, end, name, flags) of each that can be read."""
    with open(f"/proc/{pid}/smaps") as smaps:
        for line in smaps:
            if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)", line):
                start, end, rights, name = int(head[1], 16), int(head[2], 16), head[3], head[4]
            elif line.startswith("VmFlags:") and rights.startswith("rw") and not name.startswith("[v"):
                yield start, end, name or "anonymous", line.split()[1:]


def search_memory(pid, wanted):
    with open(f"/proc/{pid}/mem", "rb") as memory:

        def read_at(start):
            def read(at, size):
                try:
                    return os.pread(memory.fileno(), size, start + at)
                except OSError:
                    return b""
            return read

        for start, end, mapping, flags in mappings(pid):
            for label, at, around in search(read_at(start), end - start, wanted):
                kept = "left out of core files" if "dd" in flags else "IN CORE FILES"
                yield f"{kept}: {mapping} {start:x}+{at:x}: {label}: {around!r}"


def parts_of_core(path):
    """(address, offset in the file, size) of each piece of memory without the stacks, from the headers of an ELF file of 64 bits."""
    with open(path, "rb") as file:
        head = file.read(64)
        machine, headers, count = (struct.unpack_from(f, head, o)[0] for f, o in (("<H", 18), ("<Q", 32), ("<H", 56)))
        file.seek(headers)
        headers = [struct.unpack("<IIQQQQQQ", file.read(56)) for _ in range(count)]
        pointers = []
        for _, _, at, _, _, size, _, _ in (h for h in headers if h[0] == 4):  # PT_NOTE
            file.seek(at)
            notes, at = file.read(size), 0
            while at + 12 <= len(notes):
                name, length, kind = struct.unpack_from("<III", notes, at)
                at += 12 + (name + 3) // 4 * 4
                if kind == NT_PRSTATUS:
                    pointers += struct.unpack_from("<Q", notes, at + REGISTERS + 8 * STACK_POINTER[machine])
                at += (length + 3) // 4 * 4
        for _, _, at, start, _, size, _, _ in (h for h in headers if h[0] == 1 and h[5] > 0):  # PT_LOAD
            edges = [start]
            for pointer in sorted(p for p in pointers if start <= p < start + size):
                edges += [max(start, pointer - STACK), min(start + size, pointer + STACK)]
            edges.append(start + size)
            for a, b in zip(edges[::2], edges[1::2]):
                if a < b:
                    yield a, at + a - start, b - a


def search_core(path, wanted):
    with open(path, "rb") as core:
        for start, at, size in parts_of_core(path):
            for label, offset, around in search_range(core.fileno(), at, at + size, wanted):
                yield f"{path}: {start + offset - at:x}: {label}: {around!r}"


def main():
    wanted = finders(sys.argv[1])
    found = 0
    if sys.argv[2] in ("--pid", "--core"):
        as_in_packets = [item for item in wanted if "network order" in item[0]]
        for line in search_memory(int(sys.argv[3]), as_in_packets) if sys.argv[2] == "--pid" else search_core(sys.argv[3], wanted):
            print(line)
            found += 1
    else:
        for path in sys.argv[2:]:
            for root, _, files in os.walk(path) if os.path.isdir(path) else [("", "", [path])]:
                for name in files:
                    whole = os.path.join(root, name)
                    if os.path.isfile(whole):
                        for label, at, around in search_file(whole, wanted):
                            print(f"{whole} at {at}: {label}: {around!r}")
                            found += 1
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
