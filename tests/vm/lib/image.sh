# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest's root file system: an ext4 image for each kernel, cached, made of Debian packages
# (copied from the host where installed, fetched where not) and the kernel's modules. A guest
# writes to a throw-away copy (-snapshot). It is a disk and no 9p export of the host because a
# guest that runs out of memory has to page its own programs in without a network file
# system's allocations, and because nothing of the host's /etc may leak into a test.
# shellcheck shell=bash

GUEST_PACKAGES="bash busybox-static coreutils util-linux util-linux-extra mount bsdutils e2fsprogs
	kmod procps grep sed mawk findutils diffutils libc-bin ncurses-base ncurses-bin debianutils
	dash tar gzip fio dmsetup strace iproute2 nbd-client nbd-server lvm2 btrfs-progs xfsprogs
	passwd login fdisk tmux cryptsetup-bin stress-ng memtester redis-server redis-tools"

# In a guest of another processor: all of it is fetched, with the libraries of the tools.
FOREIGN_PACKAGES="bash busybox-static coreutils util-linux util-linux-extra mount bsdutils e2fsprogs
	kmod procps grep sed mawk findutils diffutils libc-bin ncurses-base ncurses-bin debianutils
	dash tar gzip dmsetup iproute2 libblkid1 libmount1 libsmartcols1 libnl-3-200
	libnl-genl-3-200 libncursesw6 libinih1 libjson-c5 fdisk"

# What a guest never reads.
GUEST_EXCLUDE='^/(usr/share/(doc|man|locale|info|lintian|menu|bug|bash-completion|zsh|fio)|'
GUEST_EXCLUDE+='(usr/)?lib/(systemd|udev|tmpfiles.d)|'
GUEST_EXCLUDE+='etc/(init.d|cron[^/]*|systemd|default|nbd-server|pam.d))/'

# userland_key: the versions of everything that makes the userland, hashed: the name of the
# cached copy. Taken once a run, as somebody may install packages meanwhile.
userland_key() {
	printf '%s\n' "${VM_USERLAND_KEY:=$(userland_hash)}"
}

userland_hash() {
	# shellcheck disable=SC2086 # lists of words
	{
		dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\n' \
			$GUEST_PACKAGES libc6 2>/dev/null || true
		cat "$VM_LIB/image.sh" "$VM_LIB/guest-init.sh"
	} | sha256sum | cut -c1-12
}

# stage_installed DIR PACKAGE...: copy the files of installed packages.
stage_installed() {
	local dir=$1
	shift
	dpkg -L "$@" | grep -Ev "$GUEST_EXCLUDE" | sort -u | while IFS= read -r f; do
		if [ -L "$f" ] || [ -f "$f" ]; then
			printf '%s\n' "${f#/}"
		fi
	done | tar -C / --no-recursion -cf - -T - | tar -C "$dir" --no-same-owner --keep-directory-symlink -xf -
}

# stage_fetched DIR PACKAGE...: the files of packages that the host does not have.
stage_fetched() {
	local dir=$1 tmp
	shift
	tmp=$(mktemp -d "$VM_CACHE/fetch.XXXXXX")
	apt_unpack_needed "$(host_suite)" "$tmp" "$@" || { rm -rf "$tmp"; return 1; }
	stage_folder "$dir" "$tmp"
	rm -rf "$tmp"
}

# stage_foreign DIR ARCH: what a guest of another processor has
stage_foreign() {
	local dir=$1 tmp
	tmp=$(mktemp -d "$VM_CACHE/fetch.XXXXXX")
	# shellcheck disable=SC2086 # a list of words
	apt_unpack_all "$(host_suite):$2" "$tmp" $FOREIGN_PACKAGES || { rm -rf "$tmp"; return 1; }
	stage_folder "$dir" "$tmp"
	rm -rf "$tmp"
}

# stage_folder DIR FROM: what a guest reads of packages that were unpacked in FROM
stage_folder() {
	(cd "$2" && find . \( -type f -o -type l \) | sed 's/^\.//' | grep -Ev "$GUEST_EXCLUDE" |
		sed 's/^\///' | tar --no-recursion -cf - -T -) |
		tar -C "$1" --no-same-owner --keep-directory-symlink -xf -
}

