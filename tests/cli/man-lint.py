#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages are clean for mandoc and groff, and section 3 has every exported call.

usage: man-lint.py SYMBOLS PAGE...
"""
import re
import shutil
import subprocess
import sys

# scdoc writes an empty paragraph before each list and table, and tables of its own
SCDOC = re.compile(r"skipping paragraph macro|skipping end of block that is not open: RE"
                   r"|tbl line starts with span|ignoring extra tbl data")


def complaints(page):
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True,
                          text=True, check=False)
    yield from (line for line in lint.stdout.splitlines() if not SCDOC.search(line))
    groff = subprocess.run(["groff", "-t", "-ww", "-man", "-Tutf8", page], check=False,
                           capture_output=True, text=True)
    yield from groff.stderr.splitlines()


def main():
    if not shutil.which("mandoc") or not shutil.which("groff"):
        print("mandoc or groff is missing")
        return 77
    bad, names = [], set()
    for page in sys.argv[2:]:
        bad += complaints(page)
        if page.endswith(".3"):
            text = open(page, encoding="utf-8").read()
            names |= set(re.findall(r"\w+", re.search(r"\.SH NAME\n(.*) \\-", text)[1]))
    exported = set(re.findall(r"^\t(swapadm_\w+);", open(sys.argv[1]).read(), re.M))
    # NAME_sized() is exported, NAME() is the one that is called
    missing = {n for n in exported if n not in names and n.removesuffix("_sized") not in names}
    bad += [f"{name}: in no page of section 3" for name in sorted(missing)]
    if len(exported) < 50 or not names:
        bad.append("no symbols or no pages read")
    print("\n".join(bad))
    return bool(bad)


sys.exit(main())
