#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# monitor --journal, with a socket of our own where the journal's would be.
# shellcheck source=tests/live/lib.sh
. "$(dirname "$0")/lib.sh"
need_root
make_tmp
private_state
unshare -m true 2>/dev/null || skip "no mount namespaces here"

cat >"$tmp/receive.py" <<'END'
import os, signal, socket, subprocess, sys
swapfile, log = sys.argv[1:3]
os.makedirs("/run/systemd/journal", exist_ok=True)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind("/run/systemd/journal/socket")
monitor = subprocess.Popen(["swapctl", "--config", "/dev/null", "monitor", "--journal"])
first = None
for _ in range(12):  # it reports only what comes after its first look, whenever that is
    subprocess.run(["swapon", "-p", "290", swapfile], check=True)
    sock.settimeout(5)
    try:
        first = sock.recv(65536)
        break
    except TimeoutError:
        subprocess.run(["swapoff", swapfile], check=True)
sock.settimeout(60)
with open(log, "wb") as f:
    f.write((first or sock.recv(65536)) + b"--\n")
    subprocess.run(["swapctl", "--config", "/dev/null", "drain", swapfile], check=True)
    text = b""
    while b"area-gone" not in text or b"job-ended" not in text:
        text += sock.recv(65536) + b"--\n"
    f.write(text)
with open("/proc/%d/stat" % monitor.pid) as f:
    ticks = sum(int(x) for x in f.read().rsplit(")", 1)[1].split()[11:13])
print("monitor: %d ms of a processor so far" % (ticks * 10))
monitor.send_signal(signal.SIGINT)
sys.exit(monitor.wait(60))
END
dd if=/dev/zero of="$tmp/swap" bs=1M count=8 status=none
chmod 600 "$tmp/swap"
mkswap -q "$tmp/swap"
at_exit swapoff_quiet "$tmp/swap"
check "entries come" unshare -m bash -c \
	'mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && exec python3 "$@"' - \
	"$tmp/receive.py" "$tmp/swap" "$tmp/log"
cat "$tmp/log"
check "of the area" grep -q "^SWAPADM_DEVICE=$tmp/swap$" "$tmp/log"
check "its tier" grep -q '^SWAPADM_TIER=auto-' "$tmp/log"
check "of the job" grep -q '^SWAPADM_JOB=d' "$tmp/log"
check "with what it is" grep -q '^SWAPADM_JOB_KIND=drain$' "$tmp/log"
check "each with an id" test "$(grep -c '^MESSAGE_ID=' "$tmp/log")" -eq \
	"$(grep -c '^SWAPADM_EVENT=' "$tmp/log")"
check "there are three at least" test "$(grep -c '^SWAPADM_EVENT=' "$tmp/log")" -ge 3
finish
