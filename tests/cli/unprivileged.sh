#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Without privilege looking works and changing says what is missing.
# usage: unprivileged.sh SWAPCTL LIBSWAPADM
set -uo pipefail
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
bad=0

fail() {
	echo "FAILED: $*"
	bad=1
}

# the build folder may be closed to others
cp "$1" "$folder/swapctl" && cp "$2" "$folder/$(basename "$2" | sed 's/\.so\..*/.so.0/')" || exit 1
chmod 755 "$folder" "$folder"/*

as_nobody=()
if [ "$(id -u)" -eq 0 ]; then
	command -v setpriv >/dev/null || {
		echo "setpriv is missing, and we are root"
		exit 77
	}
	as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
fi

nobody() {
	(cd / && LD_LIBRARY_PATH=$folder "${as_nobody[@]}" "$folder/swapctl" "$@")
}

# run STATUS ARGS...: output in $out, errors in $err
run() {
	local wanted=$1 got
	shift
	nobody "$@" >"$folder/out" 2>"$folder/err"
	got=$?
	out=$(cat "$folder/out") err=$(cat "$folder/err")
	[ "$got" -eq "$wanted" ] || fail "$*: exit $got, not $wanted: $err"
}

before=$(cat /proc/swaps)
if [ "$(id -u)" -eq 0 ] && unshare -pf --mount-proc true 2>/dev/null; then
	said=$(unshare -pf --mount-proc env "LD_LIBRARY_PATH=$folder" "$folder/swapctl" ps 2>&1)
	grep -q 'pid namespace' <<<"$said" || fail "ps in a pid namespace: $said"
fi
run 0 status
grep -q '^layer' <<<"$out" || fail "status: no layer"
grep -q '^memory' <<<"$out" || fail "status: no memory"
run 0 list -O
run 0 list -JO
python3 -c 'import json, sys; json.load(sys.stdin)["devices"]' <<<"$out" ||
	fail "list -JO: no JSON"
run 0 status -J
python3 -c 'import json, sys; json.load(sys.stdin)["tiers"]' <<<"$out" ||
	fail "status -J: no JSON"
run 0 doctor
run 0 jobs
run 0 save
run 0 metrics
grep -q '^swapadm_info{' <<<"$out" || fail "metrics: nothing"

run 1 add unprivileged zram,size=1M
grep -qiE 'root|privilege|CAP_SYS_ADMIN|permi' <<<"$err" || fail "add: does not say why: $err"
for option in "" --once --watch; do
	run 1 balance $option
	grep -q 'run as root' <<<"$err" || fail "balance $option: does not say why: $err"
	! grep -q 'killed' <<<"$err" || fail "balance $option: names a killed job: $err"
done
run 1 balance --recover
grep -q 'run as root' <<<"$err" || fail "balance --recover: does not say why: $err"
touch "$folder/closed.conf" && chmod 600 "$folder/closed.conf"
if [ "$(id -u)" -eq 0 ]; then
	run 1 check "$folder/closed.conf"
	grep -q 'closed.conf: read: not permitted; run as root' <<<"$err" || fail "check: does not say why: $err"
fi

# a swap file in a closed folder, and a configuration that only root may read
closed() { # COMMAND...
	as_nobody=(unshare -m sh -c '
		mount --bind "$0/swaps" /proc/swaps && mount -t tmpfs none /etc || exit 77
		(umask 077 && : >/etc/swapadm.conf)
		chmod "$1" /etc/swapadm.conf && shift && exec "$@"' "$folder" "$mode" "${privilege[@]}")
	run 0 "$@"
}
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	privilege=("${as_nobody[@]}") mode=644
	mkdir -m 700 "$folder/closed" && truncate -s 1M "$folder/closed/area"
	printf 'Filename Type Size Used Priority\n%s file 1020 0 -2\n' "$folder/closed/area" >"$folder/swaps"
	closed save
	grep -q '^; without size=.*save as root' <<<"$out" || fail "save: does not say what it can't see: $out"
	mode=600
	closed doctor -J
	grep -q '"check": *"configuration"' <<<"$out" && fail "doctor: what it may not read is no error: $out"
	grep -q 'swapadm.conf: read: not permitted; run as root' <<<"$err" || fail "doctor: does not say why: $err"
fi
[ "$(awk '{ print $1, $5 }' /proc/swaps)" = "$(awk '{ print $1, $5 }' <<<"$before")" ] ||
	echo "the areas changed meanwhile (somebody else's)"
exit $bad
