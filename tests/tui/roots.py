#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""swaptop on captures of machines: screens against golden/root-NAME.txt, numbers and their
names against swapctl status -J.

usage: roots.py SWAPTOP SWAPCTL ROOTS GOLDEN	(GOLDEN_UPDATE=1 writes the screens)
"""
import json
import os
import subprocess
import sys

swaptop, swapctl, roots, golden = sys.argv[1:]
env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TERM="dumb")
failed = 0
# of the whole answer: a sample has a host and a time of its own, and not what is parked
OF_STATUS = ("schema", "host", "time", "version", "degraded", "parked")


def run(*command):
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    if done.returncode or done.stderr:
        print(" ".join(command), "ended with", done.returncode, done.stderr)
        sys.exit(1)
    return done.stdout


def compare(where, want, got):
    """every name of swapctl is there, with the same value; more names are welcome"""
    global failed
    if isinstance(want, dict) and isinstance(got, dict):
        for name, value in want.items():
            if name in ("warnings", "trend"):
                continue
            if where.count(".") <= 1 and name in OF_STATUS:
                continue
            if name not in got:
                print(f"{where}.{name}: missing in swaptop")
                failed += 1
            else:
                compare(f"{where}.{name}", value, got[name])
    elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        for i, value in enumerate(want):
            compare(f"{where}[{i}]", value, got[i])
    elif want != got:
        print(f"{where}: swapctl has {want!r}, swaptop {got!r}")
        failed += 1


def check_screen(name, text):
    global failed
    path = os.path.join(golden, f"root-{name}.txt")
    if os.environ.get("GOLDEN_UPDATE"):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return
    if not os.path.exists(path):
        print(f"{name}: its screen is not compared: GOLDEN_UPDATE=1 writes {path}")
        return
    with open(path, encoding="utf-8") as f:
        want = f.read().splitlines()
    for i, (a, b) in enumerate(zip(want, text.splitlines())):
        if a != b:
            print(f"{name}: line {i + 1}\n  want |{a}|\n  got  |{b}|")
            failed += 1
            return
    if len(want) != len(text.splitlines()):
        print(f"{name}: number of lines")
        failed += 1


names = sorted(os.listdir(roots))
for name in names:
    root = os.path.join(roots, name)
    numbers = json.loads(run(swaptop, "--root", root, "--json", "-n", "1"))
    # zswap is not a tier of swapctl's
    numbers["tiers"] = [t for t in numbers["tiers"] if t["kind"] != "zswap"]
    compare(name, json.loads(run(swapctl, "--root", root, "status", "-J")), numbers)
    screen = run(swaptop, "--root", root, "--once", "--size", "110x30")
    # privilege is of whoever runs the test
    check_screen(name, screen)
print(f"{len(names)} captures, {failed} differences")
sys.exit(failed > 0)
