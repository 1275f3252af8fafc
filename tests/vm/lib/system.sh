# SPDX-License-Identifier: GPL-2.0-or-later
#
# A full Debian for tests/vm/system: a folder made by mmdebstrap once for each suite, the
# packages of this tree built in another one of the same suite, and a disk made of both. All
# of it is done on the host, natively: what takes a second here takes fifteen in the guest.
#   $VM_CACHE/system/SUITE/{base,build}-KEY/      folders that are copied from
#   $VM_CACHE/system/SUITE/debs-KEY/              the packages of one state of the tree
#   $VM_CACHE/system/SUITE/{bare,ready,source}-KEY.{root,boot}   disks, without and with them
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this
SYSTEM_SUITES=(bookworm trixie)
# shellcheck disable=SC2034 # as above
VM_PACKAGES_SYSTEM=(mmdebstrap dpkg-dev apt-utils)

# What tests want to meet in the guest; it has no network.
SYSTEM_PACKAGES="systemd,systemd-sysv,udev,dbus,libpam-systemd,initramfs-tools,zstd,dkms"
SYSTEM_PACKAGES+=",linux-image-amd64,linux-headers-amd64,e2fsprogs,fdisk,strace"
SYSTEM_PACKAGES+=",procps,less,bash-completion"
# what our packages depend on, so that apt in the guest finds it installed
SYSTEM_PACKAGES+=",libnl-3-200,libnl-genl-3-200,libsmartcols1,libinih1,libjson-c5,libncursesw6"
# other makers of swap and what tests install, offered by the guest's repository
SYSTEM_OTHERS=(systemd-zram-generator zram-tools dphys-swapfile dracut-core needrestart apparmor
	cryptsetup systemd-cryptsetup)

