#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Types commands and TAB in a real bash or zsh, and looks at what the shell completes: completion.py bash|zsh FOLDER BUILD"""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import time

PATIENCE_S = 30


class Shell:
    def __init__(self, kind, folder, path):
        env = {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8", "COLUMNS": "400", "LINES": "200", "ZDOTDIR": str(folder)}
        self.output = ""
        self.kind = kind
        self.marks = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            command = ["bash", "--norc", "--noprofile", "-i"] if kind == "bash" else ["zsh", "-f", "-i"]
            os.execvpe(command[0], command, env)

    def write(self, text):
        os.write(self.fd, text.encode())

    def await_text(self, text, what):
        """Returns the output up to `text`. Fails after PATIENCE_S."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.output:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                sys.exit(f"FAILED: {what}: found {self.output[-600:]!r}, expected {text!r}")
            self.output += os.read(self.fd, 65536).decode(errors="replace")
        before, _, self.output = self.output.partition(text)
        return before

    def run(self, command, mark):
        """Runs a command, and waits until the shell edits the next line: until then, the terminal handles Ctrl-U."""
        self.write(f"{command}; PS1='REA''DY{mark}> '\n")
        return self.await_text(f"\nREADY{mark}> " if self.kind == "bash" else f"READY{mark}> ", command)

    def complete(self, line, expected):
        """Types `line` and TAB; the shell must add what is missing of `expected`."""
        self.marks += 1
        self.run(":", f"line{self.marks}")
        self.write(line + "\t")
        self.await_text(expected, f"{line!r} and TAB")
        self.write("\x15")  # Ctrl-U: an empty line again

    def list(self, line, mark):
        """Types `line` and TAB twice; returns the words that the shell lists."""
        self.write(line + "\t\t\x15")
        return set(re.findall(r"[A-Za-z0-9_.=-]+", self.run(":", mark)))


def shell_of(kind, folder, build):
    shell = Shell(kind, folder, f"{build}/collector:{build}/dataplane:/usr/bin:/bin:/usr/sbin:/sbin")
    files = build / "scripts" / "completion"
    if kind == "bash":
        shell.run("bind 'set enable-bracketed-paste off'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; "
                  "bind 'set completion-query-items 0'; stty cols 400; . /usr/share/bash-completion/bash_completion", "start")
        for program in ("lookback", "lookback-collector", "lookback-dataplane"):
            shell.run(f". {files}/{program}.bash", program)
    else:
        shell.run(f"unset zle_bracketed_paste; LISTMAX=1000; stty cols 400; fpath=({files} $fpath); autoload -Uz compinit; compinit -u -D; "
                  "setopt no_beep auto_list no_list_ambiguous no_auto_menu; zstyle ':completion:*' verbose no", "start")
    return shell


def getopt_names(source):
    return re.findall(r'\{"([a-z-]+)", (?:required|no|optional)_argument', source.read_text())


def main(kind, folder, build):
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    folder, build = pathlib.Path(folder), pathlib.Path(build)
    (folder / "capture.pcap").touch()
    shell = shell_of(kind, folder, build)
    shell.run(f"cd {folder}", "cd")
    for line, expected in [("lookback piv", "lookback pivot "), ("lookback name --uni", "--unicode "), ("lookback spool ado", "spool adopt "),
                           ("lookback name -t dnsk", "-t dnskey"), ("lookback name -t a,dnsk", "-t a,dnskey"), ("lookback --sort cou", "--sort count"),
                           ("lookback block --format suricata-", "suricata-ip"), ("lookback -o names.fi", "-o names.file="),
                           ("lookback-collector -o http.lis", "-o http.listen="), ("lookback-collector --onc", "--once "),
                           ("lookback-dataplane -o flood.na", "-o flood.names="), ("lookback-dataplane --iface l", "--iface lo"),
                           ("lookback-dataplane --replay capt", "--replay capture.pcap"), ("lookback import capt", "import capture.pcap")]:
        shell.complete(line, expected)
    commands = re.findall(r'^\t\{"([a-z]+)", "', (root / "collector/cli/help.c").read_text(), re.M)
    found = shell.list("lookback ", "commands")
    missing = [c for c in commands if c not in found]
    if missing or len(commands) < 15:
        sys.exit(f"FAILED: commands: missing {missing} of {commands}")
    for program, source in [("lookback", "collector/cli/options.c"), ("lookback-collector", "collector/options.c")]:
        options = {"--" + name for name in getopt_names(root / source)}
        missing = options - shell.list(f"{program} --", program)
        if missing or len(options) < 5:
            sys.exit(f"FAILED: {program}: options not completed: {sorted(missing)}")
    for command in commands:
        text = subprocess.run([build / "collector/lookback", command, "--help"], check=True, capture_output=True, text=True).stdout
        options = set(re.findall(r"^ {2}(?:-., | {4})(--[a-z-]+)", text, re.M))
        missing = options - shell.list(f"lookback {command} --", command)
        if missing or len(options) < 3:
            sys.exit(f"FAILED: lookback {command}: options not completed: {sorted(missing)}")
    print(f"{kind}: {len(commands)} commands")


main(*sys.argv[1:])
