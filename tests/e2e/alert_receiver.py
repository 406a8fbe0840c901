#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A webhook receiver whose behaviour a test changes while it runs.

    alert_receiver.py PORT LOG [CERTIFICATE KEY]

The first line of LOG.mode says what happens to requests:
    ok        200
    STATUS    that status; with "STATUS SECONDS" also Retry-After
    hang      no answer
    drop      the connection is closed without an answer
    lost      the request is noted, then the connection is closed without an answer
    poison X  500 if the body contains X, else 200
Each request that is answered with 200, or lost, becomes a line of LOG: JSON with its headers and body.
"""
import http.server
import json
import pathlib
import ssl
import sys
import threading
import time

PORT, LOG = int(sys.argv[1]), pathlib.Path(sys.argv[2])
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def note(self, body):
        with LOCK, LOG.open('a') as log:
            log.write(json.dumps({'headers': {k.lower(): v for k, v in self.headers.items()}, 'body': body}) + '\n')

    def answer(self, status, after=None):
        self.send_response(status)
        if after:
            self.send_header('Retry-After', after)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        mode = pathlib.Path(f'{LOG}.mode').read_text().split() or ['ok']
        with LOCK, open(f'{LOG}.tries', 'a') as tries:
            tries.write(f'{time.time()} {" ".join(mode)}\n')
        if mode[0] == 'hang':
            time.sleep(30)
            self.close_connection = True
        elif mode[0] == 'drop':
            self.close_connection = True
        elif mode[0] == 'lost':
            self.note(body)
            self.close_connection = True
        elif mode[0] == 'poison' and mode[1] in body:
            self.answer(500)
        elif mode[0] in ('ok', 'poison'):
            self.note(body)
            self.answer(200)
        else:
            self.answer(int(mode[0]), mode[1] if len(mode) > 1 else None)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(('127.0.0.1', PORT), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
pathlib.Path(f'{LOG}.port').write_text(str(server.server_port))
server.serve_forever()
