#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every command line of README, swapadm(7) and swapctl(8) does what it says, on devices of those
# names; every recipe is applied. Sizes are smaller here. A command that is not run here is in the
# list at the end, with the test that runs it.
# vm-args: --mem 768 --disk sdb2=96M --disk sdc1=96M --disk nvme=96M --disk ssd=96M --disk hdd=192M
# vm-timeout: 900
# shellcheck source=tests/vm/redirect/lib.sh
. /src/tests/vm/redirect/lib.sh

# what the manuals have: a command a line
in_manuals() {
	awk '/^```/ { inside = !inside; next } inside' /src/man/swapadm.7.scd
	sed -n 's/^\t*[*]*\([#$] \)*\(swapctl[^*]*\)[*]*\(++\)*$/\2/p' /src/man/swapctl.8.scd
	sed -n 's/^    \(# \)*//p' /src/README.md | sed 's/  *#.*//; s/ *$//'
}
in_manuals | sed 's/++$//' | grep -E '^(swapctl|swaptop|systemctl)( |$)' |
	grep -v '^swapctl - ' | sort -u >/tmp/wanted
: >/tmp/run

# doc COMMAND: run a command of the manuals; its job, process and zram become those that are here
doc() {
	local cmd zram status=0

	zram=$(swapctl list -nro DEVICE,KIND | awk '$2 == "zram" { print $1; exit }')
	grep -qxF -- "$1" /tmp/wanted || fail "not in the manuals: $1"
	echo "$1" >>/tmp/run
	cmd=$(sed "s/=8G/=64M/; s/=4G/=48M/; s/=2G/=64M/; s/=1G/=256M/; s/ 16G$/ 80M/; s/ 4G$/ 80M/
		s/4711/${workload_PID:-1}/; s/ d3\>/ ${job-}/; s/ 12$/ ${job-}/; s/ JOB/ ${job-}/
		s/zram0/${zram:-zram0}/; s/| jq .swap/| grep swap/" <<<"$1")
	said=$(eval "$cmd" 2>&1) || status=$?
	[ $status = 0 ] || fail "$cmd: exit $status: $said"
}

shows() { # PATTERN: in a line of what was said last
	grep -qE "$1" <<<"$said" || fail "no $1 in: $said"
}

away() { # all areas
	while read -r path _; do swapctl remove "$path" --force >/dev/null; done < <(areas)
	[ -z "$(areas)" ] || fail "areas are left"
}

by_id() {
	readlink -f "/dev/disk/by-id/virtio-$1"
}
for name in sdb2 sdc1; do ln -sf "$(by_id $name)" "/dev/$name"; done
ln -sf "$(by_id nvme)" /dev/nvme0n1p5
ln -sf "$(by_id nvme)" /dev/nvme0n1p3
modprobe zram num_devices=0 2>/dev/null || true
mkdir -p /var/swap.d /var/swap
: >/etc/swapadm.conf

step "README: a session"
doc 'swapctl add fast zram,size=1G'
doc 'swapctl add cold /var/swap.d/cold,size=4G'
start_workload 100
ask out
doc 'swapctl list'
shows '^TIER +DEVICE +KIND +STATE +PRIO +SIZE +USED +USE% +RAM +DISK$'
shows '^fast +zram[0-9]+ +zram +active '
shows '^cold +/var/swap.d/cold '
doc 'swapctl ps'
shows '^ *PID +UID +SWAP +FAST +COLD +RSS +COMMAND$'
shows "^ *$workload_PID +0 .* pattern$"
doc 'swapctl drain fast'
shows '^drain fast: [0-9.]+ MiB in use$'
shows '^  to memory: .* free$'
shows '^  fits; takes '
shows '^drain fast: done, .* moved in '
ask verify

step "what there is"
doc swapctl
doc 'swapctl status'
doc 'swapctl status -J | jq .swap'
doc 'swapctl ps --sort SWAP'
doc 'swapctl ps --shared'
doc 'swapctl cgroups'
doc 'swapctl cgroups -J'
doc 'swapctl list -o +READS,WRITES'
doc 'swapctl list -rnb -o DEVICE,USED,SIZE'
doc 'swapctl jobs'
doc 'swapctl jobs -J'
doc 'swapctl doctor'
doc 'swapctl doctor -J'
doc 'swapctl metrics'
mkdir -p /var/lib/prometheus/node-exporter
doc 'swapctl metrics --write /var/lib/prometheus/node-exporter/swapadm.prom'
grep -q '^swapadm_' /var/lib/prometheus/node-exporter/swapadm.prom || fail "no metrics"
away

step "a disk is retired, or replaced"
mkswap -q /dev/sdb2
mkswap -q /dev/sdc1
mkswap -q /dev/nvme0n1p3
swapctl add hdd /dev/sdb2 >/dev/null
swapctl add ssd zram,size=64M >/dev/null
doc 'swapctl list -J ssd'
ask out
doc 'swapctl drain /dev/sdb2 --dry-run'
shows 'fits; takes '
doc 'swapctl remove /dev/sdb2 --dry-run'
doc 'swapctl replace sdb2 /dev/nvme0n1p3 --dry-run'
job=$(swapctl drain /dev/sdb2 --rate 1M --background)
doc 'swapctl pause d3'
doc 'swapctl resume d3'
doc 'swapctl cancel d3'
swapctl wait "$job" || true
doc 'swapctl drain /dev/sdb2 --rate 50M --background'
job=$(tail -n 1 <<<"$said")
doc 'swapctl wait d3'
doc 'swapctl wait d3 --timeout 10min'
doc 'swapctl wait JOB'
swapctl add hdd /dev/sdb2 >/dev/null
doc 'swapctl remove /dev/sdb2'
ask verify
away

step "files and zrams"
doc 'swapctl add fast zram,size=2G'
doc 'swapctl add cold /var/swap.d/a,size=8G'
ask out
doc 'swapctl resize /var/swap.d/a 16G'
doc 'swapctl resize zram0 4G'
doc 'swapctl replace zram0 zram,size=8G'
ask verify
ask out
doc 'swapctl drain cold --rate 50M'
away
swapctl add cold /var/swap.d/a,size=64M >/dev/null
doc 'swapctl remove cold'
doc 'swapctl swapin --pid 4711'
ask verify
doc 'swapctl add fast zram,size=50%ram,algorithm=zstd'
doc 'swapctl --persist add cold /var/swap/cold,size=8G --format'
doc 'swapctl swapout --pid 4711 --amount 256M'
mkdir -p /sys/fs/cgroup/app.slice
doc 'swapctl swapout --cgroup /app.slice --dry-run'
doc 'swapctl swapin --cgroup /app.slice'
doc 'swapctl save'
doc 'swapctl save --write' # beside what --persist wrote
doc 'swapctl check'
grep -q '^; in /etc/swapadm.conf.d/50-swapctl.conf: ' /etc/swapadm.conf ||
	fail "$(cat /etc/swapadm.conf)"
exits 0 swapctl apply --dry-run --exit-code
rm /etc/swapadm.conf.d/50-swapctl.conf
doc 'swapctl save --write'
cp /etc/swapadm.conf new.conf
doc 'swapctl check --config ./new.conf'
away
rm -rf /etc/swapadm.conf.d

step "zram with a backing device"
wipefs -qa /dev/nvme0n1p5
doc 'swapctl add fast zram,size=4G,writeback=/dev/nvme0n1p5'
ask out
doc 'swapctl migrate fast backing --older 1h'
doc 'swapctl migrate zram0 backing'
ask verify
away

step "recipes"
for label in nvme hdd ssd; do mkswap -q -L swap-$label "/dev/disk/by-id/virtio-$label"; done
mkdir -p /sys/fs/cgroup/system.slice/backup.service
echo +memory >/sys/fs/cgroup/system.slice/cgroup.subtree_control 2>/dev/null || true
# a file each: the blocks of the manual that are a configuration
awk '/^```/ { inside = !inside; n += inside; next } inside { print >("/tmp/recipe" n) }' \
	/src/man/swapadm.7.scd
recipes=0
for recipe in $(grep -l '^\[' /tmp/recipe*); do
	sed 's/size=[0-9]*G/size=64M/' "$recipe" >/etc/swapadm.conf
	chmod 644 /etc/swapadm.conf
	recipes=$((recipes + 1))
	doc 'swapctl check'
	doc 'swapctl apply --dry-run'
	doc 'swapctl apply'
	for tier in $(sed -n 's/^\[tier \(.*\)\]/\1/p' "$recipe"); do
		[ "$(swapctl list -nro STATE "$tier")" = active ] ||
			fail "$(cat "$recipe"): tier $tier is not active"
	done
	if grep -q redirect "$recipe"; then
		ask out
		doc 'swapctl balance --once'
		ask verify
		sed -i 's/redirect/direct/; /demote/d' /etc/swapadm.conf
		exits 0 swapctl apply
	fi
	: >/etc/swapadm.conf
	away
done
[ $recipes -ge 6 ] || fail "only $recipes recipes"

step "the redirect layer"
three_tiers ""
doc 'swapctl apply'
ask out
doc 'swapctl migrate ssd hdd --older 10min'
doc 'swapctl migrate ssd hdd --older 1h'
job=$(swapctl migrate fast hdd --rate 1M --background)
doc 'swapctl pause 12'
doc 'swapctl resume 12'
doc 'swapctl cancel 12'
doc 'swapctl cordon hdd'
doc 'swapctl uncordon hdd'
ln -sf "$(by_id hdd)" /dev/sdb2
doc 'swapctl cordon sdb2 --dry-run'
doc 'swapctl uncordon sdb2'
doc 'swapctl drain ssd'
echo '/dev/sdb2 none swap defaults 0 0' >>/etc/fstab
doc 'swapctl import'
ask verify
exits 0 swapctl add spare /dev/sdc1

step "all of it off, and on again"
exits 0 swapctl drain all
exits 0 swapctl doctor
says "the area is not in use"
mkdir -p /var/lib/kubelet
echo 'kind: KubeletConfiguration' >/var/lib/kubelet/config.yaml
exits 0 swapctl doctor
! grep -q "not in use" <<<"$said" || fail "a kubelet that wants no swap: $said"
rm -r /var/lib/kubelet
exits 0 swapctl apply
exits 0 swapctl doctor
! grep -q "not in use" <<<"$said" || fail "still: $said"

# They run until they are stopped, or need systemd: tests/tui, tests/vm/boots (smoke, metrics),
# redirect/events, redirect/balance, unit/import and live/replace have them.
cat >>/tmp/run <<'ELSEWHERE'
swapctl balance
swapctl import fstab --take-over
swapctl monitor
swapctl monitor -J
swapctl selftest
swapctl selftest -v
swaptop
swaptop --replay /var/lib/swaptop --at 03:00
systemctl enable --now swapadm
systemctl enable --now swapadm swapadm-balance
systemctl enable swapadm
ELSEWHERE
left=$(sort -u /tmp/run | comm -13 - /tmp/wanted)
[ -z "$left" ] || fail "nobody has run: $left"
left=$(sort -u /tmp/run | comm -23 - /tmp/wanted)
[ -z "$left" ] || fail "no longer in the manuals: $left"
