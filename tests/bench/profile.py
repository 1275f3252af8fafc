#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of a page go, function by function.

usage: tests/bench/profile.py [--kernel KERNEL] [--leaf brd|zram] [--top N]
                              [--what out,random,free,move]

A guest pages on a leaf directly, through dm-linear and through tswap, and moves pages to it from a
RAM disk (tests/bench/profile.sh). QEMU counts each instruction
(tests/bench/profile-plugin.c), so these are exact counts, divided by the pages that went.
Functions are ordered by what they add to tswap against dm-linear. Of a move, "direct" is what its
requests cost alone in the same batches, and "linear" the same page by page (tests/bench/baremove).

All is counted that happens meanwhile: interrupts too, and the shell that asks for it. "free" has
the filling of the pages that comes after it.
"""
import argparse
import bisect
import collections
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WAYS = ("direct", "linear", "tswap")
WHAT = ("out", "random", "free", "move")


def read(path):
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def symbols_of(share):
    found = []
    with open(share / "symbols", encoding="ascii") as lines:
        for line in lines:
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.append((int(address, 16), name + "".join(f" {m}" for m in module)))
    found.sort()
    return [address for address, _ in found], [name for _, name in found]


def counts_of(share, symbols):
    """{phase: {function: instructions a page}}"""
    addresses, names = symbols
    found = {}
    for i, line in enumerate(read(share / "pages").splitlines()):
        phase, pages = line.split()
        counts = collections.Counter()
        for count in read(share / f"count.{i}").splitlines():
            address, n = count.split()
            at = int(address, 16)
            name = names[max(bisect.bisect(addresses, at) - 1, 0)] if at >> 63 else "(programs)"
            counts[name] += int(n) / int(pages)
        found[phase] = counts
    return found


def report(kernel, leaf, found, what, top):
    share = {}
    for way in WAYS:
        share[way] = found[f"{way}.{what}"]
        every = sum(share[way].values())
        for module in ("tswap", "dm_mod", "baremove"):
            share[way][f"(all of {module})"] = sum(
                n for name, n in share[way].items() if name.endswith(f"[{module}]"))
        share[way]["(all)"] = every
    every = sorted(set().union(*share.values()),
                   key=lambda f: share["linear"].get(f, 0) - share["tswap"].get(f, 0))
    print(f"{kernel} {leaf} {what}: instructions a page")
    print(f"{'direct':>9}{'linear':>9}{'tswap':>9}  function")
    for name in every[:top] + ["..."] + every[-top:]:
        print("".join(f"{share[way].get(name, 0):9.1f}" for way in WAYS) + f"  {name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel", default="7.3")
    parser.add_argument("--leaf", choices=("brd", "zram"), default="brd")
    parser.add_argument("--top", type=int, default=24)
    parser.add_argument("--what", default=",".join(WHAT))
    options = parser.parse_args()
    wanted = options.what.split(",")
    os.chdir(TOP)
    for build in ([], ["--src", "tests/bench/baremove"]):
        if subprocess.run(["tests/vm/build-module", *build, options.kernel],
                          stdout=sys.stderr).returncode:
            sys.exit(1)
    with tempfile.TemporaryDirectory(prefix="swapadm-profile.") as tmp:
        share = pathlib.Path(tmp, "share")
        share.mkdir()
        plugin = os.path.join(tmp, "plugin.so")
        subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-shared", "-fPIC", "-o", plugin,
                        "tests/bench/profile-plugin.c"], check=True)
        status = subprocess.run(
            ["tests/vm/run", "--kernel", options.kernel, "--mem", "768", "--icount",
             "--timeout", "1800", "--append", "nokaslr", "--share", share,
             "--plugin", f"{plugin},dir={share}", "tests/bench/profile.sh",
             options.leaf],
            stdin=subprocess.DEVNULL).returncode
        if status:
            sys.exit(status)
        found = counts_of(share, symbols_of(share))
        for what in wanted:
            report(options.kernel, options.leaf, found, what, options.top)


main()
