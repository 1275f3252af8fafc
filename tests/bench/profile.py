#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of a page go, function by function.

usage: tests/bench/profile.py [--kernel KERNEL] [--rounds N] [--top N]

A guest pages on a RAM disk directly, through dm-linear and through tswap (tests/bench/profile.sh),
with a clock that counts instructions. QEMU is asked again and again where its processor is; what
a function gets is its part of the samples times the instructions a page that
tests/bench/instructions.tsv has. Functions are ordered by what they add to tswap against the
leaf used directly.

The samples are taken between blocks of translated code, evenly in the host's time, not in the
guest's: a function is right by some percent of the whole, not more. Idle is left out.
"""
import argparse
import bisect
import collections
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WAYS = ("direct", "linear", "tswap")
PROMPT = b"(qemu) "
IDLE = ("pv_native_safe_halt", "default_idle", "native_safe_halt")


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.answer()

    def answer(self):
        data = b""
        while not data.endswith(PROMPT):
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            data += more
        return data

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\n")
        return self.answer().decode(errors="replace")

    def address(self):
        """where the processor is, in the kernel; else None"""
        self.ask("stop")  # else the registers are those of some time ago
        text = self.ask("info registers")
        self.ask("cont")
        where = re.search(r"RIP=([0-9a-f]{16})", text)
        return int(where[1], 16) if where and "CPL=0" in text else None


def phase_of(share):
    try:
        return (share / "phase").read_text().strip()
    except OSError:
        return ""


def sample(guest, share, monitor_path):
    """{phase: [address or None, ...]}"""
    found = collections.defaultdict(list)
    monitor = None
    while guest.poll() is None:
        if not (share / "symbols").exists():
            try:
                guest.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
            continue
        monitor = monitor or Monitor(monitor_path)
        before = phase_of(share)
        try:
            address = monitor.address()
        except (EOFError, OSError):
            break
        if before not in ("", "-") and before == phase_of(share):
            found[before].append(address)
    guest.wait()
    return found


def symbols_of(share):
    found = []
    with open(share / "symbols") as lines:
        for line in lines:
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.append((int(address, 16), name + "".join(f" {m}" for m in module)))
    found.sort()
    return [address for address, _ in found], [name for _, name in found]


def figures(kernel):
    """instructions a page of instructions.tsv, {phase: number}"""
    found = {}
    with open(TOP / "tests/bench/instructions.tsv") as lines:
        for line in lines:
            field = line.split("\t")
            if field[0] == kernel and field[3] == "brd":
                found[f"{field[2]}.{field[1]}"] = int(field[4])
    return found


def report(kernel, found, symbols, top):
    addresses, names = symbols
    whole = figures(kernel)
    for what in ("out", "random"):
        share = {}
        for way in WAYS:
            samples = found.get(f"{way}.{what}", [])
            if len(samples) < 50:
                sys.exit(f"{way} {what}: only {len(samples)} samples; more --rounds")
            counts = collections.Counter(
                "(programs)" if a is None else names[max(bisect.bisect(addresses, a) - 1, 0)]
                for a in samples)
            for idle in IDLE:
                counts.pop(idle, None)
            n = whole[f"{way}.{what}"] / counts.total()
            share[way] = {name: count * n for name, count in counts.items()}
            share[way]["(all)"] = whole[f"{way}.{what}"]
            share[way]["(tswap)"] = sum(v for f, v in share[way].items() if f.endswith("[tswap]"))
        every = set().union(*share.values())
        every = sorted(every, key=lambda f: share["direct"].get(f, 0) - share["tswap"].get(f, 0))
        print(f"{kernel} {what}: instructions a page, "
              f"{', '.join(str(len(found[f'{way}.{what}'])) for way in WAYS)} samples")
        print(f"{'direct':>8}{'linear':>8}{'tswap':>8}  function")
        for name in every[:top]:
            print("".join(f"{share[way].get(name, 0):8.0f}" for way in WAYS) + f"  {name}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kernel", default="7.3")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--top", type=int, default=24)
    options = parser.parse_args()
    os.chdir(TOP)
    if not figures(options.kernel):
        parser.error(f"no kernel {options.kernel} in tests/bench/instructions.tsv")
    if subprocess.run(["tests/vm/build-module", options.kernel], stdout=sys.stderr).returncode:
        sys.exit(1)
    with tempfile.TemporaryDirectory(prefix="swapadm-profile.") as tmp:
        share = pathlib.Path(tmp, "share")
        share.mkdir()
        monitor = os.path.join(tmp, "monitor")
        with subprocess.Popen(
                ["tests/vm/run", "--kernel", options.kernel, "--mem", "768", "--icount",
                 "--timeout", "1800", "--append", "nokaslr", "--share", share,
                 "--monitor", monitor, "tests/bench/profile.sh", str(options.rounds)],
                stdin=subprocess.DEVNULL) as guest:
            found = sample(guest, share, monitor)
        if guest.returncode:
            sys.exit(guest.returncode)
        report(options.kernel, found, symbols_of(share), options.top)


main()
