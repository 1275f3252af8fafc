#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ps --shared: a memfd, a System V segment, a tmpfs file that is mapped and some that nobody maps,
# a memfd and a deleted file that are only open, the latter also in another mount namespace, each
# with what it has in swap and who has it; looking moves no page, and every byte is right afterwards.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state

make_loop disk 96M
mkswap -q "$loop"
swapon -p 32000 "$loop"
mkdir "$tmp/shm"
mount -t tmpfs -o size=32M none "$tmp/shm"
at_exit umount -l "$tmp/shm"
mkfifo "$tmp/in"
hold-shared "$tmp/shm" <"$tmp/in" >"$tmp/out" &
pid=$!
stop() { kill "$pid" 2>/dev/null || true; }
at_exit stop
exec 9>"$tmp/in"
comes has ready "$tmp/out"
id=$(awk '/^ready/ { print $2 }' "$tmp/out")
used=$(swap_field "$loop" used)
swapctl ps --shared -JO >"$tmp/json"

# row KIND NAME MIB MAPPERS: nearly all of it is in swap, and who maps it
row() {
	python3 - "$tmp/json" "$pid" "$@" <<'END'
import json, sys
path, pid, kind, name, mib, mappers = sys.argv[1:]
rows = [r for r in json.load(open(path))["shared"] if (r["kind"], r["name"]) == (kind, name)]
assert len(rows) == 1, rows
r = rows[0]
size = int(mib) << 20
assert r["size"] == size and size * 0.9 <= r["swap"] <= size, r
assert r["mappers"] == int(mappers), r
want = (pid, "hold-shared") if int(mappers) else (None, None)
assert (r["pids"], r["commands"]) == want, r
END
}
check "memfd" row memfd held 12 1
check "System V" row sysv "$id, key 0x00000000" 8 1
check "a mapped file" row tmpfs "$tmp/shm/mapped" 4 1
check "a file that nobody maps" row tmpfs "$tmp/shm/closed" 2 0
check "a memfd that is only open" row memfd open 6 1
check "a deleted file that is only open" row deleted "$tmp/shm/gone" 3 1

# a container's: its mounts are not here
elsewhere() {
	local there r=0

	mkdir "$tmp/there"
	mkfifo "$tmp/in2"
	# shellcheck disable=SC2016 # it is the inner shell's
	unshare -m sh -c 'mount -t tmpfs none "$1" && exec hold-shared "$1"' - "$tmp/there" \
		<"$tmp/in2" >"$tmp/out2" &
	there=$!
	exec 8>"$tmp/in2"
	comes has ready "$tmp/out2"
	swapctl ps --shared -rno KIND,NAME,PIDS >"$tmp/list" 2>&1
	grep -qx "deleted $tmp/there/gone $there" "$tmp/list" || {
		echo "wanted: deleted $tmp/there/gone $there"
		cat "$tmp/out2" "$tmp/list" /proc/swaps
		r=1
	}
	exec 8>&-
	wait "$there" || r=1
	return "$r"
}
check "a deleted file in another mount namespace" elsewhere

# 128 TiB of address space take two of them at a time
sparse() {
	python3 - "$tmp/json" <<'END'
import json, sys
rows = [r for r in json.load(open(sys.argv[1]))["shared"] if "/sparse" in (r["name"] or "")]
assert len(rows) == 3, rows
for r in rows:
    assert r["size"] == 60 << 40 and 900 << 10 <= r["swap"] <= 1 << 20, r
END
}
check "sparse files of 60 TiB" sparse

# of the segment /proc/sysvipc/shm has the exact number
exact() {
	local want got

	want=$(awk -v id="$id" 'NR > 1 && $2 == id { print $16 }' /proc/sysvipc/shm)
	got=$(swapctl ps --shared -rnbo KIND,NAME,SWAP | awk -v id="$id," '$1 == "sysv" && index($2, id) == 1 { print $NF }')
	[ "$want" = "$got" ] || {
		echo "$want, not $got"
		return 1
	}
}
check "the segment to the byte" exact
check "sorted by swap" test "$(swapctl ps --shared -rnbo SWAP --sort SWAP | sort -nrc 2>&1)" = ""
check "nothing came in by looking" test "$(swap_field "$loop" used)" -ge $((used - 64))
names_it() {
	swapctl ps 2>"$tmp/err" >/dev/null
	grep -q 'swapctl ps --shared' "$tmp/err"
}
[ "$(wc -l </proc/swaps)" -ne 2 ] || check "ps says where the list is" names_it

# a user sees segments, files of his own, and that this is not all
as_user() {
	chmod 755 "$tmp" "$tmp/shm"
	chmod 644 "$tmp/shm/closed"
	chown 65534 "$tmp/shm/mapped"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$(command -v swapctl)" ps --shared \
		>"$tmp/user" 2>"$tmp/user.err"
	grep -q sysv "$tmp/user" && grep -q shm/mapped "$tmp/user" &&
		! grep -q shm/closed "$tmp/user" && ! grep -q memfd "$tmp/user" && grep -q "run as root" "$tmp/user.err"
}
check "without privilege" as_user

exec 9>&-
check "every byte is right" wait "$pid"
finish
