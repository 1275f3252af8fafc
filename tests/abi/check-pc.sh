#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A program is compiled against libswapadm without the files of what libswapadm is made of.
# usage: check-pc.sh FOLDER VERSION
set -eu
command -v pkg-config >/dev/null || {
	echo "skipped: pkg-config is not there"
	exit 77
}
export PKG_CONFIG_LIBDIR="$1" PKG_CONFIG_PATH=
# no other .pc file is found, so each that is required would be an error
pkg-config --exact-version="$2" libswapadm
pkg-config --cflags libswapadm
case $(pkg-config --libs libswapadm) in
*-lswapadm*) ;;
*) exit 1 ;;
esac
! pkg-config --print-requires --print-requires-private libswapadm | grep .

# and against the build tree: the header is in the sources, the library in the build
export PKG_CONFIG_LIBDIR="$1/../meson-uninstalled"
header=$(pkg-config --cflags libswapadm | sed -n 's/.*-I\([^ ]*\).*/\1/p')
[ -f "$header/swapadm.h" ]
library=$(pkg-config --libs libswapadm | sed -n 's/.*-L\([^ ]*\).*/\1/p')
ls "$library"/libswapadm.so* >/dev/null
