#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts a query, forged answers to it and its true answer on a tap.

Forged: a wrong ID, a wrong port, a wrong server, a wrong question, the question in other letters, a second answer.
The true one brings an address of a name that was not asked for and is not the server's to tell.
"""
import socket
import struct
import sys

import dns.flags
import dns.message
import dns.rrset

from tap_frame import ethernet, ipv4, udp

STUB, SERVER = "192.0.2.1", "192.0.2.2"


def answer(query, number, address):
    response = dns.message.make_response(query)
    response.id = number
    response.answer.append(dns.rrset.from_text(query.question[0].name, 300, "IN", "A", address))
    return response


def main():
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind((sys.argv[1], 0))

    def put(source, destination, source_port, destination_port, message):
        datagram = udp(source_port, destination_port, message.to_wire())
        out.send(ethernet(ipv4(source, destination, socket.IPPROTO_UDP, datagram)))

    query = dns.message.make_query("pair.one.example", "A", id=4711)
    letters = dns.message.make_query("Pair.one.example", "A", id=4711)
    other = dns.message.make_query("other.one.example", "A", id=4711)
    put(STUB, SERVER, 5555, 53, query)
    put(SERVER, STUB, 53, 5555, answer(query, 4712, "6.6.6.6"))
    put(SERVER, STUB, 53, 5556, answer(query, 4711, "6.6.6.6"))
    put("192.0.2.66", STUB, 53, 5555, answer(query, 4711, "6.6.6.6"))
    put(SERVER, STUB, 53, 5555, answer(other, 4711, "6.6.6.6"))
    put(SERVER, STUB, 53, 5555, answer(letters, 4711, "6.6.6.6"))
    true = answer(query, 4711, "203.0.113.99")
    true.additional.append(dns.rrset.from_text("bank.example.", 300, "IN", "A", "6.6.6.6"))
    put(SERVER, STUB, 53, 5555, true)
    put(SERVER, STUB, 53, 5555, answer(query, 4711, "6.6.6.6"))


main()
