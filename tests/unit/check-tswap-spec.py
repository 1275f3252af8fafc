#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold the library's attribute tables against the netlink specification of tswap.

usage: check-tswap-spec.py tswap.yaml TEST_PROGRAM
"""
import os
import shlex
import subprocess
import sys

import yaml

with open(sys.argv[1], encoding="utf-8") as f:
    spec = yaml.safe_load(f)

expected = set()
for attribute_set in spec["attribute-sets"]:
    number = 0
    for attribute in attribute_set["attributes"]:
        number = attribute.get("value", number + 1)
        if attribute["type"] == "pad":
            continue
        expected.add((attribute_set["name"], attribute["name"], str(number), attribute["type"]))

wrapper = shlex.split(os.environ.get("MESON_EXE_WRAPPER", ""))  # of a cross build
command = [*wrapper, sys.argv[2], "--tables"]
output = subprocess.run(command, check=True, capture_output=True, text=True)
found = {tuple(line.split()) for line in output.stdout.splitlines()}

for row in sorted(expected - found):
    print("only in the specification:", *row)
for row in sorted(found - expected):
    print("only in the library:", *row)
print(len(expected), "attributes")
sys.exit(expected != found or not expected)
