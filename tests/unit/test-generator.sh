#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The units that swapadm-generator writes, for file tables and mount units of a made-up machine, and
# the nodes that swapadm.service waits for.
# usage: test-generator.sh SOURCE_ROOT
set -eu
command -v systemd-escape >/dev/null || exit 77
source=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

sed -e "s|@helpers@|$tmp|" -e 's|@units@|/units|' -e "s|@profiles@|$tmp/profiles|" "$source/examples/system/generator" >"$tmp/generator"
mkdir "$tmp/units"
printf '[Mount]\nWhat=tmpfs\nType=tmpfs\n' >"$tmp/units/tmp.mount"
printf '[Mount]\nWhat=/dev/sdz1\nType=ext4\n' >"$tmp/units/own.mount"

# generate FSTAB-LINES FILE...: what the units hold, in one line
generate() {
	printf '%b' "$1" >"$tmp/fstab"
	shift
	{
		printf '#!/bin/sh\n'
		printf "printf '%%s\\\\n' '%s'\n" "$@"
		echo "exit ${unreadable:-0}"
	} >"$tmp/configured"
	chmod 755 "$tmp/configured"
	rm -rf "$tmp/out"
	mkdir "$tmp/out"
	SYSTEMD_FSTAB=$tmp/fstab SYSTEMD_UNIT_PATH=$tmp/units sh "$tmp/generator" "$tmp/out"
	(
		cd "$tmp/out"
		for file in swapadm.service.d/* swapadm-mounted.service.d/*; do
			[ ! -f "$file" ] || { printf '%s: ' "${file%%.*}" && grep -v Unit "$file" | xargs -d '\n' echo; }
		done
		find . -type l | sed -e 's|^./||' -e 's|/.*||' | sort
	) | tr '\n' ';'
}

expect() { # WORDS EXPECTED FOUND
	[ "$2" != "$3" ] || return 0
	printf '%s:\n  expected %s\n  found    %s\n' "$1" "$2" "$3"
	failed=1
}

expect "of fstab" 'swapadm: After=srv.mount srv-swap.mount Wants=srv.mount;' \
	"$(generate 'LABEL=data /srv ext4 defaults 0 2\n' /srv/swap/data)"
expect "with a slash and a blank" 'swapadm: After=mnt-my\x20disk.mount mnt.mount Wants=mnt-my\x20disk.mount;' \
	"$(generate 'LABEL=data /mnt/my\\040disk/ ext4 defaults 0 2\n' '/mnt/my disk/swap')"
expect "not waited for by the boot" 'swapadm-mounted: After=srv.mount;srv.mount.wants;' \
	"$(generate 'LABEL=data /srv ext4 nofail 0 2\n' /srv/swap)"
expect "of the network" '' "$(generate 'host:/x /srv nfs defaults 0 2\n' /srv/swap)"
expect "no unit yet" 'swapadm: After=var.mount;' "$(generate '' /var/cold)"
expect "a device" '' "$(generate 'LABEL=data /dev ext4 defaults 0 2\n' /dev/sda2 LABEL=x)"
expect "a mount unit of its own is not wanted" 'swapadm: After=own.mount;' "$(generate '' /own/swap)"
expect "/tmp on a unit that may be off" '' "$(generate '' /tmp/swap)"
expect "a tmpfs of fstab" '' "$(generate 'tmpfs /tmp tmpfs defaults 0 0\n' /tmp/swap)"
expect "below a tmpfs" 'swapadm-mounted: After=tmp-disk.mount;tmp-disk.mount.wants;' \
	"$(generate 'LABEL=data /tmp/disk ext4 defaults 0 2\n' /tmp/disk/swap)"
ln -s /srv/swap "$tmp/link"
expect "by a symbolic link" 'swapadm: After=srv.mount srv-swap.mount Wants=srv.mount;' \
	"$(generate 'LABEL=data /srv ext4 defaults 0 2\n' "$tmp/link/data")"

# which units ask for their AppArmor profile
confined() { # PARSER
	SWAPADM_APPARMOR_PARSER=$1 generate '' LABEL=x >/dev/null
	(cd "$tmp/out" && grep -h AppArmorProfile -- */50-apparmor.conf 2>/dev/null) | paste -sd' '
}
expect "no profile" '' "$(confined /bin/true)"
touch "$tmp/profiles"
expect "profiles" "$(printf 'AppArmorProfile=-%s ' swapadm-balance swapadm-events swapadm-metrics swaptop-record |
	sed 's/ $//')" "$(confined /bin/true)"
