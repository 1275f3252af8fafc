#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Spelling of everything that people wrote: no captures, no corpora, no generated files.
#
# The words after -L are meant: identifiers, a typo that a test makes, a sed expression.
# usage: check-spelling.sh SOURCE
set -euo pipefail
cd "$1"
command -v codespell >/dev/null || { echo "codespell is missing"; exit 77; }
find . \( -name .git -o -path './build*' -o -path ./tests/roots -o -path ./tests/tui/golden \
	-o -path ./tests/fuzz/corpus \) -prune \
	-o -type f ! -name '*.svg' ! -name '*.golden' ! -name '*.prom' ! -name '*.json' \
	! -name '*.symbols' ! -name '*.pyc' -print0 |
	xargs -0 codespell -L inflight,bu,fro,siez,tthe,readby
