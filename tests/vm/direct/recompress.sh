#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# recompress= and recompress-older, with a zram.ko that has them (tests/vm/build-zram).
# vm-kernels: 7.3
# vm-zram: own
# vm-args: --mem 512
# vm-timeout: 300
. /src/tests/vm/direct/lib.sh

modprobe -a lz4hc_compress lz4_compress zstd_compress deflate zsmalloc 2>/dev/null || true
insmod "/share/$(uname -r)/zram.ko" num_devices=0
mount -t debugfs none /sys/kernel/debug 2>/dev/null || true
sys=/sys/block/zram0

stored() { awk '{ print $2 }' "$sys/mm_stat"; }
mem() { awk '{ print $3 }' "$sys/mm_stat"; }
recompressed() { flagged_slots r | grep -c . || true; }

cat >/etc/swapadm.conf <<-'CONF'
	[tier fast]
	device = zram, size=128M, algorithm=lz4, recompress=zstd(level=12)
	recompress-older = 40s
CONF
exits 0 swapctl apply
echo "$said"
exits 0 swapctl list -rno RECOMPRESS zram0
[ "$said" = zstd ] || fail "list: $said"
exits 0 swapctl save
says "recompress=zstd"
exits 0 swapctl apply --dry-run
case $said in *create* | *set*) fail "a second apply changes something: $said" ;; esac

coproc cold { exec pattern -c 40; }
read -r _ cold_pid _ <&"${cold[0]}"
echo out >&"${cold[1]}"
read -r _ <&"${cold[0]}"
exits 0 swapctl balance --once
[ "$(recompressed)" = 0 ] || fail "young pages were recompressed"
sleep 41
coproc warm { exec pattern -c 24; }
read -r _ warm_pid _ <&"${warm[0]}"
echo out >&"${warm[1]}"
read -r _ <&"${warm[0]}"

exits 0 swapctl balance --dry-run
echo "$said"
says "recompress-older of fast, by zstd"
[ "$(recompressed)" = 0 ] || fail "a dry run recompressed"
stored_before=$(stored) mem_before=$(mem)
exits 0 swapctl balance --once
echo "$said"
exits 0 swapctl balance --once
echo "stored $stored_before -> $(stored) bytes, memory $mem_before -> $(mem)"
[ "$(stored)" -lt "$stored_before" ] || fail "nothing became smaller"

flagged_slots r >/tmp/smaller
slots_of "$cold_pid" >/tmp/cold
slots_of "$warm_pid" >/tmp/warm
n_cold=$(grep -c . /tmp/cold)
cold_in=$(comm -12 /tmp/smaller /tmp/cold | grep -c . || true)
warm_in=$(comm -12 /tmp/smaller /tmp/warm | grep -c . || true)
echo "recompressed: $cold_in of $n_cold cold pages, $warm_in of $(grep -c . /tmp/warm) warm ones"
[ "$cold_in" -ge $((n_cold * 9 / 10)) ] || fail "cold pages were left as they were"
[ "$warm_in" -le $(($(grep -c . /tmp/warm) / 20)) ] || fail "warm pages were recompressed"
exits 0 swapctl status
echo "$said"
says "recompressed"
for who in cold warm; do
	declare -n fds=$who
	echo verify >&"${fds[1]}"
	read -r answer <&"${fds[0]}"
	case $answer in ok*) ;; *) fail "$who: $answer" ;; esac
done

# once done, another round finds nothing to do
exits 0 swapctl balance --once
exits 0 swapctl balance --dry-run
echo "again: $said"
case $said in *recompress*) fail "what is done is planned again: $said" ;; esac

# killed at moments, and content after it
for i in 0 1 2 3 4 5 6 7 8 9; do
	echo out >&"${cold[1]}"
	read -r _ <&"${cold[0]}"
	{ timeout -s KILL "0.$i" swapctl balance --once || true; } >/dev/null 2>&1
	echo verify >&"${cold[1]}"
	read -r answer <&"${cold[0]}"
	case $answer in ok*) ;; *) fail "killed $i: $answer" ;; esac
done
echo quit >&"${cold[1]}"
echo quit >&"${warm[1]}"
wait "$cold_pid" "$warm_pid" 2>/dev/null || true
exits 0 swapctl remove fast
[ -z "$(ls -d /sys/block/zram* 2>/dev/null)" ] || fail "a zram is left"