SYSTEM_BUILD_PACKAGES="build-essential,debhelper,dh-apparmor,dh-dkms,dkms,meson,ninja-build,pkgconf,scdoc"
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
# newer kernel is that of the suite's backports; the guest's repository has it too, for an upgrade.
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
		mkdir -p srv/repo/partial
		for p in ${SYSTEM_OTHERS[*]}; do
			chroot . apt-get -qq -y -o Dir::Cache::archives=/srv/repo --download-only install \$p || true
		done
		rmdir srv/repo/partial
		rm -f srv/repo/lock
		kernel=\$(ls boot | sed -n 's/^vmlinuz-//p' | sort -V | tail -n 1)
		kernel=\$(chroot . dpkg-query -W -f '\${db:Status-Status} \${Package}\n' "linux-*-\$kernel" |
			sed -n 's/^installed //p' | xargs)
		chroot . sh -c "cd /srv/repo && apt-get -qq download \$kernel"
		rm -rf var/cache/apt/archives/*.deb
	HOOK
}

# the folders' names, by what is in them
system_base_dir() {
	printf '%s/base-%s\n' "$(system_dir "$1")" \
		"$( (echo "$SYSTEM_PACKAGES" && system_hook "$1") | sha256sum | cut -c1-12)"
}

system_build_dir() {
	printf '%s/build-%s\n' "$(system_dir "$1")" \
		"$(system_build_packages "$1" | sha256sum | cut -c1-12)"
}

system_base_locked() {
	local suite=$1 dir base
	dir=$(system_dir "$suite")
	base=$(system_base_dir "$suite")
	mkdir -p "$dir"
	if [ ! -e "$base" ]; then
		say "making a Debian $suite (once, some minutes)"
		system_hook "$suite" >"$base.hook"
		chmod 755 "$base.hook"
		system_debian "$suite" important "$SYSTEM_PACKAGES" "$base" "$base.hook"
		drop_unused "$dir" 'base*'
	fi
}

system_base() {
	local base
	base=$(system_base_dir "$1")
	[ -e "$base" ] || with_lock "system-$1" system_base_locked "$1"
	touch "$base"
}

system_build_locked() {
	local suite=$1 dir build
	dir=$(system_dir "$suite")
	build=$(system_build_dir "$suite")
	mkdir -p "$dir"
	if [ ! -e "$build" ]; then
		say "making a build environment of $suite (once, some minutes)"
		system_debian "$suite" apt "$(system_build_packages "$suite")" "$build" true
		drop_unused "$dir" 'build*'
	fi
	touch "$build"
}

# Debian 12 has systemd.pc in systemd itself.
system_build_packages() {
	case $1 in
	bookworm) printf '%s\n' "${SYSTEM_BUILD_PACKAGES/systemd-dev/systemd}" ;;
	*) printf '%s\n' "$SYSTEM_BUILD_PACKAGES" ;;
	esac
}

# What the packages are made of: the name of their folder.
system_debs_key() {
	# shellcheck disable=SC2016 # for the inner shell
	(cd "$VM_TOP" && git ls-files -z --cached --others --exclude-standard -- debian libswapadm \
		swapctl swaptop tswap system man completions examples 'meson*' NEWS README.md 'LICENSE*' |
		sort -z | xargs -0 -r sh -c 'for f; do [ ! -f "$f" ] || echo "$f"; done' - |
		xargs -d '\n' sha256sum) | sha256sum | cut -c1-12
}

# in_chroot LOWER UPPER COMMAND...: COMMAND with a view of LOWER whose changes go to UPPER.
in_chroot() (
	lower=$1 upper=$2
	shift 2
	mkdir -p "$upper"/{upper,work,merged}
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --kill-child sh -ec '
		lower=$1 upper=$2
		shift 2
		mount -t overlay overlay "$upper/merged" \
			-o "lowerdir=$lower,upperdir=$upper/upper,workdir=$upper/work"
		mount -t proc proc "$upper/merged/proc"
		mount --bind /dev "$upper/merged/dev"
		[ ! -d "$upper/bind" ] || mount --bind "$upper/bind" "$upper/merged/mnt"
		exec chroot "$upper/merged" "$@"' - "$lower" "$upper" "$@"
)

# copy_tree DIR: the sources of this tree, as they are now
copy_tree() {
	mkdir -p "$1"
	# shellcheck disable=SC2016 # for the inner shell
	(cd "$VM_TOP" && git ls-files -z --cached --others --exclude-standard |
		xargs -0 sh -c 'for f; do [ ! -f "$f" ] || printf "%s\0" "$f"; done' - |
		cpio -0pdm --quiet "$1")
}

system_debs_locked() {
	local suite=$1 dir=$2 tmp
	[ ! -e "$dir" ] || return 0
	say "building the packages for $suite"
	tmp=$(mktemp -d "$VM_CACHE/system/build.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf --one-file-system '$tmp'" EXIT
	copy_tree "$tmp/bind/swapadm"
	in_chroot "$(system_build_dir "$suite")" "$tmp" env DEB_BUILD_OPTIONS="nocheck noautodbgsym" \
		LC_ALL=C.UTF-8 sh -c "cd /mnt/swapadm && dpkg-buildpackage -b -us -uc -j$(nproc)" \
		>"$(system_dir "$suite")/packages.log" 2>&1 ||
		die "the packages could not be built, see $(system_dir "$suite")/packages.log"
	drop_unused "$(system_dir "$suite")" 'debs-*'
	mkdir "$tmp/debs"
	mv "$tmp"/bind/*.deb "$tmp/debs/"
	mv "$tmp/debs" "$dir"
}

# system_debs SUITE: print the folder with the packages of this tree, built if need be.
system_debs() {
	local dir
	dir=$(system_dir "$1")/debs-$(system_debs_key)
	if [ ! -e "$dir" ]; then
		with_lock "system-build-$1" system_build_locked "$1"
		with_lock "system-build-$1" system_debs_locked "$1" "$dir"
	fi
	touch "$dir"
	printf '%s\n' "$dir"
}

# Run in the chroot before that, for a disk of the kind source: as a stranger does, with the
# suite's own archive.
source_disk_script() {
	cat <<-'SCRIPT'
		set -e
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		cp -r /mnt/swapadm /root/
		start=$(date +%s)
		(cd /root/swapadm && ./quickstart --packages)
		echo $(($(date +%s) - start)) >/root/quickstart-seconds
		apt-get clean
	SCRIPT
}

# Run in the chroot: what every disk has, and the packages of this tree where they are wanted.
system_disk_script() {
	cat <<-'SCRIPT'
		set -e
		export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod 755 /usr/sbin/policy-rc.d
		cp /mnt/*.deb /srv/repo/
		cd /srv/repo
		cat /mnt/Packages >Packages
		mkdir -p /etc/apt/sources.list.d /var/log/journal
		rm -f /etc/apt/sources.list.d/*
		echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list
		apt-get -qq update
		# until udev has seen it: 90 s are not enough on a machine that is busy
		printf '%s\n' 'LABEL=system-root / ext4 defaults 0 1' \
			'LABEL=system-boot /boot ext4 x-systemd.device-timeout=10min 0 2' >/etc/fstab
		echo swapadm-vm >/etc/hostname
		printf '127.0.0.1 localhost swapadm-vm\n' >/etc/hosts
		passwd -d root >/dev/null
		cp /mnt/vm-script.service /etc/systemd/system/
		ln -sf ../vm-script.service /etc/systemd/system/multi-user.target.wants/
		# nothing of the network or of timers in the boot times
		for unit in networking systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer \
			e2scrub_reap systemd-timesyncd dpkg-db-backup.timer; do
			ln -sf /dev/null "/etc/systemd/system/${unit%.timer}.${unit##*.}" 2>/dev/null || true
		done
		if [ "$1" = ready ]; then
			apt-get -qq -y install swapadm tswap-dkms
			for k in /lib/modules/*-*; do
				/usr/lib/tswap-dkms/build "${k##*/}"
			done
		fi
		rm /usr/sbin/policy-rc.d
	SCRIPT
}

