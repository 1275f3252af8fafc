# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kernel headers for building modules, fetched once, unpacked and never installed:
#   $VM_CACHE/headers/NAME/usr/src/linux-headers-RELEASE
# shellcheck shell=bash

headers_dir() {
	if [ "$1" = debug ]; then
		printf '%s\n' "$(kernel_dir debug)/build"
	else
		printf '%s\n' "$VM_CACHE/headers/$1/usr/src/linux-headers-$(kernel_release "$1")"
	fi
}

# headers_unpack SUITE[:ARCH] RELEASE DIR: the headers of a release and what it takes to build with
# them; kbuild's programs are the host's.
headers_unpack() {
	local suite=${1%:*} package=linux-headers-$2 dir=$3 tmp
	tmp=$(mktemp -d "$VM_CACHE/headers.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf '$tmp'" EXIT
	# shellcheck disable=SC2046 # lists of words
	{
		apt_unpack "$1" "$tmp" "$package" $(apt_depends "$1" "$package" '^linux-headers-')
		apt_unpack "$suite" "$tmp" $(apt_depends "$1" "$package" '^linux-kbuild-')
	}
	rm -rf "$tmp/usr/share/doc"
	mkdir -p "${dir%/*}"
	# Its Makefile is the only file that names its place.
	sed -i "s|/usr/src/|$dir/usr/src/|" "$tmp/usr/src/$package/Makefile"
	suite=${suite%-backports}
	[ "$suite" != experimental ] || suite=sid # it has no libc of its own
	wrap_newer_programs "$tmp" "$dir" "$suite"
	chmod 755 "$tmp"
	rm -rf "$dir"
	mv "$tmp" "$dir"
}

headers_fetch_locked() {
	local name=$1 dir=$VM_CACHE/headers/$1 rel
	rel=$(kernel_release "$name")
	[ -e "$dir/usr/src/linux-headers-$rel" ] ||
		headers_unpack "$(suite_of_kernel "$name" "$(kernel_suite "$name")")" "$rel" "$dir"
}

# wrap_newer_programs TREE FINAL SUITE: kbuild's programs of a newer release want its libc. They
# get it, through its own loader, from SUITE's packages; TREE will be moved to FINAL.
wrap_newer_programs() {
	local tree=$1 final=$2 suite=$3 program lib wrap=()
	mapfile -t wrap < <(find "$tree/usr/lib" -type f -perm -u+x -exec sh -c \
		'for f; do if ldd "$f" 2>&1 | grep -q "not found"; then echo "$f"; fi; done' - {} +)
	[ ${#wrap[@]} -gt 0 ] || return 0
	apt_unpack "$suite" "$tree/libc" libc6 libelf1t64 libssl3t64 zlib1g libzstd1
	lib=$final/libc/usr/lib/$(arch_triplet "$(host_arch)")
	for program in "${wrap[@]}"; do
		mv "$program" "$program.newer"
		# shellcheck disable=SC2016 # for the wrapper
		printf '#!/bin/sh\nexec %s/%s --library-path %s %s "$@"\n' "$lib" \
			"$(arch_loader "$(host_arch)")" "$lib" "$final${program#"$tree"}.newer" >"$program"
		chmod 755 "$program"
	done
}

headers_fetch() {
	[ "$1" != debug ] || return 0
	[ ! -e "$(headers_dir "$1")" ] || return 0
	with_lock "headers-$1" headers_fetch_locked "$1"
}

# headers_make_in ARCH DIR ARG...: make in a folder of headers, with the host's compiler. BTF of
# modules would need pahole. Newer kernels were built by a newer gcc; the one option of it that gcc
# 12 lacks has a fall-back in kbuild.
headers_make_in() {
	local dir=$2 words
	words=$(arch_make "$1")
	if grep -q '^CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=y' "$dir/.config"; then
		words+=" CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT="
	fi
	shift 2
	# shellcheck disable=SC2086 # a list of words
	make -C "$dir" $words HOSTCC=gcc-12 CONFIG_DEBUG_INFO_BTF_MODULES= "$@"
}

# headers_make NAME ARG...: the same in those of a kernel that the guests boot. The debug kernel
# was built by gcc-12.
headers_make() {
	local name=$1
	shift
	headers_make_in "$(kernel_arch "$name")" "$(headers_dir "$name")" "$@"
}
