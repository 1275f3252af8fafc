# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by the scripts of tests/vm: places, messages, locks. Sourced by bash, sets nothing
# but functions and the variables named here.
# shellcheck shell=bash disable=SC2034 # the scripts that source it use the variables

shopt -s inherit_errexit

VM_LIB=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
VM_DIR=$(dirname -- "$VM_LIB")
VM_TOP=$(dirname -- "$(dirname -- "$VM_DIR")")

# What is fetched once and kept: kernels, headers, guest images, logs.
VM_CACHE=${SWAPADM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/swapadm/vm}

# The meson build whose tools go into the guest. Modules lie in it too.
VM_BUILD=$(readlink -m -- "${SWAPADM_BUILD:-$VM_TOP/build}")

VM_KERNELS=(6.1 6.12 7.3)

# What the host itself needs. QEMU and everything that the guest uses is taken from the host
# where it is installed and fetched into the cache where it is not.
VM_PACKAGES_RUN=(cpio kmod e2fsprogs xz-utils zstd)
VM_PACKAGES_MODULE=(gcc-12 make xz-utils kmod)
VM_PACKAGES_DEBUG=(gcc-12 make flex bison bc libelf-dev xz-utils kmod)

say() {
	printf '%s: %s\n' "${VM_ME:-tests/vm}" "$*" >&2
}

die() {
	say "$*"
	exit "${VM_DIE:-1}"
}

# with_lock NAME CMD...: one process at a time prepares the thing called NAME. Runs CMD in a
# subshell; call it where errexit counts (not behind || or in a condition).
with_lock() (
	mkdir -p "$VM_CACHE/lock"
	exec 9>"$VM_CACHE/lock/$1"
	if ! flock -n 9; then
		say "waiting for another process that prepares $1"
		flock 9
	fi
	shift
	"$@"
)

packages_missing() {
	local p
	for p; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] ||
			printf '%s ' "$p"
	done
}

# install_packages PACKAGE...: installs what is missing, or says what to install.
install_packages() {
	local missing
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		die "packages are missing; as root: apt-get install -y --no-install-recommends $missing"
	fi
	say "installing $missing"
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2 ||
		{ apt-get update -qq >&2 &&
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
				--no-install-recommends $missing >&2; } ||
		die "apt-get could not install: $missing"
}

require_packages() {
	local missing
	missing=$(packages_missing "$@")
	[ -z "$missing" ] || die "packages are missing: $missing(\`$0 --install\` as root installs them)"
}

check_kernel_name() {
	local k f
	for k in "${VM_KERNELS[@]}" debug; do
		[ "$1" != "$k" ] || return 0
	done
	for k in "${VM_KERNELS[@]}"; do
		for f in "${VM_FLAVOURS[@]}"; do
			[ "$1" != "$k-$f" ] || return 0
		done
	done
	die "no such kernel: $1 (there are: ${VM_KERNELS[*]} debug; for others SERIES-arm64, SERIES-arm64-16k)"
}

# shellcheck source=tests/vm/lib/arch.sh
. "$VM_LIB/arch.sh"
