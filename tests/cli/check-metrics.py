#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is `swapctl metrics` what its two formats want? Asked of every machine of mkroot.sh and this one.

In OpenMetrics 1.0 the head of a family has its bare name, in the classic format the name of its
samples. The same series come in both, but for the count of histograms.

Checked: metadata before samples, once a family; families not interleaved; names, labels and
values well-formed; suffixes that fit the type; units that end the name; no sample twice;
counters not negative; "# EOF" at the end of OpenMetrics and only there.
"""
import os
import re
import subprocess
import sys
import tempfile

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(r"(%s)(?:\{(%s(?:,%s)*)\})? (-?[0-9]+(?:\.[0-9]+)?)$" % (NAME, LABEL, LABEL))
OPENMETRICS = {"counter": ["_total"], "gauge": [""], "info": ["_info"], "histogram": ["_bucket"]}
# the types that node_exporter knows: info and stateset are none of them
CLASSIC = {"counter": [""], "gauge": [""], "histogram": ["_bucket", "_count"]}


class Checker:
    def __init__(self, where, openmetrics):
        self.where, self.bad, self.openmetrics = where, 0, openmetrics
        self.suffixes = OPENMETRICS if openmetrics else CLASSIC
        self.families, self.current, self.seen = {}, None, set()

    def complain(self, number, text):
        self.bad += 1
        print("%s: line %d: %s" % (self.where, number, text))

    def metadata(self, number, kind, name, rest):
        if name not in self.families:
            self.families[name] = {}
            self.current = name
        elif name != self.current:
            self.complain(number, "family %s comes back" % name)
        family = self.families[name]
        if kind in family or "samples" in family:
            self.complain(number, "%s of %s comes late or twice" % (kind, name))
        family[kind] = rest
        if kind == "TYPE" and rest not in self.suffixes:
            self.complain(number, "type %s" % rest)
        if kind == "TYPE" and not self.openmetrics and name.endswith("_total") != \
                (rest == "counter"):
            self.complain(number, "%s is a %s" % (name, rest))
        if kind == "UNIT" and not self.openmetrics:
            self.complain(number, "a unit in the classic format")
        if kind == "UNIT" and not name.endswith("_" + rest):
            self.complain(number, "%s does not end with its unit %s" % (name, rest))

    def sample(self, number, line):
        match = SAMPLE.match(line)
        if not match:
            return self.complain(number, "no sample: %r" % line)
        name, labels, value = match.groups()
        family = self.families.get(self.current, {})
        if name not in [(self.current or "") + s for s in self.suffixes.get(family.get("TYPE"), [])]:
            self.complain(number, "%s is not a sample of %s" % (name, self.current))
        for kind in ("TYPE", "HELP"):
            if kind not in family:
                self.complain(number, "%s has no %s" % (name, kind))
        family["samples"] = True
        if (name, labels) in self.seen:
            self.complain(number, "%s comes twice" % line)
        self.seen.add((name, labels))
        if family.get("TYPE") != "gauge" and value.startswith("-"):
            self.complain(number, "negative %s" % name)

    def check(self, text):
        lines = text.split("\n")
        if self.openmetrics and lines[-2:] != ["# EOF", ""]:
            self.complain(len(lines), "no # EOF at the end")
        for number, line in enumerate(lines[:-2 if self.openmetrics else -1], 1):
            match = re.match(r"# (TYPE|UNIT|HELP) (%s) (.+)$" % NAME, line)
            if match:
                self.metadata(number, *match.groups())
            else:
                self.sample(number, line)
        for name, family in self.families.items():
            if "samples" not in family:
                self.complain(0, "%s has no sample" % name)
        return self.bad


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(here, "mkroot.sh"), folder], check=True)
        machines = sorted(os.listdir(folder))
        for machine in machines + [None]:
            root = ["--root", os.path.join(folder, machine)] if machine else []
            for option in ([], ["--openmetrics"]):
                options = option + ["--cgroups", "5", "--processes", "5", "--zram-idle"]
                text = subprocess.run(["swapctl"] + root + ["metrics"] + options, check=True,
                                      text=True, stdout=subprocess.PIPE,
                                      stderr=subprocess.DEVNULL).stdout
                checker = Checker(" ".join([machine or "this machine"] + option), bool(option))
                bad += checker.check(text)
                print("%s: %d families, %d samples" % (checker.where, len(checker.families),
                                                       len(checker.seen)))
    sys.exit(bad > 0)


main()
