#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each entry that `swapctl monitor --journal` can write is explained in the catalog, once.

usage: check-catalog.py CATALOG
"""
import re
import subprocess
import sys

table = subprocess.run(["swapctl", "--help-table"], check=True, capture_output=True,
                       text=True).stdout
ids = {line.split("\t")[2]: line.split("\t")[1]
       for line in table.splitlines() if line.startswith("message\t")}
with open(sys.argv[1]) as f:
    parts = re.split(r"(?m)^-- (.*)$", f.read())
found = dict(zip(parts[1::2], parts[2::2]))
bad = ["%s: %s is not in the catalog" % (i, ids[i]) for i in ids if i not in found]
bad += ["%s: no event has it" % i for i in found if i not in ids]
bad += ["%s: twice" % i for i in found if parts[1::2].count(i) > 1]
bad += ["%s: not 32 hexadecimal digits" % i for i in ids if not re.fullmatch("[0-9a-f]{32}", i)]
for i, text in found.items():
    if not re.search(r"\nSubject: \S.*\nDefined-By: swapadm\n.*\n\n\S", text):
        bad.append("%s: not the form of a catalog" % i)
    for word in re.findall(r"@(\w+)@", text):
        if not word.startswith("SWAPADM_"):
            bad.append("%s: there is no field %s" % (i, word))
print("\n".join(bad))
sys.exit(bool(bad) or len(ids) < 10)
