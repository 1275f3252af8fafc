#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The redirect layer from an ini file on a bare machine: apply, move, drain, remove, live.
# vm-group: smoke
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/direct/lib.sh

cat >/etc/swapadm.conf <<'INI'
[swapadm]
layer = redirect
[tier fast]
device = zram, size=64M
[tier ssd]
device = LABEL=warm
[tier hdd]
device = LABEL=cold
INI
chmod 0644 /etc/swapadm.conf
mkswap -q -L warm /dev/disk/by-id/virtio-ssd
mkswap -q -L cold /dev/disk/by-id/virtio-hdd

exits 0 swapctl apply --dry-run
echo "$said"
[ -z "$(areas)" ] || fail "a dry run made an area"
exits 0 swapctl apply
echo "$said"
areas
exits 0 swapctl apply
echo "$said"
swapctl list
start_workload 200
ask out
swapctl list
exits 0 swapctl migrate ssd hdd --older 1s
echo "$said"
ask verify
ask out
swapctl list
exits 0 swapctl drain ssd
echo "$said"
swapctl list
ask verify
exits 0 swapctl uncordon ssd
exits 0 swapctl remove ssd
echo "$said"
ask verify
swapctl list
swapctl save
swapctl status
ask quit
