# SPDX-License-Identifier: GPL-2.0-or-later
#
# One run of a guest: the files it gets, QEMU's arguments, its output, its end. Works on the
# variables of tests/vm/run.
# shellcheck shell=bash disable=SC2154,SC2054

# new_log: a file for the kernel's messages; the last 40 are kept.
new_log() {
	if [ -z "$log" ]; then
		mkdir -p "$VM_CACHE/log"
		log=$VM_CACHE/log/$(date +%Y%m%d-%H%M%S)-$kernel-$$.log
		find "$VM_CACHE/log" -name '*.log' -printf '%T@ %p\n' | sort -rn | tail -n +41 |
			cut -d' ' -f2- | xargs -r rm -f
	fi
	: >"$log" || die "cannot write the log $log"
}

# guest_files DIR: what this run adds to the guest's root: tools, modules, sources, orders.
guest_files() {
	local add=$1 libraries
	libraries=$add/usr/lib/$(arch_triplet "$(kernel_arch "$kernel")")
	mkdir -p "$add"/{etc,src,usr/bin} "$libraries"
	add_tools "$add" "$(build_of_kernel "$kernel")"
	add_modules "$add"
	# Somebody may be editing: status 1 only says that files changed or went meanwhile.
	{ tar -C "$VM_TOP" --exclude=./.git --exclude='./build*' --exclude=./.cache \
		--exclude=./tests/roots --exclude='*.o' --exclude='*.ko' --warning=no-file-changed \
		--warning=no-file-removed -cf - . || [ $? -eq 1 ]; } | tar -C "$add/src" -xf -
	add_orders "$add"
	(cd "$add/.." && find add -print0 | cpio -0 -o -H newc -R 0:0 --quiet) |
		cat "$initramfs" - >"$run/initrd"
	rm -rf "$add"
}

add_tools() { # DIR BUILD
	local add=$1 build=$2 f elf=()
	[ -d "$build" ] || return 0
	while IFS= read -r -d '' f; do
		elf+=("$f")
	done < <(find "$build" -name '*.p' -prune -o -name 'meson-*' -prune -o \
		-path "$build/modules" -prune -o -path "$build/tests/unit" -prune -o \
		-path "$build/tests/fuzz" -prune -o -path "$build/shims" -prune -o -type f \( -perm -u+x -o -name '*.so.*' \) -print0)
	[ ${#elf[@]} -gt 0 ] || return 0
	for f in "${elf[@]}"; do
		case ${f##*/} in
		swapadm-worker) # where the library looks for it
			add_worker "$add/usr/libexec/libswapadm0" "$f"
			;;
		*.so | *.so.*) cp -a "$f" "$libraries/" ;;
		*) cp -a "$f" "$add/usr/bin/" ;;
		esac
	done
	find "$build" -name '*.p' -prune -o -type l -name '*.so*' -exec cp -a {} "$libraries/" \;
	is_foreign "$kernel" ||
		stage_libraries "$add" "$VM_CACHE/userland/$(userland_key)" "${elf[@]}"
}

# A worker gets no environment. Its counters of a build with gcov are to go where those of
# other programs do, so a script with its name sets that.
add_worker() { # FOLDER FILE
	local folder=$1 entry

	mkdir -p "$folder"
	for entry in "${env[@]}"; do
		[[ $entry == GCOV_PREFIX=* ]] || continue
		mkdir -p "$folder/counted"
		cp -a "$2" "$folder/counted/"
		printf '#!/bin/sh\n%s exec %s/counted/swapadm-worker "$@"\n' "$entry" \
			"${folder#"$run/add"}" >"$folder/swapadm-worker"
		chmod 755 "$folder/swapadm-worker"
		return
	done
	cp -a "$2" "$folder/"
}

