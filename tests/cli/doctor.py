#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines on which doctor finds one thing each, and machines on which it finds nothing.

Every check of the table has a machine here that triggers it, but for those of UNSEEN. The
machines are folders for `swapctl --root`; each trigger is put on a machine without findings,
so what is found comes from the trigger.
"""
import json
import os
import subprocess
import sys
import tempfile

# not to be seen in a folder: read-only asks statvfs(2), and a leaf that failed or a rule without
# room is for the module to show; test-doctor.c triggers them
UNSEEN = {"read-only", "failed", "cgroup-full"}


class Machine:
    def __init__(self, root, memory_kib=8 << 20):
        self.root, self.areas, self.memory_kib = root, [], memory_kib
        self.put("proc/vmstat", "pswpin 0\npswpout 0\noom_kill 0\n")
        line = "avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        self.put("proc/pressure/memory", "some " + line + "full " + line)
        self.put("proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                 "30 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                 "31 20 0:28 / /tmp rw - tmpfs tmpfs rw\n")
        self.put("sys/fs/cgroup/cgroup.controllers", "cpu memory\n")
        self.put("sys/kernel/mm/lru_gen/enabled", "0x0007\n")
        self.put("proc/cmdline", "root=/dev/sda1 quiet\n")
        self.sysctl(60, 3)

    def put(self, path, text):
        path = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)

    def link(self, path, target):
        path = os.path.join(self.root, path.lstrip("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(target, path)

    def sysctl(self, swappiness, page_cluster):
        self.put("proc/sys/vm/swappiness", "%d\n" % swappiness)
        self.put("proc/sys/vm/page-cluster", "%d\n" % page_cluster)

    def disk(self, name, number, rotational=0, parts=(), removable=0, bus="pci0"):
        folder = "sys/devices/%s/block/%s" % (bus, name)
        self.put(folder + "/dev", "%d:0\n" % number)
        self.put(folder + "/removable", "%d\n" % removable)
        self.put(folder + "/queue/rotational", "%d\n" % rotational)
        for i, (dev, sub) in enumerate([(name, "")] + [(p, "/" + p) for p in parts]):
            self.put(folder + sub + "/dev", "%d:%d\n" % (number, i))
            self.put(folder + sub + "/stat", "0 0 0 0 0 0 0 0 0 0 0\n")
            self.put(folder + sub + "/size", "16777216\n")
            if sub:
                self.put(folder + sub + "/partition", "%d\n" % i)
            target = "../../devices/%s/block/%s%s" % (bus, name, sub)
            self.link("sys/class/block/" + dev, target)
            self.link("sys/dev/block/%d:%d" % (number, i), target)
        self.link("sys/block/" + name, "../devices/%s/block/%s" % (bus, name))
        return folder

    def zram(self, name="zram0", mm="0 0 0 0 0 0 0 0 0", backing=None):
        folder = "sys/block/" + name
        self.put(folder + "/disksize", "4294967296\n")
        self.put(folder + "/comp_algorithm", "lzo lz4 [zstd]\n")
        self.put(folder + "/mm_stat", mm + "\n")
        self.put(folder + "/io_stat", "0 0 0 0\n")
        if backing:
            self.put(folder + "/backing_dev", backing + "\n")
            self.put(folder + "/bd_stat", "10 0 10\n")
        self.link("sys/class/block/" + name, "../../block/" + name)
        return folder

    def zswap(self, enabled, shrinker="Y"):
        self.put("sys/module/zswap/parameters/enabled", enabled + "\n")
        self.put("sys/module/zswap/parameters/compressor", "zstd\n")
        self.put("sys/module/zswap/parameters/max_pool_percent", "20\n")
        if shrinker:
            self.put("sys/module/zswap/parameters/shrinker_enabled", shrinker + "\n")

    def area(self, path, gib=4, used_pct=1, prio=100, kind="partition"):
        size = int(gib * (1 << 20))
        self.areas.append("%s %s %d %d %d" % (path, kind, size - 4, size * used_pct // 100, prio))

    def service(self, name, target="multi-user.target"):
        self.link("etc/systemd/system/%s.wants/%s.service" % (target, name),
                  "/usr/lib/systemd/system/%s.service" % name)

    def finish(self, zswap_kib=0):
        self.put("proc/swaps", "Filename Type Size Used Priority\n" +
                 "".join(a + "\n" for a in self.areas))
        self.put("proc/self/smaps", "KernelPageSize:        4 kB\n")
        self.put("proc/meminfo", "MemTotal: %d kB\nMemFree: %d kB\nMemAvailable: %d kB\n"
                 "SwapCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nZswap: %d kB\n"
                 "Zswapped: 0 kB\nShmem: 0 kB\n" %
                 (self.memory_kib, self.memory_kib // 2, self.memory_kib // 2, zswap_kib))


# ---- machines without findings


def laptop(m):
    """Debian, 16 GiB, hibernation to an encrypted partition"""
    m.memory_kib = 16 << 20
    m.disk("nvme0n1", 259, parts=("nvme0n1p1", "nvme0n1p3"))
    folder = m.disk("dm-1", 253, bus="virtual")
    m.put(folder + "/dm/uuid", "CRYPT-LUKS2-0123-swap\n")
    m.link(folder + "/slaves/nvme0n1p3", "../../../../pci0/block/nvme0n1/nvme0n1p3")
    m.link("dev/mapper/swap", "../dm-1")
    m.put("etc/fstab", "# <file system>\nUUID=aaaa / ext4 errors=remount-ro 0 1\n"
          "/dev/mapper/swap none swap sw 0 0\n")
    m.put("proc/cmdline", "root=UUID=aaaa resume=/dev/mapper/swap quiet\n")
    m.put("sys/power/image_size", "6700000000\n")
    m.area("/dev/dm-1", gib=17, prio=-2)
    m.zswap("N")


def raspberry(m):
    """Raspberry Pi OS: a file on the SD card, made by dphys-swapfile"""
    m.memory_kib = 4 << 20
    m.disk("mmcblk0", 179, parts=("mmcblk0p1", "mmcblk0p2"))
    m.put("proc/self/mountinfo", "20 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw\n"
          "30 20 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    m.put("etc/dphys-swapfile", "#CONF_SWAPSIZE=\nCONF_SWAPSIZE=512\n")
    m.service("dphys-swapfile")
    m.put("etc/fstab", "proc /proc proc defaults 0 0\nPARTUUID=1-02 / ext4 defaults 0 1\n")
    m.area("/var/swap", gib=0.5, prio=-2, kind="file")
    m.sysctl(60, 3)


def fedora(m):
    """zram-generator and systemd-oomd, as a desktop comes"""
    m.disk("nvme0n1", 259, parts=("nvme0n1p1", "nvme0n1p2"))
    m.zram()
    m.put("usr/lib/systemd/zram-generator.conf",
          "# comment\n[zram0]\nzram-size = min(ram, 8192)\n")
    m.put("etc/systemd/oomd.conf", "[OOM]\n#SwapUsedLimit=90%\n")
    m.service("systemd-oomd")
    m.put("etc/fstab", "UUID=bbbb / btrfs subvol=root,compress=zstd:1 0 0\n")
    m.area("/dev/zram0", gib=4)
    m.sysctl(100, 0)
    m.zswap("N")


def kubernetes(m):
    """a node whose pods may swap"""
    m.memory_kib = 64 << 20
    m.disk("sda", 8, parts=("sda1", "sda2"))
    m.service("kubelet")
    m.put("var/lib/kubelet/config.yaml", "apiVersion: kubelet.config.k8s.io/v1beta1\n"
          "failSwapOn: false\nkind: KubeletConfiguration\nmemorySwap:\n"
          "  swapBehavior: LimitedSwap\n")
    m.link("dev/disk/by-uuid/cccc", "../../sda2")
    m.put("etc/fstab", "UUID=cccc none swap sw,pri=10 0 0\n")
    m.area("/dev/sda2", gib=16, prio=10)
    m.zswap("N")


def node_without(m):
    """a node as most are: no swap, and the kubelet insists on that"""
    m.disk("sda", 8, parts=("sda1",))
    m.put("var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n")
    m.put("etc/fstab", "UUID=aaaa / ext4 defaults 0 1\n#/swapfile none swap sw 0 0\n")


def database(m):
    """a partition of an SSD, then a slower one; tiers of swapadm; little in swap"""
    m.memory_kib = 256 << 20
    m.disk("nvme0n1", 259, parts=("nvme0n1p1", "nvme0n1p2"))
    m.disk("nvme1n1", 260, parts=("nvme1n1p1",))
    m.link("dev/disk/by-uuid/dddd", "../../nvme0n1p2")
    m.put("etc/fstab", "UUID=aaaa / xfs defaults 0 0\nUUID=eeee none swap sw,nofail 0 0\n")
    m.put("etc/swapadm.conf", "[tier fast]\ndevice = /dev/nvme0n1p2\n"
          "[tier slow]\ndevice = /dev/nvme1n1p1\n")
    m.area("/dev/nvme0n1p2", gib=32, prio=30000)
    m.area("/dev/nvme1n1p1", gib=64, used_pct=0, prio=29500)
    m.sysctl(10, 3)
    m.zswap("N")


CLEAN = (laptop, raspberry, fedora, kubernetes, node_without, database)

# ---- what each check is for, put on a machine with one SSD


def plain(m):
    m.disk("sda", 8, parts=("sda1", "sda2", "sda3"))
    m.link("dev/disk/by-uuid/aaaa", "../../sda1")


def ssd(m, **more):
    plain(m)
    m.area("/dev/sda2", **more)


def zram_only(m, gib=4, used_pct=1, **more):
    plain(m)
    m.sysctl(100, 0)
    m.area("/dev/zram0", gib=gib, used_pct=used_pct)
    return m.zram(**more)


def no_swap(m):
    plain(m)


def nearly_full(m):
    ssd(m, used_pct=95)
    m.zswap("Y")


def inactive(m):
    ssd(m, prio=30000)
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\ndevice = /dev/sda3\n")


def inactive_other_pages(m):
    """swap of a machine with pages of 16 KiB"""
    ssd(m, prio=30000)
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\ndevice = /swap\n")
    head = bytearray(1 << 20)
    head[1024:1032] = (1).to_bytes(4, sys.byteorder) + (63).to_bytes(4, sys.byteorder)
    head[16384 - 10:16384] = b"SWAPSPACE2"
    with open(os.path.join(m.root, "swap"), "wb") as f:
        f.write(head)


def deleted_file(m):
    plain(m)
    m.area("/var/gone\\040(deleted)", kind="file")


def container(m):
    plain(m)
    m.area("none", kind="virtual", prio=0)


def xswap(m):
    """of no released kernel"""
    plain(m)
    m.area("xswap0")


def zram_after_disk(m):
    zram_only(m)
    m.area("/dev/sda2", prio=200)


def hdd_before_ssd(m):
    ssd(m, prio=5)
    m.disk("sdb", 9, rotational=1)
    m.area("/dev/sdb", prio=7)


def default_priorities(m):
    ssd(m, prio=-2)
    m.disk("sdb", 9)
    m.area("/dev/sdb", prio=-3)


def priority_mismatch(m):
    ssd(m, prio=7)
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\n")


def foreign_area(m):
    ssd(m, prio=30000)
    m.disk("sdb", 9)
    m.area("/dev/sdb", prio=32000)
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\n")


def mixed_tier(m):
    ssd(m, prio=5)
    m.disk("sdb", 9, rotational=1)
    m.area("/dev/sdb", prio=5)


def same_disk(m):
    ssd(m)
    m.area("/dev/sda3")


def many_areas(m):
    plain(m)
    for i in range(22):
        m.disk("sd%c" % (ord("c") + i), 20 + i)
        m.area("/dev/sd%c" % (ord("c") + i), prio=100 - i)


def zvol(m):
    plain(m)
    m.disk("zd16", 230, bus="virtual")
    m.area("/dev/zd16")


def zvol_below_crypt(m):
    plain(m)
    m.disk("zd16", 230, bus="virtual")
    folder = m.disk("dm-0", 253, bus="virtual")
    m.put(folder + "/dm/uuid", "CRYPT-PLAIN-swap\n")
    m.link(folder + "/slaves/zd16", "../../zd16")
    m.area("/dev/dm-0")


def loop_on_tmpfs(m):
    plain(m)
    folder = m.disk("loop0", 7, bus="virtual")
    m.put(folder + "/loop/backing_file", "/tmp/swap.img\n")
    m.area("/dev/loop0")


def unencrypted_usb(m):
    plain(m)
    m.disk("sdb", 9, bus="pci0/usb1/1-1/host6")
    m.area("/dev/sdb")


def unencrypted_card(m):
    plain(m)
    m.disk("sdb", 9, removable=1)
    m.area("/dev/sdb")


def unencrypted_net(m):
    plain(m)
    m.disk("nbd0", 43, bus="virtual")
    m.area("/dev/nbd0")


def fstab_missing(m):
    ssd(m)
    m.put("etc/fstab", "UUID=ffff none swap sw 0 0\n")


def fstab_missing_path(m):
    ssd(m)
    m.put("etc/fstab", "/dev/sdz9\tnone\tswap\tsw\t0\t0\n")


def fstab_inactive(m):
    ssd(m)
    m.link("dev/disk/by-uuid/cccc", "../../sda3")
    m.put("etc/fstab", 'UUID="cccc" none swap sw 0 0\n')


def fstab_inactive_label(m):
    """udev's links have no blanks"""
    ssd(m)
    m.link("dev/disk/by-uuid/cccc", "../../sda3")
    m.link("dev/disk/by-label/my\\x20swap", "../../sda3")
    m.put("etc/fstab", 'LABEL="my\\040swap" none swap sw 0 0\n')


