#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every section, key and device option of the parsers is in the man page and in the example.
set -uo pipefail
cd "${1:?usage: check-conf-docs.sh SOURCE_ROOT}" || exit 1
page=man/swapadm.conf.5.scd
example=examples/swapadm.conf
bad=0

complain() {
	echo "$*" >&2
	bad=1
}

keys=$(sed -n 's/^[[:blank:]]*{ "\([a-z-]*\)", \(true\|false\), set_.*/\1/p' libswapadm/conf/parse.c)
sections=$(sed -n 's/^\t{ "\([a-z]*\)",$/\1/p' libswapadm/conf/parse.c)
options=$(sed -n 's/^\t{ "\([a-z-]*\)", O.*/\1/p' libswapadm/conf/devspec.c)
[ "$(wc -w <<<"$keys")" -ge 19 ] || complain "found only these keys: $keys"
[ "$(wc -w <<<"$sections")" -ge 4 ] || complain "found only these sections: $sections"
[ "$(wc -w <<<"$options")" -ge 4 ] || complain "found only these options: $options"

for section in $sections; do
	grep -q "^# \[$section[] ]" $page || complain "$page: no heading for [$section]"
	grep -q "^#*\[$section[] ]" $example || complain "$example: no [$section]"
done
for key in $keys; do
	grep -q "^\*$key\* = " $page || complain "$page: key $key is missing"
	grep -q "^#*$key = " $example || complain "$example: key $key is missing"
done
for option in $options; do
	grep -q "^\*$option\(\*\|=\*\)" $page || complain "$page: option $option is missing"
done
# and the page has no key that the parser lacks
for key in $(sed -n 's/^\*\([a-z-]*\)\* = .*/\1/p' $page); do
	grep -qx "$key" <<<"$keys" || complain "$page: key $key is unknown to the parser"
done
exit $bad
