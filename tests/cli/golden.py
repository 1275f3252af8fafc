#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the commands of a golden file and compare what they say.

usage: golden.py FILE.golden        compare, exit 1 with a diff
       golden.py --update FILE...   write what the commands say now

A golden file is a list of commands, each a line "$ COMMAND", followed by what must come:
lines of standard output as they are, lines of standard error behind "! ", and "= N" for an
exit status other than 0. Lines before the first command are comments. sh runs them with the
built swapctl in PATH, in a folder that holds the machines of mkroot.sh; words that differ by
machine are replaced by sed in the command.
"""
import difflib
import os
import subprocess
import sys
import tempfile


def run(command, folder):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"}
    for key in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
        if key in os.environ:
            env[key] = os.environ[key]
    p = subprocess.run(["sh", "-c", command], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=60)
    lines = p.stdout.splitlines()
    lines += ["! " + line for line in p.stderr.splitlines()]
    if p.returncode:
        lines.append("= %d" % p.returncode)
    return lines


def now(path, folder):
    with open(path) as f:
        old = f.read().splitlines()
    new, commands = [], 0
    for line in old:
        if line.startswith("$ "):
            commands += 1
            new += ([""] if commands > 1 else []) + [line] + run(line[2:], folder)
        elif not commands:
            new.append(line)
    if not commands:
        sys.exit("%s: no command in it" % path)
    return old, new


def compare(args, folder):
    update = args[:1] == ["--update"]
    bad = False
    for path in args[update:]:
        old, new = now(path, folder)
        if old == new:
            continue
        if update:
            with open(path, "w") as f:
                f.write("\n".join(new) + "\n")
            print("%s: updated" % path)
            continue
        bad = True
        for line in difflib.unified_diff(old, new, path, "what came", lineterm=""):
            print(line)
    return bad


def main():
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mkroot.sh")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([script, folder], check=True)
        sys.exit(compare(sys.argv[1:], folder))


main()