expect "profiles, and nothing that loads them" '' "$(confined "$tmp/none")"

# one of fstab: the copy of what was applied last is there
expect "/var" 'swapadm: After=var.mount;' "$(generate 'LABEL=var /var ext4 defaults 0 2\n' LABEL=x)"
printf '[Mount]\nWhat=/dev/sdz2\nType=ext4\n' >"$tmp/units/var.mount"
expect "/var on a unit of its own" 'swapadm: After=var.mount;' "$(generate '' LABEL=x)"
rm "$tmp/units/var.mount"
# an error, and the copy is not there yet: a swap file may be anywhere
apart='LABEL=var /var ext4 defaults 0 2\n'
expect "nothing is named" 'swapadm: After=srv.mount var.mount var.mount Wants=srv.mount var.mount;' \
	"$(unreadable=1 && generate "/dev/sda1 / ext4 defaults 0 1\n${apart}UUID=x /srv ext4 defaults 0 2\n/tmp/a /home none bind 0 0\ntmpfs /x tmpfs x 0 0\nUUID=y none swap sw 0 0\n" '')"
expect "/var of the network" '' "$(generate 'host:/var /var nfs defaults 0 2\n' LABEL=x)"

# apply, and a swapctl whose configuration has an error
mkdir "$tmp/bin"
cat >"$tmp/bin/swapctl" <<'EOF'
#!/bin/sh
echo "swapctl $*" >>"$TMP_APPLY/log"
case $* in
check) exit "$(cat "$TMP_APPLY/check" 2>/dev/null || cat "$TMP_APPLY/error")" ;;
apply) exit "$(cat "$TMP_APPLY/error")" ;;
*last-good.conf) exit "$(cat "$TMP_APPLY/copy")" ;;
esac
EOF
printf '#!/bin/sh\necho "$*" >>"$TMP_APPLY/log"\n' >"$tmp/bin/systemd-notify"
chmod 755 "$tmp/bin/swapctl" "$tmp/bin/systemd-notify"
mkdir "$tmp/run"
sed -e "s|@helpers@|$tmp|" -e "s|@swapctl@|$tmp/bin/swapctl|" -e "s|/run/|$tmp/run/|g" \
	-e "s|/var/lib/swapadm|$tmp|" "$source/examples/system/apply" >"$tmp/apply"
printf '#!/bin/sh\n' >"$tmp/configured"
apply() { # ERROR-STATUS COPY-STATUS [reload]: status and what was done
	echo "$1" >"$tmp/error" && echo "$2" >"$tmp/copy"
	shift 2
	: >"$tmp/log"
	status=0
	TMP_APPLY=$tmp PATH=$tmp/bin:$PATH sh "$tmp/apply" "$@" 2>/dev/null || status=$?
	echo "$status: $(sed -e "s|$tmp/||" -e 's/^--status=\([a-z]*:* [a-z]* [a-z]* [a-z]*\).*/\1/' "$tmp/log" | paste -sd,)"
}
expect "without a copy" '1: swapctl apply,the configuration was not' "$(apply 1 0)"
echo '[tier a]' >"$tmp/last-good.conf"
expect "no error" '0: swapctl apply,all devices of the' "$(apply 0 0)"
expect "an error, a copy" '4: swapctl apply,swapctl check,swapctl apply last-good.conf,degraded: the configuration has' \
	"$(apply 1 0)"
expect "a copy with a device missing" '4: swapctl apply,swapctl check,swapctl apply last-good.conf,degraded: the configuration has' \
	"$(apply 1 4)"
expect "a copy that fails" '1: swapctl apply,swapctl check,swapctl apply last-good.conf,the configuration was not' \
	"$(apply 1 6)"
by_copy=$tmp/run/swapadm/boot-by-copy
expect "a reload of a boot by the copy" '1: swapctl apply,swapctl check,swapctl apply last-good.conf,degraded: the configuration has' \
	"$(touch -d 'now + 1 minute' "$by_copy" && apply 1 0 reload)"
