#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Do the includes and calls of a program or library in folders point one way?

usage: check-order.py SOURCE_ROOT FOLDER [ARCHIVE|OBJECTS]...

FOLDER/ORDER lists the folders, lowest first ("." is FOLDER itself). A file includes, and
calls, only its own folder and lower ones; no file lies outside them, and an include names
the folder. With ARCHIVE and OBJECTS (a folder of them; both as meson names them) the symbols
are held against the same list, and no two files may use each other in a circle.
"""
import pathlib
import re
import subprocess
import sys

PUBLIC = 'swapadm.h'  # the library's interface: next to its folders, for everybody

top = pathlib.Path(sys.argv[1]) / sys.argv[2]
order = [w for w in (top / 'ORDER').read_text().split('\n') if w and w[0] != '#']
rank = {folder: i for i, folder in enumerate(order)}
sources = [s.relative_to(top) for s in sorted(top.rglob('*.[ch]'))]
bad = []


def folder(path):
    return path.parent.as_posix()


def is_above(other, path):
    return rank.get(folder(other), 0) > rank.get(folder(path), 0)


def check_includes(path):
    if path.as_posix() == PUBLIC:
        return
    if folder(path) not in rank:
        bad.append(f'{path}: its folder is not in {top.name}/ORDER')
        return
    for name in re.findall(r'^\s*#\s*include\s*"(.+)"', (top / path).read_text(), re.M):
        other = pathlib.PurePath(name)
        if name == PUBLIC:
            continue
        if other not in sources:
            bad.append(f'{path}: include "{name}" by its path below {top.name}/')
        elif is_above(other, path):
            bad.append(f'{path}: includes {name}, which stands above it')


def object_paths():
    """meson calls the object of ui/list.c ui_list.c.o"""
    return {p.as_posix().replace('/', '_') + '.o': p for p in sources}


def symbols(binaries):
    """which file defines a symbol, and which symbols a file needs"""
    paths, defined, needs = object_paths(), {}, {}
    files = []
    for binary in map(pathlib.Path, binaries):
        files += binary.glob('*.o') if binary.is_dir() else [binary]
    out = subprocess.run(['nm', '-A', *files], capture_output=True, text=True, check=True)
    for where, kind, name in re.findall(r'^(.+):[0-9a-f ]* ([A-Za-z]) (\S+)$', out.stdout, re.M):
        path = paths.get(re.split('[:/]', where)[-1])
        if not path:
            continue
        if kind in 'TDRBVWC':
            defined[name] = path
        elif kind == 'U':
            needs.setdefault(path, set()).add(name)
    return defined, needs


def check_calls(binaries):
    defined, needs = symbols(binaries)
    missing = {p for p in sources if p.suffix == '.c'} - needs.keys() - set(defined.values())
    bad.extend(f'{p}: its object is not among those to be checked' for p in sorted(missing))
    calls = {}
    for path, names in needs.items():
        for name in sorted(names & defined.keys()):
            other = defined[name]
            if other == path:
                continue
            calls.setdefault(path, set()).add(other)
            if is_above(other, path):
                bad.append(f'{path}: uses {name} of {other}, which stands above it')
    # peel off what calls nothing that is left; what remains is in a circle, or calls one
    files = set(calls) | {o for c in calls.values() for o in c}
    while free := {f for f in files if not calls.get(f, set()) & files}:
        files -= free
    bad.extend(f'{f}: in a circle of calls, or above one' for f in sorted(files))


for source in sources:
    check_includes(source)
if len(sys.argv) > 3:
    check_calls(sys.argv[3:])
print('\n'.join(bad))
sys.exit(bool(bad))
