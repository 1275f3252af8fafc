#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the sources promise about themselves: format, licences, layers, length of functions.
set -uo pipefail
cd "${1:?usage: check-sources.sh SOURCE_ROOT}" || exit 1
bad=0

complain() {
	echo "$*" >&2
	bad=1
}

sources() {
	find libswapadm swapctl swaptop tests tswap -name '*.[ch]' -not -path "*/roots/*" 2>/dev/null | sort
}

if ! command -v clang-format >/dev/null; then
	echo "clang-format is missing"
	exit 77
fi
# one run a core, each over many files
sources | xargs -n 40 -P "$(nproc)" clang-format --dry-run -Werror ||
	complain "not formatted; run clang-format -i on the files named above"

licence_of() {
	case $1 in
	libswapadm/*) echo LGPL-2.1-or-later ;;
	tswap/uapi/*) echo "GPL-2.0-only WITH Linux-syscall-note" ;;
	tswap/*) echo GPL-2.0-only ;;
	*) echo GPL-2.0-or-later ;;
	esac
}
for file in $(sources); do
	head -n 1 "$file" | grep -qE "SPDX-License-Identifier: \(*$(licence_of "$file")" ||
		complain "$file: first line: SPDX-License-Identifier: $(licence_of "$file")"
done

# tools include swapadm.h and nothing else of the library; only term.c knows curses
for file in swapctl/*.[ch] swaptop/*.[ch] swaptop/*/*.[ch]; do
	[ -f "$file" ] || continue
	sed -n 's/^#include "\(.*\)"/\1/p' "$file" | while read -r header; do
		[ "$header" = swapadm.h ] || [ ! -f "libswapadm/$header" ] ||
			[ -f "$(dirname "$file")/$header" ] || echo "$file: includes libswapadm's $header"
	done
	[ "$file" = swaptop/term.c ] || ! grep -qE '#include <(n?curses|term)' "$file" ||
		echo "$file: includes curses"
done | { ! grep .; } || bad=1

# only compat.h of the module has conditions on kernel versions
for file in $(sources | grep '^tswap/' | grep -v '/compat.h$'); do
	! grep -q LINUX_VERSION_CODE "$file" || complain "$file: kernel version outside compat.h"
done

# the formatter does not break texts, so only a line with one may be longer than 90 columns
for file in $(sources); do
	expand "$file" | awk -v file="$file" '
		length($0) > 90 && !/"/ { print file ":" NR ": " length($0) " columns"; n = 1 }
		END { exit n }' >&2 || bad=1
done

# no function above 100 lines: from a line "{" in column 0 to "}" in column 0
for file in $(sources); do
	awk -v file="$file" '
		/^{/ { start = NR }
		/^}/ && start { if (NR - start > 101) { print file ":" start ": function of " NR - start " lines"; n = 1 } start = 0 }
		END { exit n }' "$file" >&2 || bad=1
done
exit $bad
