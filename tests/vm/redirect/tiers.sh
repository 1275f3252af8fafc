#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The redirect layer from an ini file on a bare machine: apply, move, drain, remove, and all
# of it taken down again, while a workload has its pages there.
# vm-group: smoke
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/redirect/lib.sh

three_tiers

step apply
exits 0 swapctl apply --dry-run
[ -z "$(areas)" ] || fail "a dry run made an area"
exits 0 swapctl apply
case $(areas) in /dev/tswap0*30000) ;; *) fail "not the one area" ;; esac
exits 0 swapctl apply
says "nothing to change"

step fill
start_workload 200
ask out
at_least 60 fast
at_least 100 ssd
is USED hdd 0

step migrate
exits 0 swapctl migrate ssd hdd --older 1h --dry-run
exits 0 swapctl migrate ssd hdd --amount 10M
at_least 9 hdd
exits 0 swapctl migrate ssd hdd --amount 50%
at_least 50 hdd
[ "$(swapctl migrate fast ssd --amount 4M -J | tail -n 1 | grep -c '"state":"done"')" = 1 ] ||
	fail "migrate -J does not end with its end"
ask verify
ask out

step drain
exits 0 swapctl drain ssd --rate 1G
says "drained"
is STATE vdb drained
is USED vdb 0
ask verify
ask out
is USED vdb 0
exits 0 swapctl uncordon ssd
is STATE vdb active

step cordon
exits 0 swapctl cordon ssd
is STATE vdb cordoned
exits 0 swapctl uncordon ssd

step remove a tier
exits 0 swapctl remove ssd
says "larger than what is left of its devices"
ask verify
case $(swapctl list -nrboTIER,STATE) in *"ssd inactive"*) ;; *) fail "ssd is still there" ;; esac
ask out
exits 0 swapctl apply
is STATE vdb active
case $(cat /sys/block/tswap0/tswap/overcommit) in 0) ;; *) fail "still overcommitted" ;; esac

step remove the layer
exits 0 swapctl list tswap0
exits 0 swapctl save
exits 0 swapctl status
says redirect
exits 0 swapctl remove tswap0
ask verify
[ -z "$(areas)" ] || fail "an area is left"
[ ! -e /sys/block/tswap0 ] || fail "the tswap device is left"
[ ! -e /sys/block/zram0 ] || [ "$(cat /sys/block/zram0/disksize)" = 0 ] || fail "zram is left"
exits 0 swapctl apply
ask out
ask verify
ask quit