def fstab_double(m):
    ssd(m, prio=30000)
    m.put("etc/fstab", "/dev/sda2 none swap sw 0 0\n")
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\n")


def fstab_missing_short(m):
    """fstab(5): the fields behind the type may be left out"""
    ssd(m)
    m.put("etc/fstab", "/dev/sdz9 none swap\n")


def fstab_double_escaped(m):
    plain(m)
    m.area("/var/swap\\040file", kind="file", prio=30000)
    m.put("etc/fstab", "/var/swap\\040file none swap sw 0 0\n")
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /var/swap file\n")


def hibernation_small(m):
    ssd(m, gib=1)
    m.put("proc/cmdline", "root=/dev/sda1 resume=/dev/sda2\n")


def hibernation_zram(m):
    zram_only(m)
    m.put("proc/cmdline", "root=/dev/sda1 resume=UUID=cccc\n")


def hibernation_device_gone(m):
    """as systemd leaves it, after an attempt while a tswap device was the only area"""
    ssd(m, gib=40)
    m.put("proc/cmdline", "root=/dev/sda1 resume=/dev/sda2\n")
    m.put("sys/power/resume", "252:0\n")


def with_tiers(m):
    ssd(m, prio=30000)
    m.put("etc/swapadm.conf", "[tier ssd]\ndevice = /dev/sda2\n")


