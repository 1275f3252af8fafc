#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# SIGKILL at random moments: through the conversions both ways, add, remove, drain, and
# remove of the whole layer; of swapctl alone, or of its workers too. The next apply completes
# it, and every page is right.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M --disk small=64M
# vm-timeout: 600
. /src/tests/vm/redirect/lib.sh

RANDOM=${1:-$(date +%s)}
echo "seed: $RANDOM"

# the processes of swapctl, workers too
swapctls() {
	grep -lsx swapctl /proc/[0-9]*/comm | cut -d/ -f3 || true
}

# killed COMMAND...: end it at a random moment of the time that it takes, $took ms
killed() {
	local ms=$((RANDOM % (took + 50))) pid pids

	"$@" >/run/killed.log 2>&1 &
	pid=$!
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	pids=$pid
	[ $((RANDOM % 2)) -eq 0 ] || pids="$pid $(swapctls)"
	# word splitting is meant; what has ended meanwhile is not an error
	# shellcheck disable=SC2086
	kill -KILL $pids 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	echo "$* killed after $ms of $took ms: $(wc -w <<<"$pids") processes"
}

# timed COMMAND...: how long it takes when nobody disturbs it, in $took
timed() {
	local begin

	begin=$(date +%s%N)
	exits 0 "$@"
	took=$((($(date +%s%N) - begin) / 1000000))
}

# completed OPTION...: one apply brings what is missing, and leaves nothing behind
completed() {
	exits 0 swapctl apply "$@"
	exits 0 swapctl apply "$@"
	says "nothing to change"
	[ -z "$(swapctls)" ] || fail "a swapctl is left"
	case $(cat /sys/block/tswap0/tswap/overcommit 2>/dev/null) in
	'' | 0) ;;
	*) fail "still overcommitted" ;;
	esac
	[ "$(echo /sys/block/zram*)" = /sys/block/zram0 ] || fail "$(echo /sys/block/zram*)"
	ask verify
}

settle() { # the kernel's jobs, and workers that are at their last step
	local job

	for job in $(swapctl jobs -rno JOB,STATE | sed -n 's/ running$//p'); do
		swapctl wait "$job" >/dev/null 2>&1 || true
	done
}

three_tiers
exits 0 swapctl apply
start_workload 200
ask out

step "conversion both ways"
for round in 1 2 3 4 5 6 7 8; do
	case $(grep '^layer' /etc/swapadm.conf) in
	*redirect) sed -i 's/^layer = .*/layer = direct/' /etc/swapadm.conf ;;
	*) sed -i 's/^layer = .*/layer = redirect/' /etc/swapadm.conf ;;
	esac
	ask out
	if [ "$round" -le 2 ]; then
		timed swapctl apply
		continue
	fi
	killed swapctl apply
	completed
	[ "$(areas | wc -l)" = $((round % 2 ? 3 : 1)) ] || fail "not the layer: $(areas)"
done
case $(areas) in /dev/tswap0*) ;; *) fail "not the redirect layer: $(areas)" ;; esac

step "killed, and then the files changed back"
for layer in direct redirect; do
	ask out
	sed -i "s/^layer = .*/layer = $layer/" /etc/swapadm.conf
	killed swapctl apply
	sed -i 's/^layer = .*/layer = redirect/' /etc/swapadm.conf
	completed
	[ "$(field STATE | sort -u)" = active ] || fail "$(swapctl list)"
done

step "add and remove"
mkswap -q /dev/disk/by-id/virtio-small
timed swapctl add ssd /dev/disk/by-id/virtio-small
exits 0 swapctl remove vdd
for round in 1 2 3; do
	killed swapctl add ssd /dev/disk/by-id/virtio-small
	completed --prune
	[ -z "$(swapctl list -nro DEVICE | grep vdd)" ] || fail "vdd is left"
done
took=700
for round in 1 2 3; do
	exits 0 swapctl add ssd /dev/disk/by-id/virtio-small
	ask out
	killed swapctl remove vdd
	settle
	completed --prune
	[ -z "$(swapctl list -nro DEVICE | grep vdd)" ] || fail "vdd is left"
done

step drain
took=1500
for round in 1 2 3; do
	ask out
	killed swapctl drain ssd
	settle
	completed
	is STATE vdb active
done

step "remove the layer"
timed swapctl remove tswap0
for round in 1 2 3; do
	exits 0 swapctl apply
	ask out
	killed swapctl remove tswap0
	settle
	completed
	[ "$(field STATE | sort -u)" = active ] || fail "$(swapctl list)"
done
ask quit
