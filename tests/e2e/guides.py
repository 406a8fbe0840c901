#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs every command of a guide and compares its output. Started by test_guides.sh.

    guides.py FOLDER GUIDE.md [--update]      FOLDER: of the test, with etc/ (files of /etc/lookback) and bin/ (first in PATH)

A block between lines ``` holds commands (lines that begin with "$ "; a backslash continues them) with their output, or a file, whose
first line is "# /etc/lookback/NAME". In the output "…" stands for anything in a line, or, if it is alone, for any lines. Dates and times
are not compared, because the records move with the clock; neither are scores, nor the order of alerts and new records. A comment <!-- run: COMMAND --> is run, too. --update writes what
the commands print into the guide.
"""
import os
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r'^```\n(.*?)^```$|^<!-- run: (.*?) -->$', re.M | re.S)
FILE = re.compile(r'# /etc/lookback/([\w.-]+)\n')
TIMES = [(re.compile(r'\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?Z?)?'), 'DATE'), (re.compile(r'\b1[6-9]\d{8}\b'), 'TIME'), (re.compile(r'^ *[01]\.\d\d |\bscore [01]\.\d\d'), 'SCORE ')]
UNORDERED = re.compile(r'lookback (alerts|new)\b')
COMMAND_S = 60


def commands(text):
    """Yields [command, lines of expected output] of a block."""
    found = []
    for line in text.splitlines():
        if line.startswith('$ '):
            found.append([line[2:], []])
        elif found and not found[-1][1] and found[-1][0].endswith('\\'):
            found[-1][0] += '\n' + line
        elif found:
            found[-1][1].append(line)
    return found


def plain(line):
    for pattern, word in TIMES:
        line = pattern.sub(word, line)
    return re.sub(r' +', ' ', line.rstrip())


def fits(command, expected, got):
    if UNORDERED.search(command) and '…' not in expected:
        expected, got = sorted(expected, key=plain), sorted(got, key=plain)
    pattern = ''
    for line in expected:
        if line == '…':
            pattern += r'(?:[^\n]*\n)*?'
        else:
            pattern += '[^\n]*'.join(re.escape(part) for part in plain(line).split('…')) + r'\n'
    return re.fullmatch(pattern, ''.join(plain(line) + '\n' for line in got)) is not None


class Guide:
    def __init__(self, folder, path):
        self.folder, self.path = pathlib.Path(folder), pathlib.Path(path)
        self.etc = self.folder / 'etc'
        self.environment = {**os.environ, 'PATH': f'{self.folder}/bin:{os.environ["PATH"]}', 'LC_ALL': 'C.UTF-8'}
        self.count = 0
        self.faults = []

    def run(self, command):
        """Runs a command in the folder. Returns its output: both streams, paths as in the guide."""
        command = command.replace('/etc/lookback/', f'{self.etc}/').replace('/var/lib/lookback/', f'{self.folder}/var/')
        done = subprocess.run(['bash', '-o', 'pipefail', '-c', command], cwd=self.folder / 'work', env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=COMMAND_S, check=False)
        text = done.stdout.decode('utf-8', 'replace').replace('\r\n', '\n')
        if done.returncode not in (0, 1) or 'runtime error' in text or 'Sanitizer' in text:
            self.faults.append(f'{self.path.name}: $ {command}: exit status {done.returncode}: {text[-300:]}')
        self.count += 1
        return text.replace(f'{self.etc}/', '/etc/lookback/').replace(f'{self.folder}/var/', '/var/lib/lookback/')

    def write(self, name, text):
        text = text.replace('/etc/lookback/', f'{self.etc}/').replace('/var/lib/lookback/', f'{self.folder}/var/')
        (self.etc / name).write_text(text, encoding='utf-8')

    def block(self, text):
        """Runs a block. Returns it with the output of now."""
        name = FILE.match(text)
        if name:
            self.write(name.group(1), text)
            return text
        if not text.startswith('$ '):
            return text
        now = ''
        for command, expected in commands(text):
            got = self.run(command).splitlines()
            while got and not got[-1].strip():
                got.pop()
            if not fits(command, expected, got):
                self.faults.append('\n'.join([f'{self.path.name}: $ {command}', *(f'- {line}' for line in expected), *(f'+ {line}' for line in got)]))
            kept = expected if '…' in ''.join(expected) and fits(command, expected, got) else got
            now += ''.join(line + '\n' for line in [f'$ {command}', *kept])
        return now

    def all(self):
        def one(match):
            if match.group(2):
                self.run(match.group(2))
                return match.group(0)
            return f'```\n{self.block(match.group(1))}```'
        return BLOCK.sub(one, self.path.read_text(encoding='utf-8'))


def main(words):
    guide = Guide(*words[:2])
    text = guide.all()
    if words[2:] == ['--update']:
        guide.path.write_text(text, encoding='utf-8')
        guide.faults = [f for f in guide.faults if 'exit status' in f]
    for fault in guide.faults:
        print(f'FAILED: {fault}')
    print(f'{guide.path.name}: {guide.count} commands, {len(guide.faults)} faults')
    return 1 if guide.faults or guide.count == 0 else 0


sys.exit(main(sys.argv[1:]))
