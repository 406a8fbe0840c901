#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""DNS over sockets, in one shot.

    dns_over.py answers ADDRESS COUNT NAME      COUNT answers for NAME from port 53 to ADDRESS, by UDP
    dns_over.py serve ADDRESS NAME RECORDS      answers each TCP query at port 53 with so many TXT records of 250 octets
    dns_over.py ask ADDRESS NAME                a query over TCP, until the connection ends; prints the octets
"""
import socket, struct, sys


def name_of(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def message(name, flags, kind, answers):
    return struct.pack(">HHHHHH", 0x1234, flags, 1, len(answers), 0, 0) + name_of(name) + struct.pack(">HH", kind, 1) + b"".join(answers)


def record(kind, rdata):
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(rdata)) + rdata


def answers(address, count, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("0.0.0.0", 53))
        for _ in range(int(count)):
            s.sendto(message(name, 0x8180, 1, [record(1, bytes([203, 0, 113, 1]))]), (address, 40000))


def serve(address, name, records):
    with socket.create_server((address, 53)) as server:
        print("serving", flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                all = message(name, 0x8180, 16, [record(16, bytes([249]) + b"%03d" % i + bytes(246)) for i in range(int(records))])
                connection.sendall(struct.pack(">H", len(all)) + all)


def ask(address, name):
    with socket.create_connection((address, 53), timeout=10) as s:
        query = message(name, 0x100, 16, [])
        s.sendall(struct.pack(">H", len(query)) + query)
        size = 0
        while part := s.recv(100000):
            size += len(part)
        print(size)


{"answers": answers, "serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