def beside_generator(m):
    with_tiers(m)
    m.put("etc/systemd/zram-generator.conf", "[zram0]\nzram-size = ram / 2\n")


def generator_of_files(m):
    """a zram for /var/tmp is not swap, and the generator stays"""
    with_tiers(m)
    m.put("etc/systemd/zram-generator.conf", "[zram0]\nmount-point = /var/tmp\n")


def generator_of_both(m):
    generator_of_files(m)
    m.put("etc/systemd/zram-generator.conf",
          "[zram0]\nmount-point = /var/tmp\n[zram1]\nzram-size = ram / 2\n")


def beside_tools(m):
    with_tiers(m)
    m.service("zramswap")


def beside_systemd_swap(m):
    with_tiers(m)
    m.service("systemd-swap")


def beside_dphys(m):
    with_tiers(m)
    m.service("dphys-swapfile")


def beside_swapspace(m):
    with_tiers(m)
    m.put("sys/fs/cgroup/system.slice/swapspace.service/cgroup.procs", "77\n")


def zram_twice(m):
    zram_only(m)
    m.put("usr/lib/systemd/zram-generator.conf", "[zram0]\n")
    m.service("zramswap")


def oomd_no_swap(m):
    plain(m)
    m.service("systemd-oomd")


def oomd_limit(m):
    ssd(m)
    m.service("systemd-oomd")
    m.put("etc/systemd/oomd.conf", "[OOM]\nSwapUsedLimit=50%\n")


