#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two cgroups with disjoint strict tiers, both above their memory limit for five minutes,
# while migrations and drains go on: at no look of a hundred the map has a page of either
# outside its tiers. Then what happens to a rule's pages when processes fork, exec and move, a
# cgroup is removed, a limit is lowered and a device fails. Every page is what it was.
# vm-args: --mem 768 --disk a=256M --disk b=256M --disk c=256M --disk d=256M
# vm-timeout: 1200
. /src/tests/vm/redirect/lib.sh

secs=${PRESSURE_SECONDS-300} # too few, and the looks of a slow kernel do not fit in
map=/sys/block/tswap0/tswap/map
modprobe dm-mod
a=$(readlink -f /dev/disk/by-id/virtio-a)
size=$(blockdev --getsz "$a")
echo "0 $size linear $a 0" | dmsetup create bad
dmsetup mknodes 2>/dev/null || true
cat >/etc/swapadm.conf <<-INI
	[swapadm]
	layer = redirect
	[tier ssd]
	device = /dev/mapper/bad
	device = /dev/disk/by-id/virtio-b
	[tier hdd]
	device = /dev/disk/by-id/virtio-c
	device = /dev/disk/by-id/virtio-d
	[cgroup one]
	path = /one
	tiers = ssd
	[cgroup two]
	path = /two
	tiers = hdd
INI
chmod 0644 /etc/swapadm.conf
for disk in /dev/mapper/bad /dev/disk/by-id/virtio-{b,c,d}; do mkswap -q "$disk"; done
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/{one,two}
for group in one two; do echo 30M >/sys/fs/cgroup/$group/memory.high; done
exits 0 swapctl apply
says 'tiers = ssd (strict)'

