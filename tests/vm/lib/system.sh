# SPDX-License-Identifier: GPL-2.0-or-later
#
# A full Debian for tests/vm/system: a folder made by mmdebstrap once for each suite, the
# packages of this tree built in another one of the same suite, and a disk made of both. All
# of it is done on the host, natively: what takes a second here takes fifteen in the guest.
#   $VM_CACHE/system/SUITE/{base,build}/          folders that are copied from
#   $VM_CACHE/system/SUITE/debs-KEY/              the packages of one state of the tree
#   $VM_CACHE/system/SUITE/{bare,ready-KEY}.{root,boot}   disks, without and with them
# shellcheck shell=bash

SYSTEM_SUITES=(bookworm trixie)
VM_PACKAGES_SYSTEM=(mmdebstrap dpkg-dev apt-utils)

# What tests want to meet in the guest; it has no network.
SYSTEM_PACKAGES="systemd,systemd-sysv,udev,dbus,libpam-systemd,initramfs-tools,zstd,dkms"
SYSTEM_PACKAGES+=",linux-image-amd64,linux-headers-amd64,e2fsprogs,fdisk,strace"
SYSTEM_PACKAGES+=",procps,less,bash-completion"
# what our packages depend on, so that apt in the guest finds it installed
SYSTEM_PACKAGES+=",libnl-3-200,libnl-genl-3-200,libsmartcols1,libinih1,libjson-c5,libncursesw6"
# other makers of swap, offered by the guest's repository, not installed
SYSTEM_OTHERS=(systemd-zram-generator zram-tools dphys-swapfile dracut-core needrestart)

SYSTEM_BUILD_PACKAGES="build-essential,debhelper,dh-dkms,dkms,meson,ninja-build,pkgconf,scdoc"
SYSTEM_BUILD_PACKAGES+=",libblkid-dev,libmount-dev,libsmartcols-dev,libnl-3-dev,libnl-genl-3-dev"
SYSTEM_BUILD_PACKAGES+=",libncurses-dev,libinih-dev,libjson-c-dev,libcmocka-dev,python3"
SYSTEM_BUILD_PACKAGES+=",systemd-dev,fakeroot"

system_dir() {
	printf '%s\n' "$VM_CACHE/system/$1"
}

# The suites that a guest of SUITE knows, for the kernel of its backports too.
system_sources() {
	local suite=$1 uri keyring by=''
	read -r uri keyring <<<"$(mirror_of_machine)" || true
	[ -n "$uri" ] || die "no Debian mirror found in the machine's apt sources"
	[ -z "$keyring" ] || by="[signed-by=$keyring] "
	printf 'deb %s%s %s main\n' "$by" "$uri" "$suite"
	printf 'deb %s%s %s-backports main\n' "$by" "$uri" "$suite"
}

# system_debian SUITE VARIANT PACKAGES DIR HOOK: one Debian, as a folder.
system_debian() {
	local suite=$1 variant=$2 packages=$3 dir=$4 hook=$5 sources acquire=()
	sources=$(system_sources "$suite")
	# The machine's proxies and time-outs hold here too.
	mapfile -t acquire < <(apt-config dump | grep '^Acquire::' |
		grep -v -e IndexTargets -e CompressionTypes -e '""' -e '::Languages' |
		sed 's/^/--aptopt=/')
	rm -rf --one-file-system "$dir.tmp"
	mmdebstrap --quiet --format=directory --variant="$variant" --include="$packages" \
		--architectures=amd64 "${acquire[@]}" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-confold --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*/*.gz' \
		--essential-hook="$hook essential \"\$1\"" --customize-hook="$hook customize \"\$1\"" \
		"$suite" "$dir.tmp" - <<<"$sources" >&2 ||
		die "Debian $suite could not be made"
	mv "$dir.tmp" "$dir"
}

# system_hook SUITE: what is done to a base system while it is made. Its initramfs has the
# modules of the virtual machine only: all of them take minutes, here and in the guest. The
# newer kernel is that of the suite's backports.
system_hook() {
	cat <<-HOOK
		#!/bin/sh
		set -e
		cd "\$2"
		case \$1 in
		essential)
			mkdir -p etc/initramfs-tools/conf.d
			echo MODULES=list >etc/initramfs-tools/conf.d/vm
			printf '%s\n' virtio_pci virtio_blk virtio_console ext4 >etc/initramfs-tools/modules
			exit 0 ;;
		esac
		chroot . apt-get -qq update
		chroot . apt-get -qq -y -t $1-backports install linux-image-amd64 linux-headers-amd64
		mkdir -p srv/repo
		for p in ${SYSTEM_OTHERS[*]}; do
			chroot . sh -c "cd /srv/repo && apt-get -qq download \$p" || true
		done
		rm -rf var/cache/apt/archives/*.deb
	HOOK
}

system_base_locked() {
	local suite=$1 dir
	dir=$(system_dir "$suite")
	mkdir -p "$dir"
	if [ ! -e "$dir/base" ]; then
		say "making a Debian $suite (once, some minutes)"
		system_hook "$suite" >"$dir/hook"
		chmod 755 "$dir/hook"
		system_debian "$suite" important "$SYSTEM_PACKAGES" "$dir/base" "$dir/hook"
	fi
	if [ ! -e "$dir/build" ]; then
		say "making a build environment of $suite (once, some minutes)"
		system_debian "$suite" apt "$(system_build_packages "$suite")" "$dir/build" true
	fi
}

# Debian 12 has systemd.pc in systemd itself.
system_build_packages() {
	case $1 in
	bookworm) printf '%s\n' "${SYSTEM_BUILD_PACKAGES/systemd-dev/systemd}" ;;
	*) printf '%s\n' "$SYSTEM_BUILD_PACKAGES" ;;
	esac
}
