#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests/vm/ynl runs in a guest: the generated client in /share sees what happens.
# shellcheck source=tests/vm/tswap/lib.sh
. /src/tests/vm/tswap/lib.sh

a=$(by_id a)
new_device 5000 overcommit=1 >/dev/null
/share/ynl-client 30 >/tmp/seen &
client=$!
await grep -q "^ready" /tmp/seen
l=$(new_leaf "$a" ssd 7)
tswapc leaf-set device=0 id="$l" state=$CORDONED
tswapc leaf-del device=0 id="$l"
tswapc device-del id=0
wait $client || fail "the client: status $?: $(cat /tmp/seen)"
for want in "device tswap0 slots=5000" "leaf ${a#/dev/} tier=ssd rank=7 state=1 event=1" \
	"leaf ${a#/dev/} tier=ssd rank=7 state=2 event=3" "leaf ${a#/dev/} tier=ssd rank=7 state=6 event=2" \
	"listed ${a#/dev/} tier=ssd rank=7" "device tswap0 event=2"; do
	grep -q "^$want" /tmp/seen || fail "expected \"$want\" in: $(cat /tmp/seen)"
done
nothing_left
