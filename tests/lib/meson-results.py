#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Print a meson testlog.json as lines "pass|fail|skip <tab> name <tab> why"."""
import json
import sys


def last_line(text):
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


words = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}
for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
    test = json.loads(line)
    name = test["name"].split(" / ")[-1].split(":")[-1]
    result = words.get(test["result"], "fail")
    why = ""
    if result == "skip":
        why = last_line(test.get("stdout")) or last_line(test.get("stderr")) or "no reason given"
    elif result == "fail":
        why = test["result"].lower()
    print(result, name, why.replace("\t", " "), sep="\t")
