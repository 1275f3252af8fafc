# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Sourced by what runs built programs by hand: sets $build, and says so where nothing is built.
build=$(realpath -m "${SWAPADM_BUILD:-build}")
[ -x "$build/swapctl/swapctl" ] || {
	echo "$0: $build: nothing is built there; run \`meson setup build && ninja -C build\`, or set SWAPADM_BUILD" >&2
	exit 1
}
