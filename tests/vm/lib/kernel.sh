# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fetches a Debian kernel once and keeps the part of it that the guests use:
#   $VM_CACHE/kernel/NAME/{release,vmlinux,config,lib/modules/RELEASE/...}
# shellcheck shell=bash

# Modules that a guest may want; the rest of the package (sound, graphics, ...) is dropped.
KERNEL_MODULE_DIRS="crypto lib mm arch drivers/block drivers/md drivers/virtio drivers/char
	drivers/nvdimm drivers/nvme drivers/dax drivers/scsi drivers/crypto drivers/net/virtio_net*
	drivers/net/net_failover* block net/core net/9p net/sched fs"

# kernel_suite NAME: the suite that carries this kernel for the machine's release or a newer one.
# Kernels with pages of 16 KiB are there from trixie on.
kernel_suite() {
	case $1 in
	6.1 | 6.1-*) echo bookworm ;;
	6.12-*-16k) echo trixie ;;
	6.12*) echo bookworm-backports ;;
	7.3*) echo trixie-backports ;;
	esac
}

first_of() {
	local f
	for f; do
		[ ! -e "$f" ] || { printf '%s\n' "$f"; return; }
	done
	die "the kernel package has none of: $*"
}

kernel_dir() {
	printf '%s\n' "$VM_CACHE/kernel/$1"
}

kernel_release() {
	cat "$VM_CACHE/kernel/$1/release"
}

# The newest backports kernel may have moved on: 7.3 stands for the newest one from 7.3 on, the
# others for their own series.
kernel_check_series() {
	local name=$1 rel=$2 newest
	case $name in
	7.3)
		newest=$(printf '%s\n' 7.3 "$rel" | sort -V | tail -n1)
		[ "$newest" = "$rel" ] || die "the newest backports kernel is $rel, older than 7.3"
		;;
	*) [[ $rel == "$name".* ]] || die "the archive has kernel $rel where $name was expected" ;;
	esac
}

# kernel_unpack VMLINUZ OUT: the bare ELF kernel of a bzImage. QEMU starts it through its PVH entry,
# which saves the seconds that an emulated processor would take to decompress it. What is no bzImage
# (arm64) is for QEMU as it is.
kernel_unpack() {
	local setup offset length
	if [ "$(tail -c +515 "$1" | head -c4)" != HdrS ]; then
		cp "$1" "$2"
		return
	fi
	setup=$(od -An -tu1 -j497 -N1 "$1")
	offset=$(od -An -tu4 -j584 -N4 "$1")
	length=$(od -An -tu4 -j588 -N4 "$1")
	tail -c +$(((setup + 1) * 512 + offset + 1)) "$1" | head -c "$length" >"$2.packed" || true
	# The packed kernel is followed by its size, of which xz and zstd complain.
	xz -dcq <"$2.packed" >"$2" 2>/dev/null || true
	[ -s "$2" ] || zstd -dcq <"$2.packed" >"$2" 2>/dev/null || true
	rm -f "$2.packed"
	[ "$(head -c4 "$2" | tail -c3)" = ELF ] || die "could not unpack the kernel $1"
}

kernel_fetch_locked() {
	local name=$1 dir suite package rel tmp d f
	dir=$(kernel_dir "$name")
	[ ! -e "$dir/release" ] || return 0
	suite=$(suite_of_kernel "$name" "$(kernel_suite "$name")")
	package=$(apt_depends "$suite" "linux-image-$(kernel_flavour "$name")" '^linux-image-[0-9]')
	[ -n "$package" ] || die "no kernel package found in $suite"
	rel=${package#linux-image-}
	kernel_check_series "$(kernel_series "$name")" "$rel"
	tmp=$(mktemp -d "$VM_CACHE/kernel.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf '$tmp'" EXIT
	# Since 7.x the image package only depends on those that hold the files.
	# shellcheck disable=SC2046 # a list of words
	apt_unpack "$suite" "$tmp/deb" "$package" \
		$(apt_depends "$suite" "$package" '^linux-(base|binary|modules)-[0-9]')
	f=$tmp/deb/usr/lib/modules/$rel
	[ -d "$f" ] || f=$tmp/deb/lib/modules/$rel
	mkdir -p "$tmp/new/lib/modules/$rel/kernel"
	cp "$f"/modules.{order,builtin,builtin.modinfo} "$tmp/new/lib/modules/$rel/"
	# Before 7.x these two are in /boot.
	kernel_unpack "$(first_of "$tmp/deb/boot/vmlinuz-$rel" "$f/vmlinuz")" "$tmp/new/vmlinux"
	cp "$(first_of "$tmp/deb/boot/config-$rel" "$f/config")" "$tmp/new/config"
	for d in $KERNEL_MODULE_DIRS; do
		(cd "$f/kernel" && for m in $d; do
			[ ! -e "$m" ] || cp -r --parents "$m" "$tmp/new/lib/modules/$rel/kernel/"
		done)
	done
	# Unpacked, so that the initramfs's insmod can read them too.
	find "$tmp/new" -name '*.ko.xz' -exec xz -d {} +
	find "$tmp/new" -name '*.ko.zst' -exec zstd -q -d --rm {} +
	/sbin/depmod -b "$tmp/new" "$rel"
	printf '%s\n' "$rel" >"$tmp/new/release"
	mkdir -p "$VM_CACHE/kernel"
	mv "$tmp/new" "$dir"
	say "kernel $name is $rel"
}

# kernel_fetch NAME: make sure that the kernel is in the cache.
kernel_fetch() {
	[ ! -e "$(kernel_dir "$1")/release" ] || return 0
	[ "$1" != debug ] || die "the debug kernel is not built yet; run tests/vm/build-debug-kernel"
	with_lock "kernel-$1" kernel_fetch_locked "$1"
}
