#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `swapctl metrics` costs on a machine with 64 devices, 500 processes and 200 cgroups, compared with
`swapctl list`: processor time of a run, the best of 20, in ms.

Bars: without --cgroups and --processes 30 ms and twice what list takes.
usage: metrics-cost.py [PATH-OF-SWAPCTL]
"""
import os
import resource
import subprocess
import sys
import tempfile

SWAPCTL = sys.argv[1] if len(sys.argv) > 1 else "swapctl"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def make(root):
    rows = ["Filename Type Size Used Priority"]
    for i in range(64):
        if i % 2:
            rows.append("/dev/zram%d partition 1048572 524288 %d" % (i, 100 - i % 8))
            sys_dir = "%s/sys/devices/virtual/block/zram%d/" % (root, i)
            for name, text in (("disksize", "1073741824"), ("comp_algorithm", "lzo [zstd]"),
                               ("mm_stat", "4096 2048 8192 0 8192 1 0 2 3"),
                               ("io_stat", "0 0 0 0"), ("bd_stat", "1 2 3"), ("dev", "252:%d" % i),
                               ("backing_dev", "none"), ("stat", "1 0 8 1 2 0 16 1 0 1 1")):
                write(sys_dir + name, text + "\n")
        else:
            rows.append("/dev/sd%c%c1 partition 1048572 524288 %d" %
                        (97 + i // 26, 97 + i % 26, 90 - i % 8))
            name = "sd%c%c" % (97 + i // 26, 97 + i % 26)
            sys_dir = "%s/sys/devices/pci0/%s/" % (root, name)
            write(sys_dir + "queue/rotational", "1\n")
            write(sys_dir + name + "1/stat", "1 0 8 1 2 0 16 1 0 1 1\n")
            write(sys_dir + name + "1/partition", "1\n")
            name += "1"
            sys_dir += name
        os.makedirs(root + "/sys/class/block", exist_ok=True)
        target = sys_dir[len(root):].rstrip("/")
        os.symlink("../.." + target[4:], root + "/sys/class/block/" + os.path.basename(target))
    write(root + "/proc/swaps", "\n".join(rows) + "\n")
    write(root + "/proc/meminfo", "MemTotal: 8388608 kB\nMemAvailable: 2097152 kB\n")
    for pid in range(1000, 1500):
        write("%s/proc/%d/status" % (root, pid),
              "Name:\tp%d\nPid:\t%d\nPPid:\t1\nUid:\t0 0 0 0\nVmRSS:\t100 kB\nVmSwap:\t%d kB\n"
              % (pid, pid, pid))
        write("%s/proc/%d/cgroup" % (root, pid), "0::/g%d\n" % (pid % 200))
    write(root + "/proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n")
    write(root + "/proc/self/mountinfo", "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    write(root + "/sys/fs/cgroup/cgroup.controllers", "memory\n")
    for g in range(200):
        where = "%s/sys/fs/cgroup/g%d/" % (root, g)
        for name, text in (("memory.current", "4096"), ("memory.max", "max"),
                           ("memory.swap.current", str(4096 * (g + 1))),
                           ("memory.swap.max", "max"), ("memory.stat", "zswap 1\nzswapped 2")):
            write(where + name, text + "\n")


def cost(root, *args):
    """ms of processor time, and lines"""
    best, lines = 1e9, 0
    for _ in range(20):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([SWAPCTL, "--root", root] + list(args), check=True,
                             capture_output=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        lines = out.count(b"\n")
    return best * 1000, lines


def main():
    with tempfile.TemporaryDirectory() as root:
        make(root)
        for args in (["list"], ["metrics"], ["metrics", "--cgroups", "20"],
                     ["metrics", "--cgroups", "20", "--processes", "20"]):
            print("%-42s %6.1f ms %6d lines" % ((" ".join(args),) + cost(root, *args)))


if __name__ == "__main__":
    main()
