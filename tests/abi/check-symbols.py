#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The library exports what its header declares and its version script lists: no more, no less.

usage: check-symbols.py NM LIBRARY HEADER SYM MISUSE

MISUSE, a test, gives each call arguments that it has to refuse.
"""

import re
import subprocess
import sys


def exported(nm, library):
    out = subprocess.run(
        [nm, "-D", "--defined-only", library], check=True, capture_output=True, text=True
    ).stdout
    names = [line.split()[-1] for line in out.splitlines()]
    # versioned symbols are NAME@@VERSION, the version itself is absolute
    return {re.sub(r"@.*", "", name) for name in names if "@" in name}, [
        name for name in names if "@" not in name and not name.startswith("SWAPADM_")
    ]


def declared(header):
    text = open(header, encoding="utf-8").read()
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#.*(\\\n.*)*$", "", text, flags=re.M)
    text = re.sub(r"static inline[^{]*\{[^}]*\}", "", text)
    while "{" in text.replace('extern "C" {', ""):
        text, n = re.subn(r"\{[^{}]*\}", "", text)
        if not n:
            break
    return set(re.findall(r"\b(swapadm_\w+)\s*\(", text))


def listed(sym):
    text = re.sub(r"/\*.*?\*/", " ", open(sym, encoding="utf-8").read(), flags=re.S)
    return set(re.findall(r"\b(swapadm_\w+);", text))


def compare(a, a_name, b, b_name):
    for name in sorted(a - b):
        print(f"{name}: {a_name}, but not {b_name}")
    return len(a - b)


def main():
    nm, library, header, sym, misuse = sys.argv[1:]
    symbols, unversioned = exported(nm, library)
    header_names, sym_names = declared(header), listed(sym)
    bad = 0
    for name in unversioned:
        print(f"{name}: exported without a version")
        bad += 1
    bad += compare(header_names, "declared in the header", sym_names, "listed in the version script")
    bad += compare(sym_names, "listed in the version script", header_names, "declared in the header")
    bad += compare(header_names, "declared in the header", symbols, "exported by the library")
    bad += compare(symbols, "exported by the library", header_names, "declared in the header")
    tried = set(re.findall(r"\bswapadm_\w+", open(misuse, encoding="utf-8").read()))
    tried |= {f"{name}_sized" for name in tried}
    bad += compare(header_names, "declared in the header", tried, f"called in {misuse}")
    if len(header_names) < 50:
        print(f"only {len(header_names)} calls found in {header}: can this be?")
        bad += 1
    return 1 if bad else 0


sys.exit(main())
