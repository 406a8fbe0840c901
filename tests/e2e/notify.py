#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A service manager's side of sd_notify(3), and threads that hang.

    notify.py listen SOCKET FILE      appends each field that is received to FILE, a line each
    notify.py hang PID THREAD READY   stops that one thread (its number among those of /proc/PID/task, or its name), writes READY,
                                      and lets it go on when READY is removed
"""
import ctypes
import os
import pathlib
import socket
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000


def listen(path, out):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(path)
    with open(out, 'a', buffering=1, encoding='utf-8') as lines:
        while True:
            lines.write(receiver.recv(4096).decode('utf-8', 'replace') + '\n')


def thread_of(pid, name):
    for task in sorted(pathlib.Path(f'/proc/{pid}/task').iterdir(), key=lambda task: int(task.name)):
        if (task / 'comm').read_text().strip() == name:
            return int(task.name)
    raise SystemExit(f'process {pid}: no thread {name}')


def hang(pid, name, ready):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    thread = thread_of(pid, name)
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if libc.ptrace(request, thread, None, None) != 0:
            raise SystemExit(f'ptrace: {os.strerror(ctypes.get_errno())}')
    os.waitpid(thread, WALL)
    pathlib.Path(ready).touch()
    while pathlib.Path(ready).exists():
        time.sleep(0.05)
    libc.ptrace(PTRACE_DETACH, thread, None, None)


if __name__ == '__main__':
    if sys.argv[1] == 'listen':
        listen(*sys.argv[2:4])
    else:
        hang(int(sys.argv[2]), sys.argv[3], sys.argv[4])