def earlyoom_swap(m):
    ssd(m)
    m.service("earlyoom")
    m.put("etc/default/earlyoom", 'EARLYOOM_ARGS="-r 3600 -m 5 -s 100"\n')


def kubelet_refuses(m):
    ssd(m)
    m.put("var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n")


def kubelet_no_swap_for_pods(m):
    ssd(m)
    m.put("var/lib/kubelet/config.yaml", "failSwapOn: false\n")


def kubelet_flow(m):
    """flow style, which is JSON as well"""
    ssd(m)
    m.put("var/lib/kubelet/config.yaml", '{"failSwapOn": false,"memorySwap":{"swapBehavior":"NoSwap"}}\n')


def kubelet_no_area(m):
    plain(m)
    m.put("var/lib/kubelet/config.yaml",
          "failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n")


def kubelet_v1(m):
    ssd(m)
    os.remove(os.path.join(m.root, "sys/fs/cgroup/cgroup.controllers"))
    m.put("var/lib/kubelet/config.yaml",
          "failSwapOn: false\nmemorySwap:\n  swapBehavior: LimitedSwap\n")


def zswap_on_zram(m):
    zram_only(m)
    m.zswap("Y")


def zswap_full(m):
    ssd(m)
    m.zswap("Y")
    m.finish(zswap_kib=m.memory_kib // 5)
    return True


def writeback_unused(m):
    folder = zram_only(m, backing="/dev/sda3")
    m.put(folder + "/bd_stat", "0 0 0\n")


def writeback_gone(m):
    folder = zram_only(m, backing="/dev/sda (deleted)")
    m.put(folder + "/bd_stat", "0 0 0\n")


def writeback_limit(m):
    folder = zram_only(m, backing="/dev/sda3")
    m.put(folder + "/writeback_limit_enable", "1\n")
    m.put(folder + "/writeback_limit", "0\n")


def writeback_limit_left(m):
    """by a job that was killed with the process that puts it back"""
    writeback_limit(m)
    m.put("run/swapadm/writeback-limit-zram0", "0 0 10 0 77 1234 10 10\n")


def writeback_unused_small(m):
    """the zram holds more than its device takes: all of it would be refused"""
    folder = zram_only(m, used_pct=80, mm="3000000000 1000000000 1010000000 0 1010000000 0 0 0 0", backing="/dev/sda3")
    m.put(folder + "/bd_stat", "0 0 0\n")
    m.put(folder + "/writeback", "")
    m.put("sys/class/block/sda3/size", "2097152\n")


def balance_idle(m):
    m.put(zram_only(m, used_pct=85, mm="3600000000 1000000000 1010000000 0 1010000000 0 0 0 0", backing="/dev/sda3") +
          "/bd_stat", "0 0 0\n")
    m.areas[-1] = m.areas[-1].rsplit(" ", 1)[0] + " 30000"
    m.put("etc/swapadm.conf", "[tier fast]\ndevice = /dev/zram0\ndemote-above = 80%\ndemote-below = 60%\n")


def balance_idle_zswap(m):
    ssd(m, used_pct=40)
    m.zswap("Y")
    m.put("sys/module/zswap/parameters/accept_threshold_percent", "90\n")
    m.put("etc/swapadm.conf", "[zswap]\ndemote-above = 60%\n")
    m.finish(zswap_kib=m.memory_kib // 100 * 15)
    return True


def balance_ran(m):
    balance_idle(m)
    m.put("run/swapadm/balance-round", "1 0 0 0\n")


def balance_below_mark(m):
    """its pages are on the backing device already"""
    balance_idle(m)
    m.put("sys/block/zram0/bd_stat", "500000 0 500000\n")


def no_backing(m):
    m.put(zram_only(m) + "/backing_dev", "none\n")
    m.areas = []
    m.area("/dev/zram0", prio=30000)
    m.put("etc/swapadm.conf",
          "[tier fast]\ndevice = /dev/zram0\ndemote-above = 80%\ndemote-below = 60%\n")


def no_backing_in_kernel(m):
    no_backing(m)
    os.remove(os.path.join(m.root, "sys/block/zram0/backing_dev"))


def recompress_unused(m):
    folder = zram_only(m)
    m.put(folder + "/recomp_algorithm", "#1: lzo lzo-rle lz4 [zstd]\n")


def zram_full(m):
    zram_only(m, used_pct=97)
    m.area("/dev/sda2", prio=5)


def zram_full_and_backing(m):
    zram_full(m)
    m.put("sys/block/zram0/backing_dev", "none\n")


def zram_without(m):
    zram_only(m)
    m.areas[-1] = m.areas[-1].rsplit(" ", 1)[0] + " 30000"
    m.put("etc/swapadm.conf", "[tier fast]\ndevice = zram,size=4G,recompress=zstd(level=9),optional\n")


def zram_full_unrelieved(m):
    """its write-back device has next to nothing of it"""
    zram_only(m, used_pct=97, mm="4166118604 1000000000 1010000000 0 1010000000 0 0 0 0", backing="/dev/sdb")
    m.area("/dev/sda2", prio=5)


def zram_relieved(m):
    """full of slots, and half of its pages are on the backing device: balance has been there"""
    zram_only(m, used_pct=97, mm="4166118604 500000000 510000000 0 1010000000 0 0 0 0", backing="/dev/sdb")
    m.put("sys/block/zram0/bd_stat", "500000 0 500000\n")
    m.area("/dev/sda2", gib=40, prio=5)


def zram_limit_by_line(m):
    zram_only(m, used_pct=24, mm="1073741824 250000000 260000000 262144000 260000000 0 0 0 0")
    m.areas[-1] = m.areas[-1].rsplit(" ", 1)[0] + " 30000"
    m.put("etc/swapadm.conf", "[tier fast]\ndevice = zram,size=4G,mem-limit=250M\n")


def zram_ratio(m):
    zram_only(m, used_pct=24, mm="1073741824 1000000000 1000000000 0 1000000000 0 0 0 0")


def zram_limit(m):
    zram_only(m, used_pct=24, mm="1073741824 250000000 260000000 262144000 260000000 0 0 0 0")


def zram_leftover(m):
    zram_only(m, mm="2147483648 250000000 260000000 0 260000000 0 0 0 0")


def zram_oversize(m):
    zram_only(m, gib=24)


def swappiness(m):
    ssd(m)
    m.sysctl(0, 3)


def swappiness_disk(m):
    ssd(m)
    m.sysctl(180, 3)


def page_cluster(m):
    zram_only(m)
    m.sysctl(100, 3)


def page_cluster_disk(m):
    plain(m)
    m.disk("sdb", 9, rotational=1)
    m.area("/dev/sdb")
    m.sysctl(60, 0)


def zswap_off(m):
    ssd(m, used_pct=40)
    m.zswap("N")


def zswap_shrinker(m):
    ssd(m, used_pct=40)
    m.zswap("Y", shrinker="N")


def zswap_watermark(m):
    ssd(m, used_pct=40)
    m.zswap("Y", shrinker=None)
    m.put("etc/swapadm.conf", "[zswap]\ndemote-above = 80%\n")


def zswap_watermark_v1(m):
    zswap_watermark(m)
    m.zswap("Y")
    m.put("proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
          "30 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")


def zswap_watermark_root_only(m):
    zswap_watermark(m)
    m.zswap("Y")
    m.put("sys/fs/cgroup/cgroup.subtree_control", "cpu\n")


def zswap_pool(m, mark):
    """a pool at its limit, of 20% of memory"""
    ssd(m, used_pct=40)
    m.zswap("Y")
    m.put("sys/module/zswap/parameters/accept_threshold_percent", "90\n")
    m.put("etc/swapadm.conf", "[zswap]\ndemote-above = %s\n" % mark)
    m.finish(zswap_kib=m.memory_kib // 100 * 19)
    return True


def zswap_kept(m):
    for group, kib, writeback in (("hold", m.memory_kib // 100 * 15, 0), ("free", m.memory_kib // 25, 1)):
        folder = "sys/fs/cgroup/" + group
        m.put(folder + "/memory.stat", "anon 0\nzswap %d\nzswapped %d\n" % (kib << 10, kib << 12))
        m.put(folder + "/memory.swap.current", "%d\n" % (kib << 12))
        m.put(folder + "/memory.zswap.writeback", "%d\n" % writeback)
    return zswap_pool(m, "60%")


def zswap_refused(m):
    m.put("run/swapadm/balance-round", "1 0 1 0 zswap: the kernel finds next to no page\n")
    return zswap_pool(m, "60%")


def zswap_limits(m):
    ssd(m, used_pct=40)
    m.zswap("Y")
    m.put("sys/module/zswap/parameters/accept_threshold_percent", "70\n")
    m.put("run/swapadm/zswap-limits", "20 90 3 70\n")
    os.utime(os.path.join(m.root, "run/swapadm/zswap-limits"), (1, 1))


def mglru_off(m):
    ssd(m, used_pct=40)
    m.put("sys/kernel/mm/lru_gen/enabled", "0x0000\n")


def rotating(m):
    ssd(m)
    m.disk("sdb", 9, rotational=1)
    m.area("/dev/sdb", prio=5)


def pressure(m):
    ssd(m)
    line = "avg10=40.00 avg60=30.00 avg300=9.00 total=9\n"
    m.put("proc/pressure/memory", "some " + line + "full " + line)


def oom_kills(m):
    ssd(m)
    m.put("proc/vmstat", "pswpin 0\npswpout 0\noom_kill 2\n")


def no_psi(m):
    ssd(m)
    os.remove(os.path.join(m.root, "proc/pressure/memory"))


def put_parked(m, state, extra):
    ssd(m)
    m.put("run/swapadm/parked/p4711", "swapadm-parked 1\nid p4711\nstate %d\npid 4711\n"
          "start 5\nfreezer 3\n%s" % (state, extra))


def cgroup_tiers(m):
    ssd(m, prio=30000)
    m.put("etc/swapadm.conf", "[swapadm]\nlayer = direct\n[tier ssd]\ndevice = /dev/sda2\n"
          "[cgroup box]\npath = /box\ntiers = ssd\n")


def cgroup_tiers_v1(m):
    cgroup_tiers(m)
    m.put("proc/self/mountinfo", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
          "30 20 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")


def park_unfinished(m):
    put_parked(m, 0, "worker 4712\nworker-start 6\nstopped 4711 5\n")
    m.put("proc/4711/stat", "4711 (p) T 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0\n")
    m.put("proc/4711/status", "Name:\tp\nState:\tT (stopped)\nTgid:\t4711\nPPid:\t1\n")


def park_damaged(m):
    ssd(m)
    m.put("run/swapadm/parked/p4711", "swapadm-parked 1\nid p47")
    m.put("proc/4711/status", "Name:\tp\nState:\tT (stopped)\nTgid:\t4711\nPPid:\t1\n")


def park_stale(m):
    put_parked(m, 1, "stopped 4711 5\n")


def degraded(m):
    ssd(m)
    m.put("etc/swapadm.conf", "[swapadm]\nlayer = redirect\n")
    m.put("run/swapadm/degraded", "the module tswap is not installed\n")


def configuration(m):
    ssd(m)
    m.put("etc/swapadm.conf", "[tier a]\nthis is not a line\n")


def configuration_unit(m):
    configuration(m)
    m.put("run/swapadm/boot", "")


def degraded_unit(m):
    degraded(m)
    m.put("run/swapadm/boot", "")


def no_swap_configuration(m):
    """add would be refused there"""
    plain(m)
    m.put("etc/swapadm.conf", "this is not a line\n")


def module_version(m):
    ssd(m)
    m.put("sys/module/tswap/version", "0.9\n")
    m.put("usr/src/tswap-1.0/dkms.conf", "PACKAGE_NAME=tswap\n")


# check -> machines
TRIGGERS = {
    "no-swap": (no_swap, no_swap_configuration), "nearly-full": (nearly_full,), "inactive": (inactive, inactive_other_pages),
    "deleted-file": (deleted_file,), "xswap": (xswap,), "container": (container,),
    "zram-after-disk": (zram_after_disk,), "hdd-before-ssd": (hdd_before_ssd,),
    "default-priorities": (default_priorities,), "priority-mismatch": (priority_mismatch,),
    "foreign-area": (foreign_area,), "mixed-tier": (mixed_tier,), "same-disk": (same_disk,),
    "many-areas": (many_areas,), "zvol": (zvol, zvol_below_crypt),
    "loop-on-tmpfs": (loop_on_tmpfs,),
    "unencrypted": (unencrypted_usb, unencrypted_card, unencrypted_net),
    "fstab-missing": (fstab_missing, fstab_missing_path, fstab_missing_short),
    "fstab-inactive": (fstab_inactive, fstab_inactive_label),
    "fstab-double": (fstab_double, fstab_double_escaped),
    "hibernation": (hibernation_small, hibernation_zram, hibernation_device_gone),
    "other-manager": (beside_generator, generator_of_both, beside_tools, beside_systemd_swap, beside_dphys,
                      beside_swapspace),
    "zram-twice": (zram_twice,), "oomd-no-swap": (oomd_no_swap,), "oomd-limit": (oomd_limit,),
    "earlyoom-swap": (earlyoom_swap,), "kubelet-refuses": (kubelet_refuses,),
    "kubelet-behavior": (kubelet_no_swap_for_pods, kubelet_flow, kubelet_no_area, kubelet_v1),
    "zswap-on-zram": (zswap_on_zram,), "zswap-full": (zswap_full,),
    "writeback-unused": (writeback_unused, writeback_unused_small), "writeback-gone": (writeback_gone,), "writeback-limit": (writeback_limit, writeback_limit_left),
    "balance-idle": (balance_idle, balance_idle_zswap),
    "no-backing": (no_backing, no_backing_in_kernel), "recompress-unused": (recompress_unused,),
    "zram-without": (zram_without,),
    "zram-full": (zram_full, zram_full_and_backing, zram_full_unrelieved), "zram-ratio": (zram_ratio,), "zram-limit": (zram_limit, zram_limit_by_line),
    "zram-leftover": (zram_leftover,), "zram-oversize": (zram_oversize,),
    "swappiness": (swappiness,), "swappiness-disk": (swappiness_disk,),
    "page-cluster": (page_cluster,), "page-cluster-disk": (page_cluster_disk,),
    "zswap-off": (zswap_off,), "zswap-shrinker": (zswap_shrinker,),
    "zswap-watermark": (zswap_watermark, zswap_watermark_v1, zswap_watermark_root_only), "zswap-kept": (zswap_kept, zswap_refused),
    "zswap-limits": (zswap_limits,), "mglru-off": (mglru_off,),
    "rotating": (rotating,), "pressure": (pressure,), "oom-kills": (oom_kills,),
    "configuration": (configuration, configuration_unit),
    "degraded": (degraded, degraded_unit), "module-version": (module_version,),
    "no-psi": (no_psi,), "cgroup-tiers": (cgroup_tiers, cgroup_tiers_v1), "park-unfinished": (park_unfinished,), "park-stale": (park_stale,),
    "park-damaged": (park_damaged,),
}
# what one fault brings with it
ALSO = {
    "zswap-kept": {"zswap-full", "balance-idle"},
    "hdd-before-ssd": {"rotating"}, "mixed-tier": {"hdd-before-ssd", "rotating"},
    "no-swap": {"configuration"}, "oomd-no-swap": {"no-swap"}, "kubelet-behavior": {"no-swap"}, "zram-full": {"nearly-full"},
}

# what helps there and elsewhere does not
REMEDIES = {
    configuration: "correct that, then: swapctl check && swapctl apply",
    configuration_unit: "correct that, then: swapctl check && systemctl reload-or-restart swapadm",
    degraded_unit: "fix that, then: systemctl reload-or-restart swapadm",
    no_swap_configuration: "correct the configuration first: swapctl check",
    writeback_unused: "swapctl migrate zram0 backing",
    writeback_unused_small: "swapctl migrate zram0 backing --amount 1023M",
    writeback_limit_left: "swapctl balance --recover",
}


def doctor(root):
    p = subprocess.run(["swapctl", "--root", root, "doctor", "-J", "--exit-code"],
                       capture_output=True, text=True, timeout=60)
    if (p.stderr and "going on without" not in p.stderr) or p.returncode not in (0, 7):
        return p.stderr or "exit %d" % p.returncode
    found = json.loads(p.stdout)["findings"]
    if p.returncode != (7 if any(f["severity"] != "note" for f in found) else 0):
        return "exit %d with %s" % (p.returncode, found)
    if not all(f["object"] and f["text"] and f["why"] and f["remedy"] for f in found):
        return "something is missing in %s" % found
    return {f["check"]: f["remedy"] for f in found}


def build(folder, make):
    root = os.path.join(folder, make.__name__)
    machine = Machine(root)
    if not make(machine):
        machine.finish()
    return root


def main():
    table = subprocess.run(["swapctl", "--help-table"], check=True, capture_output=True,
                           text=True).stdout
    checks = {line.split("\t")[1] for line in table.splitlines() if line.startswith("check\t")}
    bad = ["%s: nothing triggers it" % c for c in sorted(checks - set(TRIGGERS) - UNSEEN)]
    bad += ["%s: there is no such check" % c for c in sorted(set(TRIGGERS) - checks)]
    n = 0
    with tempfile.TemporaryDirectory() as folder:
        for make in CLEAN + (generator_of_files, zram_relieved, balance_ran, balance_below_mark):
            got = doctor(build(folder, make))
            if got:
                bad.append("%s: %s" % (make.__name__, got))
        for check, machines in TRIGGERS.items():
            for make in machines:
                n += 1
                got = doctor(build(folder, make))
                if check not in got or set(got) - {check} - ALSO.get(check, set()):
                    bad.append("%s, for %s: %s" % (make.__name__, check, got))
                elif got[check] != REMEDIES.get(make, got[check]):
                    bad.append("%s, its remedy: %s" % (make.__name__, got[check]))
    print("\n".join(bad))
    print("%d machines without findings, %d with; %d checks of %d" %
          (len(CLEAN), n, len(checks) - len(UNSEEN), len(checks)))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