expect "a reload after an apply since" '1: swapctl apply,swapctl check,the configuration has an' \
	"$(touch -d '1 hour ago' "$by_copy" && apply 1 0 reload)"
expect "no error again" '0: swapctl apply,all devices of the' "$(apply 0 0 reload)"
expect "a reload changes nothing" '1: swapctl apply,swapctl check,the configuration has an' "$(apply 1 0 reload)"
echo 137 >"$tmp/check"
expect "a check that is killed finds no error" '1: swapctl apply,swapctl check,the configuration was not' "$(apply 1 0)"
rm "$tmp/check"
expect "a refusal is not an error" '6: swapctl apply,the configuration was not' "$(apply 6 0)"

# device: a reload that fails, and the device is in use all the same
cat >"$tmp/bin/systemctl" <<'EOF'
#!/bin/sh
case $* in
*is-active*) exit 0 ;;
esac
cp "$TMP_APPLY/after" "$TMP_APPLY/swaps"
exit 1
EOF
chmod 755 "$tmp/bin/systemctl"
mkdir "$tmp/sda2" && echo 8:2 >"$tmp/sda2/dev"
sed -e "s|@helpers@|$tmp|" -e "s|/proc/swaps|$tmp/swaps|" -e "s|/sys/class/block|$tmp|" \
	"$source/examples/system/device" >"$tmp/device"
sed -e "s|@swapctl@|$tmp/bin/swapctl|" "$source/examples/system/again" >"$tmp/again"
chmod 755 "$tmp/again"
printf '#!/bin/sh\necho /dev/sda2\n' >"$tmp/configured"
device() { # LINE-OF-/proc/swaps-AFTERWARDS
	: >"$tmp/swaps" && echo "$1" >"$tmp/after"
	status=0
	TMP_APPLY=$tmp PATH=$tmp/bin:$PATH sh "$tmp/device" sda2 >/dev/null || status=$?
	echo $status
}
echo 1 >"$tmp/error"
expect "a device that the copy has attached" 0 "$(device '/dev/sda2 partition 1 0 1')"
expect "a device that is not attached, for an error that another unit shows" 4 \
	"$(device '/dev/sdb partition 1 0 1')"
echo 0 >"$tmp/error"
expect "a device that is not attached" 1 "$(device '/dev/sdb partition 1 0 1')"
expect "a file system that was mounted" 1 "$(TMP_APPLY=$tmp PATH=$tmp/bin:$PATH "$tmp/again" >/dev/null || echo $?)"
echo 1 >"$tmp/error"
expect "a file system that was mounted, for an error that another unit shows" 4 \
	"$(TMP_APPLY=$tmp PATH=$tmp/bin:$PATH "$tmp/again" >/dev/null || echo $?)"
echo 127 >"$tmp/check"
expect "a check that is not there" 1 "$(TMP_APPLY=$tmp PATH=$tmp/bin:$PATH "$tmp/again" >/dev/null || echo $?)"
rm "$tmp/check"
for unit in swapadm-mounted.service swapadm-device@.service; do
	expect "$unit is not failed for it" 1 "$(grep -c '^SuccessExitStatus=4$' "$source/examples/system/$unit")"
done

# the function of that name in apply
sed -n -e "s|@helpers@|$tmp|" -e '/^configured_nodes()/,/^}/p' "$source/examples/system/apply" >"$tmp/nodes"
nodes() { # WORD...
	printf '%s\n' "$@" >"$tmp/words"
	printf '#!/bin/sh\ncat "%s/words"\n' "$tmp" >"$tmp/configured"
	sh -c ". $tmp/nodes && configured_nodes" | paste -sd' '
}
expect "nodes of tags" '/dev/disk/by-label/cold /dev/disk/by-partuuid/1-2' "$(nodes LABEL=cold PARTUUID=1-2)"
expect "a label with a blank" '/dev/disk/by-label/cold\x20disk' "$(nodes 'LABEL=cold disk')"
expect "no node" '/dev/sda2' "$(nodes /srv/swap /dev/sda2)"
exit $failed
