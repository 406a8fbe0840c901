#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the commands of a page of the operator's guide. Started by guide_machine.sh, and by tests/packages/quick_start.sh.

    guide_page.py PAGE.md           runs its commands
    guide_page.py --list PAGE.md…   prints the commands of blocks that have a mark: PAGE MARK COMMAND

    --machine COMMAND   the words that run bash on another machine, which has the packages: what is to be there before (appliance-up) is there
    --marks MARK,…      run blocks with these marks, too
    --only-marked       run no others
    --skip COMMAND      a command that is not run
    --check-time S      how long what must be true may take

What is run, in the order of the page:

    ```sh             commands; each must end with exit status 0
    ```sh MARK        not run here: they need packages or a machine of their own. MARKS names the test that runs them
    ```conf           a file: its first line is "# PATH"
    <!-- run: C -->   a command that the reader does not see: what has to be there before
    <!-- check: C --> the same, but repeated until its exit status is 0: what must be true now

Other blocks (```text, or without a word) are not run.
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

BLOCK = re.compile(r'^```([^\n]*)\n(.*?)^```$|^<!-- (run|check): (.*?) -->$', re.M | re.S)
COMMAND_S = 60
PLAIN = ('', 'text')
MARKS = {'packages': 'scripts/package --test', 'container': 'scripts/package --container', 'doctor': 'test_doctor.sh', 'source': 'test_scripts.sh', 'card': 'none: no such card', 'machine': 'none: it changes the machine'}


def blocks(page):
    """Yields line number, kind and text of each block."""
    text = pathlib.Path(page).read_text(encoding='utf-8')
    for match in BLOCK.finditer(text):
        line = text.count('\n', 0, match.start()) + 1
        yield line, match.group(1) if match.group(3) is None else match.group(3), match.group(4) or match.group(2)


def commands(text):
    """Returns the commands of a block: lines, with those that a backslash, a quote or a here-document continues."""
    found, open_command = [], ''
    for line in text.splitlines():
        open_command += line + '\n'
        if line.endswith('\\') or unfinished(open_command):
            continue
        if open_command.strip() and not open_command.lstrip().startswith('#'):
            found.append(open_command.rstrip('\n'))
        open_command = ''
    return found + ([open_command] if open_command.strip() else [])


def unfinished(command):
    done = subprocess.run(['bash', '-n', '-c', command], capture_output=True, text=True, check=False)
    return 'unexpected end of file' in done.stderr or 'unexpected EOF' in done.stderr or 'here-document' in done.stderr


def run(command, machine=()):
    limit = COMMAND_S * 5 if machine else COMMAND_S  # apt
    try:
        done = subprocess.run([*machine, 'bash', '-o', 'pipefail', '-c', command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return 124, f'no end after {limit} s'
    text = done.stdout.decode('utf-8', 'replace')
    if done.returncode == 0 and ('runtime error' in text or 'Sanitizer' in text):
        return 99, text
    return done.returncode, text


def check(command, machine, seconds):
    end = time.monotonic() + seconds
    while True:
        status, text = run(command, machine)
        if status == 0 or time.monotonic() > end:
            return status, text
        time.sleep(0.1)


def list_marked(pages):
    for page in pages:
        for _, kind, text in blocks(page):
            if kind.startswith('sh '):
                for command in commands(text):
                    print(pathlib.Path(page).name, kind.partition(' ')[2], ' '.join(command.split()), sep='\t')
    return 0


def is_wanted(kind, text, words):
    if words.machine and kind == 'run' and text.startswith('appliance-up'):
        return False
    marked = kind.startswith('sh ') and kind.removeprefix('sh ') in words.marks.split(',')
    return marked or (kind in ('sh', 'run', 'check') and not words.only_marked)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('pages', nargs='+')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--machine', default='', type=shlex.split)
    parser.add_argument('--marks', default='')
    parser.add_argument('--only-marked', action='store_true')
    parser.add_argument('--skip', action='append', default=[])
    parser.add_argument('--check-time', type=int, default=20)
    words = parser.parse_args()
    if words.list:
        return list_marked(words.pages)
    page = words.pages[0]
    name, count = pathlib.Path(page).name, 0
    for line, kind, text in blocks(page):
        if kind == 'conf' and not words.machine:
            path = re.match(r'# (/\S+)\n', text)
            if path is None:
                print(f'FAILED: {name}:{line}: found no "# PATH" in the first line of a file')
                return 1
            os.makedirs(os.path.dirname(path.group(1)), exist_ok=True)
            pathlib.Path(path.group(1)).write_text(text, encoding='utf-8')
            continue
        if kind not in ('sh', 'run', 'check', 'conf', *PLAIN) and kind.removeprefix('sh ') not in MARKS:
            print(f'FAILED: {name}:{line}: found a block of "{kind}", which no test runs')
            return 1
        if not is_wanted(kind, text, words):
            continue
        for command in [text] if kind in ('run', 'check') else commands(text):
            if command in words.skip:
                continue
            begin = time.monotonic()
            status, output = check(command, words.machine, words.check_time) if kind == 'check' else run(command, words.machine)
            count += 1
            print(f'{time.monotonic() - begin:6.2f} s  {name}:{line}: {command}')
            print(''.join(f'    {row}\n' for row in output.splitlines()[-40:]), end='', flush=True)
            if status != 0:
                print(f'FAILED: {name}:{line}: {command}: exit status {status}: {output[-400:]}')
                return 1
    print(f'{name}: {count} commands')
    return 0


sys.exit(main())
