#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold man/swapadm-doctor.7.scd against the table of checks: the same, in the same order.

usage: check-doctor.py PAGE
"""
import difflib
import re
import subprocess
import sys

text = subprocess.run(["swapctl", "--help-table"], check=True, capture_output=True,
                      text=True).stdout
have = ["%s (%s)" % tuple(line.split("\t")[1:3])
        for line in text.splitlines() if line.startswith("check\t")]
with open(sys.argv[1]) as f:
    page = re.findall(r"(?m)^## (.*)$", f.read())
diff = list(difflib.unified_diff(page, have, "the page", "the table", lineterm=""))
print("\n".join(diff))
sys.exit(bool(diff) or len(have) < 40)
