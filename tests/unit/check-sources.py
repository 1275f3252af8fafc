#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the sources promise about themselves: format, licences, includes, length."""
import os
import re
import shutil
import subprocess
import sys

COLUMNS = 90
FUNCTION_LINES = 100
FOLDERS = ("libswapadm", "swapctl", "swaptop", "tests", "tswap")
LICENCES = (  # by the beginning of the path, the first that matches
    ("libswapadm/", "LGPL-2.1-or-later"),
    ("tswap/uapi/", "GPL-2.0-only WITH Linux-syscall-note"),
    ("tswap/", "GPL-2.0-only"),
    ("", "GPL-2.0-or-later"),
)
bad = False


def complain(text):
    global bad
    bad = True
    print(text, file=sys.stderr)


def sources():
    for folder in FOLDERS:
        for dirpath, dirs, names in os.walk(folder):
            dirs[:] = [d for d in dirs if d != "roots"]
            yield from (f"{dirpath}/{n}" for n in names if n.endswith((".c", ".h")))


def check_format(files):
    """One run of the formatter a core, each over many files."""
    parts = [files[i :: os.cpu_count() or 1] for i in range(os.cpu_count() or 1)]
    runs = [
        subprocess.Popen(["clang-format", "--dry-run", "-Werror", *part])
        for part in parts
        if part
    ]
    if any([run.wait() for run in runs]):
        complain("not formatted; run clang-format -i on the files named above")


def check_licence(path, lines):
    licence = next(name for start, name in LICENCES if path.startswith(start))
    if not re.search(rf"SPDX-License-Identifier: \(*{re.escape(licence)}", lines[0]):
        complain(f"{path}: first line: SPDX-License-Identifier: {licence}")


def check_includes(path, lines):
    """Tools include swapadm.h and nothing else of the library; one file knows curses."""
    for line in lines:
        own = re.match(r'#include "(.*)"', line)
        if own and own[1] != "swapadm.h" and os.path.exists(f"libswapadm/{own[1]}"):
            if not os.path.exists(f"{os.path.dirname(path)}/{own[1]}"):
                complain(f"{path}: includes libswapadm's {own[1]}")
        if re.match(r"#include <(n?curses|term)", line) and path != "swaptop/term.c":
            complain(f"{path}: includes curses")


def check_page_size(path, lines):
    """The process's page size is not that of the machine that a context looks at."""
    if path == "libswapadm/base/util.h":
        return
    for number, line in enumerate(lines, 1):
        if re.search(r"_SC_PAGE_?SIZE|getpagesize", line):
            complain(f"{path}:{number}: use ctx_page_bytes(), or own_page_bytes()")


def check_length(path, lines):
    """A line with a text may be long, as the formatter does not break texts."""
    start = None
    for number, line in enumerate(lines, 1):
        columns = len(line.expandtabs(8))
        if columns > COLUMNS and '"' not in line:
            complain(f"{path}:{number}: {columns} columns")
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            if number - start > FUNCTION_LINES + 1:
                complain(f"{path}:{start}: function of {number - start} lines")
            start = None


def main():
    os.chdir(sys.argv[1])
    if not shutil.which("clang-format"):
        print("clang-format is missing")
        sys.exit(77)
    files = sorted(sources())
    check_format(files)
    for path in files:
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        check_licence(path, lines)
        check_length(path, lines)
        if path.startswith(("swapctl/", "swaptop/")):
            check_includes(path, lines)
        if not path.startswith(("tests/", "tswap/")):
            check_page_size(path, lines)
        if path.startswith("tswap/") and not path.endswith("/compat.h"):
            if any("LINUX_VERSION_CODE" in line for line in lines):
                complain(f"{path}: kernel version outside compat.h")
    sys.exit(bad)


main()
