#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The alert rules: promtool's check and its rule tests; each alert has a test that sees it, and a
runbook whose commands and options exist.

usage: alerts.py RULES TEST
"""
import re
import shutil
import subprocess
import sys

import table

rules, tests = sys.argv[1:3]
if not shutil.which("promtool"):
    print("promtool is not installed; tests/install-packages metrics")
    sys.exit(77)
bad = 0
for command in (["check", "rules", rules], ["test", "rules", tests]):
    p = subprocess.run(["promtool"] + command, capture_output=True, text=True)
    if p.returncode:
        bad += 1
        print(p.stdout + p.stderr)

with open(rules) as f:
    alerts = re.split(r"(?m)^\s+- alert: ", f.read())[1:]
with open(tests) as f:
    tested = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", f.read())
options, commands = table.load()
for text in alerts:
    name = text.split()[0]
    if name not in tested:
        bad += 1
        print("%s: no test sees it" % name)
    if "runbook: |" not in text:
        bad += 1
        print("%s: no runbook" % name)
        continue
    runbook = re.sub(r"\s+", " ", text.split("runbook: |")[1].split("\n\n")[0])
    found = re.findall(r"swapctl (\w+)((?: (?!swapctl)[^,;:.]+)?)", runbook)
    if not found:
        bad += 1
        print("%s: the runbook names no command" % name)
    for command, rest in found:
        if command not in commands:
            bad += 1
            print("%s: swapctl %s: no such command" % (name, command))
            continue
        for word in re.findall(r" (--?[a-z]+)", rest):
            if word not in [w for o in commands[command].options for w in o.words()]:
                bad += 1
                print("%s: swapctl %s %s: no such option" % (name, command, word))
print("%d alerts" % len(alerts))
sys.exit(bad > 0)
