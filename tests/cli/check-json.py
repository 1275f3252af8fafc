#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""swapadm-json(7) names each key that swapctl prints as JSON, and no other.

usage: check-json.py PAGE SOURCE
"""
import glob
import json
import re
import subprocess
import sys

KEY = re.compile(r'json_(?:object_object_add|text|flag|[ui]64(?:_if)?|ratio_if)\(\s*\w+,\s*"(\w+)"'
                 r'|\badd\(o, "(\w+)"|json_psi_line\(psi, "(\w+)"')


def keys_of(value):
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from keys_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from keys_of(one)


def printed(root):
    """Of the tables, all columns."""
    for args in (["list", "-O"], ["jobs", "-O"], ["ps", "-O"], ["ps", "-O", "--shared"], ["cgroups", "-O"],
                 ["status"], ["doctor"], ["check"],
                 ["add", "--dry-run", "new", "zram,size=64M"]):
        out = subprocess.run(["swapctl", "--root", root, *args, "-J"], check=False,
                             capture_output=True, text=True)
        keys = set(keys_of(json.loads(out.stdout)))
        if not keys:
            sys.exit(f"{args}: {out.stderr}")
        yield from keys


def main():
    page, source = sys.argv[1:]
    keys = set()
    for path in glob.glob(source + "/swapctl/**/*.c", recursive=True):
        with open(path, encoding="utf-8") as f:
            for groups in KEY.findall(f.read()):
                keys |= {g for g in groups if g}
    for root in ("6.18", "7.3"):
        keys |= {k for k in printed(f"{source}/tests/roots/{root}") if not k.startswith("tier_")}
    # of tables that no capture fills
    for name in ("jobs.c", "shared.c"):
        with open(f"{source}/swapctl/{name}", encoding="utf-8") as f:
            for column, other in re.findall(r'^\t\{ "([A-Z%]+)", (?:NULL|"(\w+)"),', f.read(), re.M):
                keys.add(other or column.lower())
    with open(page, encoding="utf-8") as f:
        text = f.read().split("# LIST", 1)[1].split("# SEE ALSO")[0]
    named = set(re.findall(r"\*([a-z][a-z0-9_]*)\*", text))
    others = {"swapctl", "swapoff", "add", "apply", "replace", "resize", "doctor"}  # words, not keys
    bad = [f"{k}: printed, not in {page}" for k in sorted(keys - named)]
    bad += [f"{k}: in {page}, printed nowhere" for k in sorted(named - keys - others)]
    if len(keys) < 100:
        bad.append(f"only {len(keys)} keys found")
    print("\n".join(bad))
    return bool(bad)


sys.exit(main())
