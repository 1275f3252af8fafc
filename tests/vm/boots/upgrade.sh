#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# system-args: --disk ssd=512M --disk hdd=512M --timeout 2400
# The packages are upgraded while the services and a job run: the services come back with the new
# library, the job keeps the old one. needrestart restarts the services when a library of another
# package was replaced. Then the packages go: refused while swap is on the redirect layer, and done
# when it is not. What is in swap is checked.
# shellcheck source=tests/vm/lib/system-guest.sh
. "$VM_LIB"

services="swapadm-balance swapadm-events swaptop-record"
# whose file nobody else has open
library=$(readlink -f /usr/lib/x86_64-linux-gnu/libinih.so.1)
declare -A before

pid_of() { # SERVICE
	systemctl show -p MainPID --value "$1.service"
}

# does PID map a file that was replaced?
uses_old() { # LIBRARY PID
	grep -q "$1.*(deleted)" "/proc/$2/maps"
}

note_services() {
	local service
	for service in $services; do
		check "$service runs" systemctl -q is-active "$service"
		before[$service]=$(pid_of "$service")
	done
}

services_are_new() { # LIBRARY
	local service
	for service in $services; do
		check "$service runs" systemctl -q is-active "$service"
		check "it is another process" [ "$(pid_of "$service")" != "${before[$service]}" ]
		check "with the new library" [ "$(status_of uses_old "$1" "$(pid_of "$service")")" = 1 ]
	done
}

worker() {
	pgrep -x swapadm-worker | head -n 1
}

# a later version of the packages that are installed
later_version() {
	local deb name
	mkdir -p /root/next
	for name in libswapadm0 swapadm; do
		deb=$(compgen -G "/srv/repo/${name}_*.deb")
		dpkg-deb -R "$deb" /root/unpacked
		sed -i 's/0\.1\.0-1/0.1.0-2/g' /root/unpacked/DEBIAN/control
		dpkg-deb -Znone --root-owner-group -b /root/unpacked "/root/next/$name.deb" >/dev/null
		rm -r /root/unpacked
	done
}

holder() {
	cp /vm/pattern /root/pattern
	systemd-run -q --unit=holder sh -c 'mkfifo /run/orders
		{ echo out; cat <>/run/orders; } | /root/pattern 100 >/run/pattern'
	for _ in {1..240}; do
		! grep -q ^out /run/pattern 2>/dev/null || break
		sleep 1
	done
	for _ in {1..30}; do
		[ "$(swap_used_kib)" -lt 90000 ] || break
		echo 20M >/sys/fs/cgroup/system.slice/holder.service/memory.reclaim 2>/dev/null || true
	done
	check "pages are in swap" [ "$(swap_used_kib)" -gt 90000 ]
}

# order_holder WORD: print its answer
order_holder() {
	local n
	n=$(wc -l </run/pattern)
	echo "$1" >/run/orders
	for _ in {1..240}; do
		[ "$(wc -l </run/pattern)" = "$n" ] || break
		sleep 1
	done
	tail -n 1 /run/pattern
}

setup() {
	mkswap -q -L warm /dev/disk/by-id/virtio-ssd
	mkswap -q -L cold /dev/disk/by-id/virtio-hdd
	cat >/etc/swapadm.conf <<-CONF
		[swapadm]
		layer = redirect
		[tier ssd]
		device = LABEL=warm
		demote-above = 80%
		[tier hdd]
		device = LABEL=cold
	CONF
	mkdir -p /var/lib/prometheus/node-exporter # the condition of the timer
	# shellcheck disable=SC2086 # a list of words
	systemctl -q enable --now swapadm $services swapadm-metrics.timer
	# an ordinary area that is filled first: to drain it takes a worker, not the module
	dd if=/dev/zero of=/root/extra bs=1M count=48 status=none
	chmod 600 /root/extra
	mkswap -q /root/extra
	swapon -p 32000 /root/extra
	holder
}

boot_1() {
	local service job
	apt-get -qq -y install needrestart >/dev/null
	later_version
	setup
	show_swap
	note_services
	# as from a login
	systemd-run -q --scope --slice=user-0.slice --unit=session-9.scope \
		swapctl drain /root/extra --background --rate 128K
	job=$(worker)
	[ -n "$job" ] || fail "no worker"
	run swapctl jobs

	run dpkg -i /root/next/libswapadm0.deb /root/next/swapadm.deb
	check "the upgrade is configured" [ -z "$(dpkg --audit)" ]
	check "the job runs" [ -d "/proc/$job" ]
	check "with the library that it started with" uses_old libswapadm "$job"
	services_are_new libswapadm
	check "the timer runs" systemctl -q is-active swapadm-metrics.timer
	run swapctl jobs
	check "no page went elsewhere: tswap0 is an area" grep -q '^/dev/tswap0 ' /proc/swaps

	note_services
	cp "$library" "$library.new"
	mv "$library.new" "$library"
	run needrestart -b -r l | tee /root/listed
	check "needrestart does not list swapadm.service" [ -z "$(grep 'SVC: swapadm.service' /root/listed)" ]
	for service in $services; do
		check "it lists $service" grep -q "SVC: $service.service" /root/listed
	done
	run needrestart -r a </dev/null
	services_are_new "$library"
	check "the job was left alone" uses_old libswapadm "$job"
	swapctl jobs
	run swapctl wait "$(swapctl jobs -rno JOB | head -n 1)"
	check "the drained area is gone" [ "$(grep -c . /proc/swaps)" = 2 ]
	check "every page is what it was" grep -q ^ok <<<"$(order_holder verify)"
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	remove_packages
}

remove_packages() {
	say "paged out again: $(order_holder out)"
	check "remove: refused while swap is on tswap0" [ "$(status_of apt-get -qq -y remove swapadm)" != 0 ]
	check "remove: that of the module too" [ "$(status_of apt-get -qq -y remove tswap-dkms)" != 0 ]
	check "remove: both are installed" dpkg-query -W swapadm tswap-dkms
	check "remove: both are configured" [ "$(dpkg-query -Wf '${db:Status-Status} ' swapadm tswap-dkms)" = \
		"installed installed " ]
	# dpkg stopped there, and left the trigger of update-initramfs to the next run of apt
	run dpkg --configure --pending
	check "remove: all is configured" [ -z "$(dpkg --audit)" ]
	check "remove: balance runs" systemctl -q is-active swapadm-balance
	sed -i 's/^layer = redirect/layer = direct/' /etc/swapadm.conf
	run swapctl apply
	check "back on the direct layer" [ "$(grep -c partition /proc/swaps)" = 2 ]
	run apt-get -qq -y remove swapadm tswap-dkms libswapadm0
	check "removed" [ ! -e /usr/bin/swapctl ]
	check "nothing of it runs" [ -z "$(pgrep -x 'swapctl|swaptop|swapadm-worker')" ]
	check "nor is to run" [ -z "$(systemctl -q list-units --no-legend --plain --state=active 'swap*.timer')" ]
	check "its areas stay" [ "$(swap_total_kib)" -gt 1000000 ]
	check "every page is what it was" grep -q ^ok <<<"$(order_holder quit)"
	check "no unit failed" [ -z "$(systemctl --failed --plain --no-legend)" ]
	next_boot reboot
}

boot_2() {
	show_swap
	check "the boot without the packages is clean" [ -z "$(systemctl --failed --plain --no-legend)" ]
	check "the configuration is there" [ -s /etc/swapadm.conf ]
}

run_boots