# Modules that tests/vm/build-module made for this kernel go to extra/, with new indexes.
add_modules() {
	local add=$1 rel built
	rel=$(kernel_release "$kernel")
	built=$VM_BUILD/modules/$rel
	compgen -G "$built/*.ko" >/dev/null || return 0
	mkdir -p "$add/usr/lib/modules/$rel/extra"
	cp "$built"/*.ko "$add/usr/lib/modules/$rel/extra/"
	module_index "$rel" "$built"
	cp "$run"/index/modules.* "$add/usr/lib/modules/$rel/"
}

# module_index RELEASE BUILT: depmod's indexes with the modules of BUILT go to $run/index. A copy
# is kept in BUILT/index: depmod reads all modules of the kernel.
module_index() {
	local rel=$1 built=$2 key tmp=$run/modules
	key=$(stat -c '%n %s %Y' "$built"/*.ko)
	if [ "$(cat "$built/index/key" 2>/dev/null)" = "$key" ] && cp -r "$built/index" "$run/index"; then
		return 0
	fi
	mkdir -p "$tmp/lib/modules" "$run/index"
	cp -rs "$(kernel_dir "$kernel")/lib/modules/$rel" "$tmp/lib/modules/"
	mkdir -p "$tmp/lib/modules/$rel/extra"
	cp "$built"/*.ko "$tmp/lib/modules/$rel/extra/"
	# The links to the kernel's own indexes would be written through.
	find "$tmp/lib/modules/$rel" -maxdepth 1 -type l ! -name modules.order \
		! -name modules.builtin ! -name modules.builtin.modinfo -delete
	/sbin/depmod -b "$tmp" "$rel"
	find "$tmp/lib/modules/$rel" -maxdepth 1 -type f -exec mv {} "$run/index/" \;
	printf '%s\n' "$key" >"$run/index/key"
	cp -r "$run/index" "$built/index.$$"
	rm -rf "$built/index"
	mv -T "$built/index.$$" "$built/index" || rm -rf "$built/index.$$"
	rm -rf "$tmp"
}

# add_orders: /etc/vm-run has what the guest is to run and how.
add_orders() {
	local add=$1 file=${script[0]} rows cols
	if [ -f "$file" ]; then
		file=$(readlink -e -- "$file")
		if [[ $file == "$VM_TOP"/* ]]; then
			script[0]=/src/${file#"$VM_TOP"/}
		else
			mkdir -p "$add/root"
			cp -L "$file" "$add/root/"
			script[0]=/root/${file##*/}
		fi
	elif [[ $file == */* && $file != /usr/* && $file != /bin/* ]]; then
		die "no such script: $file"
	fi
	{
		printf 'VM_SHARE=%q VM_INTERACTIVE=%q VM_MERGE=%q VM_CWD=/src\n' \
			"$share" "$interactive" "$(same_output && echo 1)"
		read -r rows cols < <(terminal_size)
		printf 'VM_ROWS=%q VM_COLS=%q VM_TERM=%q\n' "$rows" "$cols" "${TERM:-linux}"
		printf 'VM_DISKS=%q\n' "${disks[*]-}"
		printf 'VM_TTY=%q\n' "$(arch_serial "$(kernel_arch "$kernel")" | cut -d' ' -f2)"
		printf 'export VM_KERNEL=%q VM_ICOUNT=%q\n' "$kernel" "$icount"
		[ ${#env[@]} -eq 0 ] || printf 'export %q\n' "${env[@]}"
		printf 'script=('
		printf '%q ' "${script[@]}"
		printf ')\n'
	} >"$add/etc/vm-run"
}

same_output() {
	[ /dev/fd/1 -ef /dev/fd/2 ]
}

terminal_size() {
	stty size 2>/dev/null </dev/tty || echo 24 80
}

# disk_arguments NUMBER NAME=SIZE[,KEY=VALUE...]
disk_arguments() {
	local n=$1 spec=$2 name size drive device bus=virtio more='' key value opt opts
	[[ $spec =~ ^[A-Za-z0-9_-]{1,20}=[0-9]+[KMGT]?(,.*)?$ ]] || die "bad disk: $spec (NAME=SIZE[,...])"
	name=${spec%%=*}
	IFS=, read -r -a opts <<<"${spec#*=}"
	size=${opts[0]}
	truncate -s "$size" "$run/disk-$name"
	drive="file=$run/disk-$name,if=none,id=d$n,format=raw,cache=unsafe,discard=unmap"
	for opt in "${opts[@]:1}"; do
		key=${opt%%=*}
		value=${opt#*=}
		case $key in
		bps | iops) drive+=",throttling.$key-total=$value" ;;
		queue-size) more+=",queue-size=$value,seg-max-adjust=on,num-queues=1" ;;
		bus) bus=$value ;;
		*) die "bad disk option: $opt (bps=N iops=N queue-size=N bus=virtio|nvme|ssd|hdd)" ;;
		esac
	done
	case $bus in
	virtio) device=virtio-blk-pci ;;
	nvme) device=nvme ;;
	ssd) device=scsi-hd,rotation_rate=1 ;;
	hdd) device=scsi-hd,rotation_rate=7200 ;;
	*) die "bad bus: $bus (virtio nvme ssd hdd)" ;;
	esac
	if [[ $device == scsi-hd* && " ${qemu_args[*]} " != *" virtio-scsi-pci "* ]]; then
		qemu_args+=(-device virtio-scsi-pci)
	fi
	qemu_args+=(-drive "$drive" -device "$device,drive=d$n,serial=$name$more")
}

# The guest's TSC is the host's, and a guest that calibrates it while the host is busy can be wrong
# by a factor of 50, with sleeps and timeouts that end as much too early, or, where it is the
# second processor's delay loop, stop at boot. Where the host's frequency does not change,
# /proc/cpuinfo shows the TSC's. It is the same on all of the guest's processors, which 6.1 does
# not believe and then asks the emulated HPET for each time stamp.
tsc_words() { # CONFIG of the kernel
	local hz

	[ "$(kernel_arch "$kernel")" = amd64 ] || return 0
	if [ -n "$icount" ]; then # an instruction is 1 ns
		printf ' tsc=reliable tsc_early_khz=1000000 lpj=4000000'
		return 0
	fi
	[ ! -e /sys/devices/system/cpu/cpu0/cpufreq ] || return 0
	grep -q -m1 '^flags.* constant_tsc' /proc/cpuinfo || return 0
	hz=$(sed -n 's/^CONFIG_HZ=//p' "$1")
	awk -v hz="$hz" '/^cpu MHz/ {
		printf " tsc=reliable tsc_early_khz=%d lpj=%d", $4 * 1000, $4 * 1000000 / hz
		exit
	}' /proc/cpuinfo
}

# kernel_words CONFIG: the command line, but for what names the root.
kernel_words() {
	local words
	words="console=$(arch_serial "$(kernel_arch "$kernel")" | cut -d' ' -f1) ignore_loglevel nowatchdog mitigations=off"
	words+=" panic=-1 oops=panic random.trust_cpu=on no_timer_check cgroup_no_v1=all$(tsc_words "$1")"
	# A busy host must not look like a hung guest.
	words+=" rcupdate.rcu_cpu_stall_timeout=120 workqueue.watchdog_thresh=120"
	words+=" sysctl.kernel.hung_task_timeout_secs=240"
	printf '%s\n' "$words"
}

# machine_arguments: the virtual machine, its ports and disks; in $qemu_args.
machine_arguments() {
	local n=0 d accel=(-accel "tcg,thread=multi") machine=q35 cpu=max arch
	arch=$(kernel_arch "$kernel")
	# pointer authentication as the architecture has it costs half of the time
	[ "$arch" != arm64 ] || machine=virt cpu=max,pauth-impdef=on
	if [ -n "$icount" ]; then
		# Else the kernel copies and clears by an instruction that counts once a byte.
		cpu+=,-erms,-fsrm,-fsrs
		accel=(-accel "tcg,thread=single" -icount "shift=0,sleep=off")
		smp=1
	fi
	qemu_args=("${accel[@]}" -machine "$machine" -cpu "$cpu" -smp "$smp" -m "$mem"
		-nodefaults -display none -no-reboot
		-device virtio-rng-pci
		-device virtio-serial-pci
		-chardev "file,id=out,path=$run/out" -device virtserialport,chardev=out,name=out
		-chardev "file,id=err,path=$run/err" -device virtserialport,chardev=err,name=err
		-chardev "file,id=status,path=$run/status" -device virtserialport,chardev=status,name=status)
	[ -z "$interactive" ] || qemu_args+=(-chardev stdio,id=tty,signal=off)
	# the machine of arm64 has one serial port
	case $arch${interactive:+-terminal} in
	arm64-terminal) qemu_args+=(-device virtconsole,chardev=tty) ;;
	arm64) ;;
	*-terminal) qemu_args+=(-serial chardev:tty) ;;
	*) qemu_args+=(-serial null) ;;
	esac
	qemu_args+=(-serial "file:$log")
	[ -z "${plugin-}" ] || qemu_args+=(-plugin "$plugin")
	for d in ${disks[@]+"${disks[@]}"}; do
		disk_arguments "$n" "$d"
		n=$((n + 1))
	done
	if [ -n "$share" ]; then
		qemu_args+=(-virtfs "local,path=$share,mount_tag=share,security_model=none,multidevs=remap")
	fi
}

qemu_arguments() {
	local words root
	words="root=none $(kernel_words "$(kernel_dir "$kernel")/config")$append"
	# built in there, so that no script can say how many it wants
	[ "$kernel" != debug ] || words+=" zram.num_devices=0 brd.rd_nr=8"
	machine_arguments
	# the root first: it is /dev/vda
	root=(-drive "file=$image,if=none,id=root,format=raw,cache=unsafe,snapshot=on"
		-device "virtio-blk-pci,drive=root,serial=swapadm-root")
	qemu_args=("${root[@]}" "${qemu_args[@]}"
		-kernel "$(kernel_dir "$kernel")/vmlinux" -initrd "$run/initrd" -append "$words")
}

boots() {
	grep -aqs "Run /init as init process" "$log"
}

# end_stuck_boot SECONDS: end QEMU when the kernel has not come to /init by then
end_stuck_boot() {
	local i
	for ((i = 0; i < $1; i++)); do
		! boots && [ -d "/proc/$qemu" ] || return 0
		sleep 1
	done
	: >"$run/stuck"
	kill "$qemu"
}

# run_guest: start QEMU, pass on what the guest writes as it comes, wait for the end.
run_guest() {
	local tails=()
	vm_status=0
	: >"$run/out"
	: >"$run/err"
	: >"$run/status"
	if [ -n "$interactive" ]; then
		TMPDIR=$run timeout --foreground -k 5 "$timeout" "$qemu_command" "${qemu_args[@]}" || vm_status=$?
		return 0
	fi
	# Whatever ends this script, even SIGKILL, ends QEMU.
	TMPDIR=$run setpriv --pdeathsig TERM timeout -k 5 "$timeout" "$qemu_command" "${qemu_args[@]}" \
		</dev/null >"$run/qemu" 2>&1 &
	qemu=$!
	[ -z "${boot_limit-}" ] || end_stuck_boot "$boot_limit" &
	tail -c +1 -s 0.1 -f --pid="$qemu" "$run/out" &
	tails+=($!)
	tail -c +1 -s 0.1 -f --pid="$qemu" "$run/err" >&2 &
	tails+=($!)
	wait "$qemu" || vm_status=$?
	qemu=
	wait "${tails[@]}" || true
}

VM_SPLAT='WARNING: |BUG: |Oops|general protection fault|INFO: (task |rcu|possible)|KASAN:|UBSAN:'
VM_SPLAT+='|possible (recursive|circular)|inconsistent lock state|Call Trace:|unreferenced object'

# The kernel's messages up to the power-off, which takes the root disk from under process 1: what
# that does then fails, and the kernel panics for it or does not.
kernel_messages() {
	sed '/sysrq: Power Off/q' "$log" | tr -d '\r'
}

# report: turn the end of the guest into the status of the run.
report() {
	local status said
	read -r status <"$run/status" || status=
	if [ -z "$status" ]; then
		cat "$run/qemu" >&2 2>/dev/null || true
		tail -n 40 "$log" | tr -d '\r' >&2
		# QEMU itself may end by an assertion there
		if [ -e "$run/stuck" ] || ! boots; then
			say "the kernel stood still at boot; its messages: $log"
			exit 126
		fi
		if [[ $vm_status = 1@(24|37) ]]; then
			say "timed out; kernel messages: $log"
			exit 124
		fi
		say "the guest died (qemu: $vm_status); kernel messages: $log"
		exit 125
	fi
	said=$(kernel_messages | grep -aE -m1 -A30 "$VM_SPLAT" || true)
	if [ -n "$said" ] && [ -z "$allow_splat" ]; then
		printf '%s\n' "$said" >&2
		say "the kernel complained; its messages: $log"
		[ "$status" -ne 0 ] || exit 123
	fi
	[ "$status" -eq 0 ] || say "status $status; kernel messages: $log"
	exit "$status"
}
