#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What doctor advises where the module plays a part, carried out as it is printed: "degraded",
# "module-version", "failed".
# vm-args: --mem 512 --disk ssd=128M --disk hdd=256M
# vm-timeout: 300
. /src/tests/vm/redirect/lib.sh

# found CHECK: sets $remedy
found() {
	remedy=$(swapctl doctor -J | tr -d '\n' | sed 's/},/},\n/g' |
		sed -n "s/.*\"check\": *\"$1\".*\"remedy\": *\"\([^\"]*\)\".*/\1/p")
	echo "$1: ${remedy:-not found}"
	[ -n "$remedy" ]
}
gone() {
	! found "$1" || fail "$1 is still found"
}

mkswap -q -L warm /dev/disk/by-id/virtio-ssd
mkswap -q -L cold /dev/disk/by-id/virtio-hdd
printf '%s\n' '[swapadm]' 'layer = redirect' '[tier ssd]' 'device = LABEL=warm' \
	'[tier hdd]' 'device = LABEL=cold' >/etc/swapadm.conf
chmod 644 /etc/swapadm.conf

step "degraded"
module=$(modinfo -n tswap)
mv "$module" /run/tswap.ko
depmod
exits 4 swapctl apply
[ "$(areas | wc -l)" = 2 ] || fail "not on the direct layer"
start_workload 96
ask out
found degraded || fail "degraded is not found"
mv /run/tswap.ko "$module" # "fix that, then: ..."
depmod
bash -c "${remedy#fix that, then: }" || fail "the remedy: $remedy"
case $(areas) in /dev/tswap0*) ;; *) fail "not on the redirect layer" ;; esac
gone degraded
ask verify

step "module-version"
gone module-version
mkdir -p /usr/src/tswap-9.9
touch /usr/src/tswap-9.9/dkms.conf
found module-version || fail "another version is not found"
case $remedy in *"while it is in use"*9.9*) ;; *) fail "the remedy: $remedy" ;; esac
exits 1 rmmod tswap
exits 0 swapctl remove tswap0
rmmod tswap # as the next boot does
version=$(modinfo -F version tswap) # "1.0": the new one must be as long
cp "$module" /run/tswap.ko
sed -i "s/version=$version/version=9.9/" "$module"
exits 0 swapctl apply
gone module-version
ask out
ask verify
exits 0 swapctl remove tswap0
rmmod tswap
mv /run/tswap.ko "$module"
rm -r /usr/src/tswap-9.9

step "failed"
ssd=$(blkid -L warm)
size=$(blockdev --getsz "$ssd")
modprobe dm-mod
dmsetup create bad --table "0 $size linear $ssd 0"
dmsetup mknodes 2>/dev/null || true
sed -i 's|LABEL=warm|/dev/mapper/bad|' /etc/swapadm.conf
exits 0 swapctl apply
ask out
at_least 60 ssd
dmsetup load bad --table "0 $size flakey $ssd 0 0 100000 1 error_writes"
dmsetup suspend --noflush --nolockfs bad
dmsetup resume bad
for _ in 1 2 3 4 5; do
	ask write # dirty again: what goes out is written anew
	ask out
	! found failed || break
done
found failed || fail "the leaf is not failed: $(swapctl list -o +STATE)"
bash -c "$remedy" || fail "the remedy: $remedy"
gone failed
[ "$(field STATE ssd)" = inactive ] || fail "it is there still: $(swapctl list)"
ask verify
ask quit