# stage_libraries DIR BASE FILE...: copy into DIR the host's libraries that the ELF files need
# and that are neither in DIR nor in BASE.
stage_libraries() {
	local dir=$1 base=$2 lib
	shift 2
	{ ldd "$@" 2>/dev/null || true; } | awk '/=> \//{print $3} $1 ~ /^\/lib/{print $1}' | sort -u |
		while IFS= read -r lib; do
			lib=$(readlink -f "${lib%/*}")/${lib##*/}
			if [ ! -e "$dir$lib" ] && [ ! -e "${base:-$dir}$lib" ]; then
				mkdir -p "$dir${lib%/*}"
				cp -L "$lib" "$dir$lib"
			fi
		done
}

# list_elf DIR: ELF programs and libraries below DIR.
list_elf() {
	local f magic
	find "$1" -type f \( -perm -u+x -o -name '*.so*' \) -print0 | while IFS= read -r -d '' f; do
		magic=
		IFS= read -r -d '' -n4 magic <"$f" || true
		[ "$magic" != $'\177ELF' ] || printf '%s\n' "$f"
	done
}

# drop_unused DIR [PATTERN]: remove what no run has asked for in three days. Images of other
# checkouts, whose keys differ, stay meanwhile.
drop_unused() {
	find "$1" -mindepth 1 -maxdepth 1 -name "${2-*}" -mtime +2 -exec rm -rf {} +
}

# userland_name KERNEL: the key, and the processor if it is another one
userland_name() {
	if is_foreign "$1"; then
		printf '%s-%s\n' "$(userland_key)" "$(kernel_arch "$1")"
	else
		userland_key
	fi
}

stage_own() {
	local tmp=$1 p have='' lack=''
	for p in $GUEST_PACKAGES; do
		if [ -z "$(packages_missing "$p")" ]; then have+=" $p"; else lack+=" $p"; fi
	done
	# shellcheck disable=SC2086 # lists of words
	{
		stage_installed "$tmp" $have
		[ -z "$lack" ] || stage_fetched "$tmp" $lack
	}
	mapfile -t elf < <(list_elf "$tmp/usr")
	stage_libraries "$tmp" "" "${elf[@]}"
}

# userland_build_locked NAME ARCH
userland_build_locked() {
	local dir=$VM_CACHE/userland/$1 arch=$2 triplet tmp d
	[ ! -e "$dir" ] || return 0
	triplet=$(arch_triplet "$arch")
	tmp=$(mktemp -d "$VM_CACHE/userland.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf '$tmp'" EXIT
	chmod 755 "$tmp"
	mkdir -p "$tmp"/usr/{bin,sbin,lib,lib64} "$tmp/usr/lib/$triplet" \
		"$tmp"/{dev,proc,sys,run,tmp,etc,root,home,mnt,share,src,var/{lib,log,tmp,cache},boot}
	for d in bin sbin lib lib64; do
		ln -s "usr/$d" "$tmp/$d"
	done
	ln -s /run "$tmp/var/run"
	if [ "$arch" = "$(host_arch)" ]; then
		stage_own "$tmp"
	else
		stage_foreign "$tmp" "$arch"
	fi
	[ -e "$tmp/usr/bin/awk" ] || ln -sf mawk "$tmp/usr/bin/awk"
	install -m755 "$VM_LIB/guest-init.sh" "$tmp/usr/sbin/guest-init"
	[ -e "$tmp/usr/bin/which" ] || ln -sf which.debianutils "$tmp/usr/bin/which"
	guest_etc "$tmp/etc" "$triplet"
	/sbin/ldconfig -r "$tmp" 2>/dev/null || true
	mkdir -p "$VM_CACHE/userland"
	drop_unused "$VM_CACHE/userland"
	mv "$tmp" "$dir"
	trap - EXIT
}

guest_etc() { # DIR TRIPLET
	local etc=$1
	printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'user:x:1000:1000:user:/home:/bin/bash' \
		'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >"$etc/passwd"
	printf '%s\n' 'root:x:0:' 'disk:x:6:' 'user:x:1000:' 'nogroup:x:65534:' >"$etc/group"
	printf '%s\n' '127.0.0.1 localhost swapadm-vm' >"$etc/hosts"
	printf 'swapadm-vm\n' >"$etc/hostname"
	: >"$etc/fstab"
	ln -sf /proc/self/mounts "$etc/mtab"
	printf '%s\n' "PS1='vm:\\w\\$ '" | tee "$etc/bash.bashrc" >"$etc/profile"
	cp /etc/ld.so.conf "$etc/" 2>/dev/null || true
	mkdir -p "$etc/ld.so.conf.d"
	printf '/usr/lib/%s\n' "$2" >"$etc/ld.so.conf.d/$2.conf"
}

image_build_locked() {
	local kernel=$1 image=$2 key=$3 tmp as_root=()
	[ ! -e "$image" ] || return 0
	userland_build_locked "$key" "$(kernel_arch "$kernel")"
	say "making the guest image for $kernel"
	mkdir -p "$VM_CACHE/image"
	tmp=$(mktemp -d "$VM_CACHE/image.XXXXXX")
	# shellcheck disable=SC2064 # its value now
	trap "rm -rf '$tmp'" EXIT
	cp -al "$VM_CACHE/userland/$key" "$tmp/root"
	mkdir -p "$tmp/root/usr/lib/modules"
	cp -al "$(kernel_dir "$kernel")/lib/modules/." "$tmp/root/usr/lib/modules/"
	# An ordinary user owns the files; in the image root shall.
	if [ "$(id -u)" -ne 0 ] && unshare -r true 2>/dev/null; then
		as_root=(unshare -r)
	fi
	"${as_root[@]}" /sbin/mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -m 0 -L swapadm-root \
		-E root_owner=0:0,lazy_itable_init=0,nodiscard -d "$tmp/root" "$tmp/image" 1G >/dev/null
	drop_unused "$VM_CACHE/image"
	mv "$tmp/image" "$image"
}

# guest_image NAME: print the path of the root image for this kernel, made if need be.
guest_image() {
	local key image
	key=$(userland_name "$1")
	image=$VM_CACHE/image/$1-$key.ext4
	if [ ! -e "$image" ]; then
		with_lock image image_build_locked "$1" "$image" "$key"
	fi
	touch "$image" "$VM_CACHE/userland/$key"
	printf '%s\n' "$image"
}

# The initramfs only finds the root disk. Modules go in by hand: the order of modules.dep.
initramfs_modules="virtio_pci virtio_blk ext4 virtio_console"

initramfs_build() {
	local kernel=$1 out=$2 dir rel tmp m
	dir=$(kernel_dir "$kernel")
	rel=$(kernel_release "$kernel")
	tmp=$(mktemp -d "$VM_CACHE/initramfs.XXXXXX")
	mkdir -p "$tmp"/{bin,dev,proc,sys,new,modules}
	cp "$VM_CACHE/userland/$(userland_name "$kernel")/bin/busybox" "$tmp/bin/busybox"
	install -m755 "$VM_LIB/initramfs-init.sh" "$tmp/init"
	for m in $initramfs_modules; do
		/sbin/modprobe -d "$dir" -S "$rel" --show-depends -q "$m" || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while IFS= read -r m; do
		cp "$m" "$tmp/modules/"
		printf '%s\n' "${m##*/}" >>"$tmp/modules/order"
	done
	touch "$tmp/modules/order"
	(cd "$tmp" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$out.tmp"
	mv "$out.tmp" "$out"
	rm -rf "$tmp"
}

# guest_initramfs NAME: print the path of the initramfs for this kernel, made if need be.
guest_initramfs() {
	local out
	out=$VM_CACHE/image/$1-$( (userland_key && cat "$VM_LIB/initramfs-init.sh") |
		sha256sum | cut -c1-12).cpio
	if [ ! -e "$out" ]; then
		with_lock image initramfs_build "$1" "$out"
	fi
	touch "$out"
	printf '%s\n' "$out"
}
