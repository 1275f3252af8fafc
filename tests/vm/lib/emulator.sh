# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which QEMU runs the guests. Before 8.1 its emulation of several processors may keep stale code
# that another processor has just patched: one boot in forty died of a stray breakpoint ("Oops:
# int3"), where the kernel patches its jump labels. Debian 12 has 7.2, so the one of its backports
# is unpacked into the cache; nothing is installed. It is also twice as fast at fork and exec.
# shellcheck shell=bash

emulator_is_new() {
	local version
	version=$("$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	[ -n "$version" ] && [ "$(printf '%s\n' 8.1 "$version" | sort -V | head -n1)" = 8.1 ]
}

# emulator_dir ARCH
emulator_dir() {
	if [ "$1" = amd64 ]; then
		printf '%s\n' "$VM_CACHE/qemu"
	else
		printf '%s\n' "$VM_CACHE/qemu-$1"
	fi
}

emulator_fetch_locked() {
	local dir=$2 suite package command lib
	if emulator_is_new "$dir/run"; then
		return 0
	fi
	suite=$(host_suite)
	read -r package command <<<"$(arch_qemu "$1")"
	lib=lib/$(arch_triplet "$(host_arch)")
	rm -rf "$dir"
	mkdir -p "$dir"
	apt_unpack_needed "$suite+$suite-backports" "$dir/root" "$package"
	cat >"$dir/run" <<-RUN
		#!/bin/sh
		export LD_LIBRARY_PATH="$dir/root/usr/$lib:$dir/root/$lib"
		exec "$dir/root/usr/bin/$command" -L "$dir/root/usr/share/qemu" \\
			-L "$dir/root/usr/share/seabios" -L /usr/share/seabios "\$@"
	RUN
	chmod 755 "$dir/run"
	emulator_is_new "$dir/run" || die "the QEMU that was fetched does not run: $dir/run --version"
}

# emulator [ARCH]: print the command that is QEMU for the processor, the host's own.
emulator() {
	local arch=${1:-$(host_arch)} own package command dir
	read -r package command <<<"$(arch_qemu "$arch")"
	dir=$(emulator_dir "$arch")
	own=$(command -v "$command" || true)
	if [ -n "$own" ] && emulator_is_new "$own"; then
		printf '%s\n' "$own"
		return
	fi
	if ! emulator_is_new "$dir/run"; then
		with_lock "${dir##*/}" emulator_fetch_locked "$arch" "$dir"
	fi
	printf '%s\n' "$dir/run"
}

emulator_img_fetch_locked() {
	local dir=$VM_CACHE/qemu-img lib
	[ ! -e "$dir/run" ] || return 0
	apt_unpack_needed "$(host_suite)" "$dir/root" qemu-utils
	lib=lib/$(arch_triplet "$(host_arch)")
	cat >"$dir/run" <<-RUN
		#!/bin/sh
		export LD_LIBRARY_PATH="$dir/root/usr/$lib:$dir/root/$lib"
		exec "$dir/root/usr/bin/qemu-img" "\$@"
	RUN
	chmod 755 "$dir/run"
}

# emulator_img: print the command that is qemu-img.
emulator_img() {
	command -v qemu-img && return
	if [ ! -e "$VM_CACHE/qemu-img/run" ]; then
		with_lock qemu-img emulator_img_fetch_locked
	fi
	printf '%s\n' "$VM_CACHE/qemu-img/run"
}
