#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Receivers of syslog and mail, which note what arrives.

    alert_sinks.py FOLDER CERTIFICATE KEY    writes the ports to FOLDER/ports as shell assignments

    udp.log, unix.log   a line per datagram
    tcp.log, tls.log    a line per message in octet counting
    mail.log            a line per mail: JSON with sender, recipients, headers, body
"""
import email
import email.policy
import json
import pathlib
import socket
import ssl
import sys
import threading

from aiosmtpd.controller import Controller

FOLDER = pathlib.Path(sys.argv[1])
LOCK = threading.Lock()


def note(name, line):
    with LOCK, (FOLDER / f'{name}.log').open('a') as log:
        log.write(line + '\n')


def datagrams(sock, name):
    while True:
        note(name, sock.recv(65536).decode())


def stream(connection, name):
    try:
        with connection, connection.makefile('rb') as file:
            while True:
                head = b''
                while not head.endswith(b' '):
                    octet = file.read(1)
                    if not octet:
                        return
                    head += octet
                note(name, file.read(int(head)).decode())
    except (OSError, ValueError) as fault:
        note(name, f'fault: {fault}')


def accept(sock, name, context=None):
    while True:
        connection, _ = sock.accept()
        try:
            connection = context.wrap_socket(connection, server_side=True) if context else connection
        except OSError:
            continue
        threading.Thread(target=stream, args=(connection, name), daemon=True).start()


class Mail:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('nobody'):
            return '550 no such user'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        note('mail', json.dumps({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'headers': dict(message.items()),
                                 'tls': session.ssl is not None, 'body': message.get_content()}))
        return '250 OK'


udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(('127.0.0.1', 0))
unix = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
unix.bind(str(FOLDER / 'log.sock'))
(FOLDER / 'log.sock').chmod(0o777)
tcp, tls = socket.create_server(('127.0.0.1', 0)), socket.create_server(('127.0.0.1', 0))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
for target, args in ((datagrams, (udp, 'udp')), (datagrams, (unix, 'unix')), (accept, (tcp, 'tcp')), (accept, (tls, 'tls', context))):
    threading.Thread(target=target, args=args, daemon=True).start()
smtp_socket = socket.create_server(('127.0.0.1', 0))
port = smtp_socket.getsockname()[1]
smtp_socket.close()
Controller(Mail(), hostname='127.0.0.1', port=port, tls_context=context, require_starttls=True).start()
(FOLDER / 'ports.new').write_text(f'UDP={udp.getsockname()[1]} TCP={tcp.getsockname()[1]} TLS={tls.getsockname()[1]} SMTP={port}\n')
(FOLDER / 'ports.new').rename(FOLDER / 'ports')
threading.Event().wait()
