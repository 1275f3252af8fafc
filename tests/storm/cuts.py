#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Cut the power at each write that tests/storm/cuts.sh has recorded.

usage: cuts.py [--seed N] [--subsets N] SHARE

For each command, the file system as it is on the disk when the power fails after each of its
writes: all writes so far; those that were flushed or forced, and nothing else; and for
--subsets, those and some of the others, chosen at random, as a disk with a cache of its own may
have them. It is mounted (which replays its journal), and then
- each configuration, drop-in, fstab, budget is whole: as before the command, as after it, or as
  between two steps of it (replace adds NEW, then takes OLD out; a tier is removed device by
  device): nothing but lines of the two, and all lines that both have,
- `swapctl check` can read the configuration,
- each swap file has all its blocks, its mode and its signature,
and once the command has ended all is as after it, whatever was not flushed.

The last line is the figure; the status 1 when a cut left anything half. As root.
"""
import argparse
import glob
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tarfile
import tempfile

FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
MAGIC = 0x6A736677736872
SECTOR = 512


stopped = []  # by a signal; looked at when nothing is mounted


def run(*command):
    """in a session of its own: Ctrl-C is not for it"""
    return subprocess.run(command, capture_output=True, text=True, check=False,
                          start_new_session=True)


def entries(path):
    """(flags, offset, data) in the order of the log; of a mark the text"""
    with open(path, "rb") as log:
        magic, version, n, size = struct.unpack("<QQQI", log.read(28))
        if magic != MAGIC or version != 1:
            sys.exit(f"{path}: not a log of dm-log-writes")
        at = size
        for _ in range(n):
            log.seek(at)
            sector, sectors, flags, length = struct.unpack("<QQQQ", log.read(32))
            at += size
            if flags & MARK:
                yield flags, 0, log.read(length).rstrip(b"\0").decode()
                continue
            data = b""
            if sectors and not flags & DISCARD:
                log.seek(at)
                data = log.read(sectors * SECTOR)
                at += sectors * SECTOR
            elif flags & DISCARD:
                data = bytes(sectors * SECTOR)
            yield flags, sector * SECTOR, data


def kept(share, name):
    """what the guest saw: {path: text}, {swap file: (bytes, mode)}"""
    files = {}
    with tarfile.open(os.path.join(share, name, "files.tar")) as tar:
        for member in tar:
            files[member.name] = tar.extractfile(member).read()
    swaps = {}
    with open(os.path.join(share, name, "swap")) as lines:
        for line in lines:
            path, size, mode = line.split()
            swaps[path] = (int(size), int(mode, 8))
    return files, swaps


def found(root):
    """the same of a file system after a cut; names that nobody reads are left out"""
    files = {}
    for top in ("etc", "etc/swapadm.conf.d", "lib/swapadm"):
        folder = os.path.join(root, top)
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or name.startswith("."):
                continue
            if top == "etc" and name != "fstab" and not name.startswith("swapadm"):
                continue
            with open(path, "rb") as f:
                files[os.path.join("var" if top[0] == "l" else "", top, name)] = f.read()
    return files


def between(text, old, new):
    """a step of the command, whole: a file that is new comes at once, none is ever empty"""
    if not old or not text or not text.endswith(b"\n"):
        return False
    old, new = (set((t or b"").splitlines(True)) for t in (old, new))
    lines = set((text or b"").splitlines(True))
    return old & new <= lines <= old | new


def swap_fault(path, want):
    """what is wrong with a swap file, or None"""
    st = os.stat(path)
    if (st.st_size, st.st_mode & 0o7777) not in want:
        return f"{st.st_size} bytes, mode {st.st_mode & 0o7777:o}"
    if st.st_blocks * 512 < st.st_size:
        return f"only {st.st_blocks * 512} of {st.st_size} bytes have blocks"
    with open(path, "rb") as f:
        if f.read(4096)[-10:] != b"SWAPSPACE2":
            return "no swap signature"
    return None


class Cuts:
    def __init__(self, options):
        self.options = options
        self.share = options.share
        self.random = random.Random(options.seed)
        self.tmp = tempfile.mkdtemp(prefix="swapadm-cuts.", dir="/dev/shm")
        self.mountpoint = os.path.join(self.tmp, "mnt")
        os.mkdir(self.mountpoint)
        with open(os.path.join(self.share, "image"), "rb") as f:
            self.safe = bytearray(f.read())  # what was flushed
        self.loose = []  # what was written since
        self.n = self.bad = self.old = self.new = self.step = self.ended = 0
        self.command = None

    def cut(self, what, writes, must_be_new=False):
        if stopped:
            sys.exit(128 + stopped[0])
        image = os.path.join(self.tmp, "image")
        disk = bytearray(self.safe)
        for offset, data in writes:
            disk[offset:offset + len(data)] = data
        with open(image, "wb") as f:
            f.write(disk)
        self.n += 1
        faults = self.look(image, must_be_new)
        if faults:
            self.bad += 1
            print(f"FAIL: {self.command}: {what}: {'; '.join(faults)}", flush=True)

    def look(self, image, must_be_new):
        mount = run("mount", "-o", "loop", image, self.mountpoint)
        if mount.returncode:
            return [f"mount: {mount.stderr.strip()}"]
        try:
            return self.faults(must_be_new)
        except OSError as e:
            return [f"cannot be read: {e}"]
        finally:
            run("umount", self.mountpoint).check_returncode()

    def faults(self, must_be_new):
        said = []
        (old, old_swaps), (new, new_swaps) = self.before, self.after
        now = found(self.mountpoint)
        for path in sorted(set(old) | set(new) | set(now)):
            text = now.get(path)
            if text == new.get(path):
                continue
            if must_be_new:
                said.append(f"{path} is not what the command left")
            elif text != old.get(path) and not between(text, old.get(path), new.get(path)):
                said.append(f"{path} is neither old nor new: {text!r:.200}")
        self.new += now == new
        self.old += now == old and now != new
        self.step += now not in (old, new)
        folder = os.path.join(self.mountpoint, "swap")
        for name in sorted(os.listdir(folder)):
            want = [swaps[name] for swaps in (old_swaps, new_swaps) if name in swaps]
            fault = swap_fault(os.path.join(folder, name), want)
            if fault:
                said.append(f"/swap/{name}: {fault}")
        for name in new_swaps if must_be_new else ():
            if not os.path.exists(os.path.join(folder, name)):
                said.append(f"/swap/{name} is not there")
        if "etc/swapadm.conf" in now or any("conf.d" in path for path in now):
            check = run("swapctl", "--root", self.mountpoint, "check")
            if check.returncode:
                said.append(f"check: exit {check.returncode}: {check.stderr.strip()}")
        return said

    def flush(self):
        for offset, data in self.loose:
            self.safe[offset:offset + len(data)] = data
        self.loose = []

    def begin(self, n):
        with open(os.path.join(self.share, f"{n}.command")) as f:
            self.command = f.read().strip()
        self.before, self.after = kept(self.share, f"{n}.before"), kept(self.share, f"{n}.after")

    def write(self, at, flags, offset, data):
        if flags & FLUSH:  # of what had ended before
            self.flush()
        if flags & FUA:
            self.safe[offset:offset + len(data)] = data
        elif data:
            self.loose.append((offset, data))
        if self.command is None:
            return
        self.cut(f"after write {at}", self.loose)
        if self.loose and flags & (FLUSH | FUA) == 0:
            self.cut(f"after write {at}, unflushed ones lost", [])
        for _ in range(self.options.subsets if len(self.loose) > 1 else 0):
            some = [w for w in self.loose if self.random.random() < 0.5]
            self.cut(f"after write {at}, {len(some)} of {len(self.loose)} unflushed ones there",
                     some)

    def run(self):
        at = 0
        for flags, offset, data in entries(os.path.join(self.share, "log")):
            if not flags & MARK:
                at += 1
                self.write(at, flags, offset, data)
                continue
            if "." not in data:  # of dm-log-writes itself, at the end
                continue
            n, which = data.split(".")
            if which == "begin":
                self.begin(n)
                at = 0
            else:
                self.cut("after its end, unflushed writes lost", [], must_be_new=True)
                self.cut("after its end", self.loose, must_be_new=True)
                print(f"{self.command}: {at} writes", flush=True)
                self.command = None
                self.ended += 1
        n = len(glob.glob(os.path.join(self.share, "*.command")))
        if self.ended != n:  # a log that was full, or was cut off
            self.bad += 1
            print(f"FAIL: the log has {self.ended} of {n} commands")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subsets", type=int, default=2)
    parser.add_argument("share")
    options = parser.parse_args()
    if os.geteuid():
        sys.exit("cuts.py: needs root")
    if not shutil.which("swapctl"):
        sys.exit("cuts.py: no swapctl in PATH")
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: stopped.append(number))
    cuts = Cuts(options)
    try:
        cuts.run()
    finally:
        shutil.rmtree(cuts.tmp)
    print(f"storm cuts: seed {cuts.options.seed}, {cuts.n} power cuts, {cuts.old} found the old "
          f"configuration, {cuts.new} the new one, {cuts.step} a step between, half: {cuts.bad}")
    sys.exit(1 if cuts.bad or not cuts.n else 0)


main()
