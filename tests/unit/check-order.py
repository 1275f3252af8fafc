#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the library's includes and calls point one way?

usage: check-order.py SOURCE_ROOT [ARCHIVE]

libswapadm/ORDER lists the folders, lowest first. A file includes, and calls, only its own
folder and lower ones; no file lies outside them. With ARCHIVE (the static library) the
symbols are held against the same list, and no two files may call each other in a circle.
"""
import pathlib
import re
import subprocess
import sys

lib = pathlib.Path(sys.argv[1]) / 'libswapadm'
order = [w for w in (lib / 'ORDER').read_text().split('\n') if w and w[0] != '#']
rank = {folder: i for i, folder in enumerate(order)}
sources = sorted(lib.rglob('*.[ch]'))
bad = []


def folder(path):
    return path.parent.as_posix()


for source in sources:
    path = source.relative_to(lib)
    if path.name == 'swapadm.h':
        continue
    if folder(path) not in rank:
        bad.append(f'{path}: its folder is not in libswapadm/ORDER')
        continue
    for name in re.findall(r'^#include "(.+)"', source.read_text(), re.M):
        other = pathlib.Path(name)
        if name == 'swapadm.h':
            continue
        if folder(other) not in rank:
            bad.append(f'{path}: include "{name}" by its folder')
        elif rank[folder(other)] > rank[folder(path)]:
            bad.append(f'{path}: includes {name}, which stands above it')


def symbols(archive):
    """what each object of the archive defines and needs"""
    defined, needs, member = {}, {}, None
    out = subprocess.run(['nm', '-A', archive], capture_output=True, text=True, check=True)
    for line in out.stdout.splitlines():
        where, _, rest = line.partition(':')[2].partition(':')
        kind, name = rest.split()[-2:]
        if kind in 'TDRBV':
            defined[name] = where
        elif kind == 'U':
            needs.setdefault(where, set()).add(name)
    return defined, needs


def object_path(member):
    """meson calls the object of kernel/area.c kernel_area.c.o"""
    name = pathlib.PurePath(member).name.removesuffix('.o')
    for path in (s.relative_to(lib) for s in sources):
        if path.as_posix().replace('/', '_') == name:
            return path
    return None


if len(sys.argv) > 2:
    defined, needs = symbols(sys.argv[2])
    calls = {}
    for member, names in needs.items():
        path = object_path(member)
        for name in names & defined.keys():
            other = object_path(defined[name])
            if not path or not other or path == other:
                continue
            calls.setdefault(path, set()).add(other)
            if rank.get(folder(other), 0) > rank.get(folder(path), 0):
                bad.append(f'{path}: uses {name} of {other}, which stands above it')
    # peel off what calls nothing that is left; what remains is in a circle, or calls one
    files = set(calls) | {o for c in calls.values() for o in c}
    while True:
        free = {f for f in files if not calls.get(f, set()) & files}
        if not free:
            break
        files -= free
    bad += [f'{f}: in a circle of calls, or above one' for f in sorted(files)]

print('\n'.join(bad))
sys.exit(bool(bad))
