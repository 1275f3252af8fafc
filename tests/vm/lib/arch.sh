# SPDX-License-Identifier: GPL-2.0-or-later
#
# Processors. A kernel is called SERIES for the host's own and SERIES-FLAVOUR for another, such
# as 7.3-arm64 or 7.3-arm64-16k (pages of 16 KiB; on an arm64 host, too). What is foreign runs
# under emulation only, with tools from tests/cross.
# shellcheck shell=bash disable=SC2034 # the scripts that source it use the variables

VM_FLAVOURS=(arm64 arm64-16k)

host_arch() {
	dpkg --print-architecture
}

# kernel_series NAME: 7.3 of 7.3-arm64-16k
kernel_series() {
	printf '%s\n' "${1%%-arm64*}"
}

# kernel_flavour NAME: as the ends of Debian's package names are: amd64, arm64-16k
kernel_flavour() {
	case $1 in
	*-arm64) echo arm64 ;;
	*-arm64-16k) echo arm64-16k ;;
	*) host_arch ;;
	esac
}

# kernel_arch NAME: amd64, arm64
kernel_arch() {
	local flavour
	flavour=$(kernel_flavour "$1")
	printf '%s\n' "${flavour%-16k}"
}

# is_foreign NAME: is it for another processor than the host's?
is_foreign() {
	[ "$(kernel_arch "$1")" != "$(host_arch)" ]
}

# suite_of_kernel NAME SUITE: the suite as apt.sh wants it for the kernel's packages
suite_of_kernel() {
	if is_foreign "$1"; then
		printf '%s:%s\n' "$2" "$(kernel_arch "$1")"
	else
		printf '%s\n' "$2"
	fi
}

# arch_triplet ARCH: in the names of its folders and compilers
arch_triplet() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	*) die "no guests for the processor $1" ;;
	esac
}

# arch_loader ARCH: the dynamic loader
arch_loader() {
	case $1 in
	amd64) echo ld-linux-x86-64.so.2 ;;
	arm64) echo ld-linux-aarch64.so.1 ;;
	esac
}

# arch_qemu ARCH: "PACKAGE COMMAND"
arch_qemu() {
	case $1 in
	amd64) echo qemu-system-x86 qemu-system-x86_64 ;;
	arm64) echo qemu-system-arm qemu-system-aarch64 ;;
	esac
}

# arch_serial ARCH: "KERNEL-CONSOLE TERMINAL": where messages go, and the terminal of --interactive
arch_serial() {
	case $1 in
	amd64) echo ttyS1,115200 ttyS0 ;;
	arm64) echo ttyAMA0 hvc0 ;;
	esac
}

# build_of_kernel NAME: the meson build whose tools go into its guest
build_of_kernel() {
	if is_foreign "$1"; then
		printf '%s-%s\n' "$VM_BUILD" "$(kernel_arch "$1")"
	else
		printf '%s\n' "$VM_BUILD"
	fi
}

# arch_make ARCH: the words for make of a kernel's headers, with the compiler of the host's release
arch_make() {
	if [ "$1" = "$(host_arch)" ]; then
		echo CC=gcc-12
	else
		echo "ARCH=$1 CROSS_COMPILE=$(arch_triplet "$1")- CC=$(arch_triplet "$1")-gcc-12"
	fi
}

# arch_packages NAME...: what else the host needs to build modules for these kernels
arch_packages() {
	local name
	for name; do
		if is_foreign "$name"; then
			echo "gcc-12-$(arch_triplet "$(kernel_arch "$name")" | tr _ -)"
		fi
	done | sort -u
}

# named_kernel SERIES FLAVOUR: the name of a kernel that the user asked for by --arch
named_kernel() {
	if [ -z "$2" ] || [ "$2" = "$(host_arch)" ]; then
		printf '%s\n' "$1"
	else
		printf '%s-%s\n' "$1" "$2"
	fi
}
