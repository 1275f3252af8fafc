#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The header compiles alone, as C and as C++, without a warning.
# usage: check-header.sh HEADER COMPILER...
set -u
header=$1
shift
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0 n=0

# on 32-bit machines these are as large as each program says (_TIME_BITS, _FILE_OFFSET_BITS)
if grep -nwE 'time_t|off_t|ino_t|blkcnt_t|struct (timespec|timeval|stat|tm|dirent)' "$header"; then
	echo "types whose size the caller's flags set: not in the header" >&2
	exit 1
fi

# twice, and before any other header; then names that C++ must be able to link
cat >"$tmp/all.c" <<END
#include "$header"
#include "$header"
typedef int (*fn)(struct swapadm_ctx **out, const char *root);
fn use(void);
fn use(void)
{
	struct swapadm_usage usage = { SWAPADM_USAGE_SIZE, 0, 0, 0, 0, 0, 0 };

	return usage.known ? swapadm_new : (fn)0;
}
END
cp "$tmp/all.c" "$tmp/all.cc"

try() {
	n=$((n + 1))
	"$@" -Wall -Wextra -pedantic -Wundef -Werror -c -o "$tmp/out.o" || {
		echo "failed: $*" >&2
		bad=1
	}
}

for cc; do
	command -v "$cc" >/dev/null || continue
	case $cc in
	*++*)
		for std in c++11 c++17 c++20; do
			try "$cc" -std=$std "$tmp/all.cc"
			# C linkage: the name is not mangled
			nm "$tmp/out.o" | grep -q ' U swapadm_new$' || {
				echo "$cc -std=$std: swapadm_new has C++ linkage" >&2
				bad=1
			}
		done
		;;
	*)
		for std in c11 c17 gnu11; do
			try "$cc" -std=$std -Wstrict-prototypes -Wshadow "$tmp/all.c"
		done
		;;
	esac
done
[ "$n" -ge 6 ] || {
	echo "a C and a C++ compiler are needed: only $n compilations were possible" >&2
	exit 77
}
exit $bad
