#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Metrics of the redirect layer: leaves with their latency and moves, the area, jobs, the write
# budget, rounds of balance. With a folder as operand, what was printed is left there: it is what
# tests/cli/redirect.prom was made of.
# vm-args: --mem 768 --disk ssd=256M --disk hdd=512M
. /src/tests/vm/redirect/lib.sh

value() { # SERIES, a regular expression: the value of the first that fits
	swapctl metrics | sed -n "s/^$1 //p" | head -n 1
}

positive() { # SERIES
	local now

	now=$(value "$1")
	[ "${now%%.*}" -gt 0 ] 2>/dev/null || fail "$1 is '$now'"
}

three_tiers
sed -i '/^\[tier hdd\]/a write-budget = 400M/day' /etc/swapadm.conf
sed -i '/^\[tier ssd\]/i demote-above = 80%\ndemote-below = 50%' /etc/swapadm.conf
exits 0 swapctl apply
[ -z "$(value 'swapadm_balance_last_round_success')" ] || fail "a round before the first"

step "use, requests, latency"
start_workload 160
ask out
ask verify
ask out
[ "$(value 'swapadm_info{.*layer="redirect"}')" = 1 ] || fail "no redirect layer"
positive 'swapadm_device_used_bytes{tier="ssd".*}'
positive 'swapadm_device_latency_seconds_count{tier="ssd",.*operation="write"}'
positive 'swapadm_device_latency_seconds_bucket{tier="ssd",.*operation="write",le="+Inf"}'
[ "$(value 'swapadm_redirect_active')" = 1 ] || fail "not active"
positive 'swapadm_redirect_capacity_bytes'
[ "$(value 'swapadm_device_read_errors_total{tier="ssd".*}')" = 0 ] || fail "read errors"

step "moves and jobs"
exits 0 swapctl migrate ssd hdd --amount 20M
positive 'swapadm_device_moved_in_bytes_total{tier="hdd".*}'
positive 'swapadm_device_moved_out_bytes_total{tier="ssd".*}'
[ "$(value 'swapadm_jobs{kind="migrate",state="done"}')" -ge 1 ] || fail "no finished job"
[ -z "$(value 'swapadm_job_left_bytes{.*source=.*}')" ] || fail "a finished job is shown as running"

step "a round of balance, and the budget"
exits 0 swapctl balance --once
[ "$(value 'swapadm_balance_last_round_success')" = 1 ] || fail "the round is not there"
positive 'swapadm_balance_last_round_moved_bytes'
[ "$(value 'swapadm_tier_write_budget_bytes{tier="hdd"}')" = $((400 << 20)) ] || fail "no budget"
positive 'swapadm_tier_write_budget_left_bytes{tier="hdd"}'

job=$(swapctl migrate hdd ssd --rate 64K --background 2>/dev/null)
[ "$(value 'swapadm_jobs{kind="migrate",state="running"}')" = 1 ] || fail "no running job"
positive 'swapadm_job_left_bytes{kind="migrate",source="hdd"}'
[ -z "${1-}" ] || swapctl metrics --cgroups 5 --processes 5 --write "$1/redirect.prom"
exits 0 swapctl cancel "$job"
ask verify
ask quit
