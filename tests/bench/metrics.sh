#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `swapctl metrics` costs compared with `swapctl list`; see metrics-cost.py.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/lib/built.sh
. tests/lib/built.sh
exec tests/bench/metrics-cost.py "$build/swapctl/swapctl"