system_disk_locked() {
	local suite=$1 kind=$2 debs=$3 disk=$4 tmp script
	[ ! -e "$disk.root" ] || return 0
	say "making a $kind disk of $suite"
	tmp=$(mktemp -d "$VM_CACHE/system/disk.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf --one-file-system '$tmp'" EXIT
	mkdir -p "$tmp/bind"
	cp "$debs"/*.deb "$tmp/bind/"
	mkdir "$tmp/index"
	cp "$debs"/*.deb "$tmp/index/"
	cp "$(system_base_dir "$suite")"/srv/repo/*.deb "$tmp/index/" 2>/dev/null || true
	(cd "$tmp/index" && apt-ftparchive packages . >"$tmp/bind/Packages")
	rm -rf "$tmp/index"
	cp "$VM_LIB/vm-script.service" "$tmp/bind/"
	script=$(system_disk_script)
	if [ "$kind" = source ]; then
		copy_tree "$tmp/bind/swapadm"
		script=$(source_disk_script; printf '%s\n' "$script")
	fi
	in_chroot "$(system_base_dir "$suite")" "$tmp" sh -c "$script" - "$kind" \
		>"$disk.log" 2>&1 || die "the disk could not be made, see $disk.log"
	# /boot is a disk of its own: the host takes kernel and initramfs from it at each boot.
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount sh -ec '
		lower=$1 tmp=$2
		mount -t overlay overlay "$tmp/merged" \
			-o "lowerdir=$lower,upperdir=$tmp/upper,workdir=$tmp/work"
		/sbin/mke2fs -q -t ext4 -m 0 -L system-boot -E root_owner=0:0,lazy_itable_init=1 \
			-d "$tmp/merged/boot" "$tmp/boot" 512M
		mount -t tmpfs tmpfs "$tmp/merged/boot"
		/sbin/mke2fs -q -t ext4 -m 0 -L system-root -E root_owner=0:0,lazy_itable_init=1 \
			-d "$tmp/merged" "$tmp/root" 6G' - "$(system_base_dir "$suite")" "$tmp" >&2
	# each state of the sources has a disk of 2 GiB: the four newest stay
	# shellcheck disable=SC2012 # our own names
	ls -t "$(system_dir "$suite")"/*.root 2>/dev/null | tail -n +5 | while read -r old; do
		rm -f "$old" "${old%.root}.boot" "${old%.root}.log"
	done || true
	mv "$tmp/boot" "$disk.boot"
	mv "$tmp/root" "$disk.root"
}

# system_disk SUITE bare|ready|source [DEBS]: print the name of the disk; .root and .boot are appended.
system_disk() {
	local suite=$1 kind=$2 debs=${3-} disk
	[ -n "$debs" ] || debs=$(system_debs "$suite")
	disk=$(system_dir "$suite")/$kind-$( (system_base_dir "$suite" && system_disk_script &&
		cat "$VM_LIB/vm-script.service" &&
		{ [ "$kind" != source ] || { source_disk_script && system_debs_key; }; } &&
		sha256sum "$debs"/*.deb | cut -d' ' -f1) | sha256sum | cut -c1-12)
	if [ ! -e "$disk.root" ]; then
		system_base "$suite"
		with_lock "system-disk-$suite" system_disk_locked "$suite" "$kind" "$debs" "$disk"
	fi
	touch "$disk.root" "$disk.boot"
	printf '%s\n' "$disk"
}