start() { # NAME: a worker in its cgroup
	eval "coproc $1 { echo \$BASHPID >/sys/fs/cgroup/$1/cgroup.procs; exec pageworker 60; }" \
		2>/dev/null
	eval "read -r ready <&\${$1[0]}; pid_$1=\$$1_PID"
	[ "$ready" = ready ] || fail "$1: $ready"
}
tell() { # NAME COMMAND
	local -n fds=$1

	echo "$2" >&"${fds[1]}"
}
hear() { # NAME
	local -n fds=$1

	read -r answer <&"${fds[0]}" || fail "$1 died"
	case $answer in ok*) ;; *) fail "$1: $answer" ;; esac
}
ask_it() { # NAME COMMAND
	tell "$1" "$2"
	hear "$1"
}
ids_of() { # TIER: of its leaves
	tswapc leaf-get --dump | tr ' ' '\n' | awk -F= -v tier="$1" '
		$1 == "id" { id = $2 } $1 == "tier" && $2 == tier { print id }' | xargs
}
ssd=$(ids_of ssd) hdd=$(ids_of hdd)
# pages_on "LEAF..." ANSWER: of an answer to "where"
pages_on() {
	local n=0 word

	for word in $2; do
		case " $1 " in *" ${word%%=*} "*) n=$((n + ${word#*=})) ;; esac
	done
	echo "$n"
}
look() { # PID ALLOWED FORBIDDEN: adds to $inside and $outside
	local seen

	seen=$(pageworker where "$1" $map)
	inside=$((inside + $(pages_on "$2" "$seen")))
	outside=$((outside + $(pages_on "$3" "$seen")))
}
start one
start two
pid_of_one=$pid_one pid_of_two=$pid_two

step "pressure, moves and drains for $secs s"
moves() {
	local n=0 src

	while [ ! -e /tmp/enough ]; do
		swapctl migrate ssd hdd || echo "status $?"
		swapctl migrate hdd ssd || echo "status $?"
		for src in b c bad d; do
			[ -e /tmp/enough ] && break
			[ "$src" = bad ] && src=/dev/mapper/bad || src=/dev/disk/by-id/virtio-$src
			swapctl drain "$src" || echo "drain $src: $?"
			swapctl uncordon "$src" || echo "uncordon $src: $?"
			n=$((n + 1))
		done
	done
	echo "$n drains"
}
moves >/tmp/moves 2>&1 &
moving=$!
# a quarter longer: whoever looks late still sees them at it
tell one "churn $((secs * 5 / 4)) rwofx"
tell two "churn $((secs * 5 / 4)) rwofx"
at_it() { # NAME: no answer yet
	local -n fds=$1

	! read -r -t 0 <&"${fds[0]}" || fail "look $looks: $1 does not page any more"
}
begin=$SECONDS inside=0 outside=0
for ((looks = 0; looks < 100; looks++)); do
	look "$pid_of_one" "$ssd" "$hdd"
	look "$pid_of_two" "$hdd" "$ssd"
	[ $((looks % 10)) -ne 9 ] || step "$((looks + 1)) looks, $(tail -n 1 /tmp/moves)"
	[ "$outside" = 0 ] || fail "look $looks: $outside pages outside the rules"
	at_it one
	at_it two
	kill -0 $moving 2>/dev/null || fail "look $looks: nothing moves any more"
	while [ $(((SECONDS - begin) * 100)) -lt $((looks * secs)) ]; do sleep 0.2; done
done
step "the last look, after $((SECONDS - begin)) s"
touch /tmp/enough
hear one
hear two
step "churned"
wait $moving
tail -n 1 /tmp/moves
sed 's/[0-9.]\+/N/g' /tmp/moves | sort | uniq -c | sort -rn | head -n 30
grep -E '^(drain|uncordon) [^:]*: [0-9]+$' /tmp/moves && fail "a move failed: $(tail -n 20 /tmp/moves)"
echo "$looks looks: $inside pages inside, $outside outside the rules"
[ "$inside" -gt 100000 ] || fail "too few pages were in swap: $inside"
ask_it one verify
ask_it two verify

step "a process that execs while it pages"
for ((i = 0; i < 8; i++)); do
	tell one "exec"
	read -r answer <&"${one[0]}" || fail "one died in exec $i"
	[ "$answer" = ready ] || fail "exec $i: $answer"
	inside=0 outside=0
	ask_it one out
	look "$pid_of_one" "$ssd" "$hdd"
	echo "exec $i: $inside pages in ssd, $outside in hdd"
	[ "$outside" = 0 ] && [ "$inside" -gt 5000 ] || fail "exec $i: it went outside its rule"
	ask_it one verify
done

step "a process that goes to another cgroup while it pages"
ask_it one out
tell one "churn 5 rwo"
echo "$pid_of_one" >/sys/fs/cgroup/two/cgroup.procs
hear one
ask_it one verify
# what it has had is charged where it was; what is new, where it is
ask_it one "free 100"
ask_it one out
inside=0 outside=0
look "$pid_of_one" "$hdd" "$ssd"
echo "moved: $inside pages in hdd, $outside in ssd"
[ "$outside" = 0 ] && [ "$inside" -gt 5000 ] || fail "it does not follow its new cgroup"
ask_it one verify

step "its cgroup is removed with pages in swap"
echo "$pid_of_one" >/sys/fs/cgroup/one/cgroup.procs
ask_it one "free 100"
ask_it one out
echo "$pid_of_one" >/sys/fs/cgroup/cgroup.procs
rmdir /sys/fs/cgroup/one
inside=0 outside=0
look "$pid_of_one" "$ssd" "$hdd"
echo "removed: $inside pages in ssd, $outside in hdd"
[ "$inside" -gt 5000 ] && [ "$outside" = 0 ] || fail "its pages went elsewhere"
gone() { ! tswapc cgroup-get --dump device=0 | grep -q 'tiers=ssd'; }
for _ in $(seq 50); do
	gone && break
	sleep 0.1
done
gone || fail "the rule has stayed: $(tswapc cgroup-get --dump device=0)"
exits 0 swapctl migrate ssd hdd # nobody's rule forbids it
inside=0 outside=0
look "$pid_of_one" "$ssd" "$hdd"
[ "$outside" -gt 5000 ] || fail "its pages are held back by a rule that is gone"
ask_it one verify

step "a limit below use"
ask_it two out
sed -i '/^tiers = hdd/a tier-max = hdd:1M' /etc/swapadm.conf
swapctl apply >/dev/null 2>&1 || true # /one is gone: it says so
inside=0 outside=0
look "$pid_of_two" "$hdd" "$ssd"
before=$inside
swapctl monitor -J >/tmp/events &
monitor=$!
sleep 1
ask_it two "rewrite 10"
ask_it two push
inside=0 outside=0
look "$pid_of_two" "$hdd" "$ssd"
echo "limit of 256 pages: $before in hdd before, $inside after"
sleep 2
kill -INT $monitor
wait $monitor || true
grep -q '"cgroup-no-space".*"/two"' /tmp/events || fail "no event names it: $(cat /tmp/events)"
[ "$inside" -le "$before" ] && [ "$outside" = 0 ] || fail "$inside inside, $outside outside"
ask_it two verify
sed -i '/^tier-max/d' /etc/swapadm.conf
swapctl apply >/dev/null 2>&1 || true

step "a device of a strict tier fails"
if modprobe dm-flakey 2>/dev/null; then
	mkdir /sys/fs/cgroup/one
	exits 0 swapctl apply
	echo "$pid_of_one" >/sys/fs/cgroup/one/cgroup.procs
	ask_it one "free 100"
	ask_it one out
	dmsetup load bad --table "0 $size flakey $a 0 0 100000 1 error_writes"
	dmsetup suspend --noflush --nolockfs bad
	dmsetup resume bad
	ask_it one "rewrite 100"
	ask_it one out
	ask_it one "rewrite 100"
	ask_it one out
	for _ in $(seq 50); do
		[ "$(field STATE /dev/mapper/bad)" = failed ] && break
		sleep 0.2
	done
	[ "$(field STATE /dev/mapper/bad)" = failed ] || fail "it is $(field STATE /dev/mapper/bad)"
	inside=0 outside=0
	look "$pid_of_one" "$ssd" "$hdd"
	echo "failed: $inside pages in ssd, $outside in hdd"
	[ "$inside" -gt 5000 ] && [ "$outside" = 0 ] || fail "it went outside its rule"
	ask_it one verify
else
	echo "no dm-flakey in this kernel"
fi
tell one quit
tell two quit
