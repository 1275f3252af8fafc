#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold man/swapctl.8.scd against the table of commands.

Each command has a section headed by its synopsis in which every option and every column
is a bold term, and nothing else is; the global options and the exit codes are there.
"""
import re
import sys

import table

EXIT_CODES = ("0", "1", "2", "3", "4", "5", "6", "7", "130")
bad = 0


def complain(text):
    global bad
    bad += 1
    print(text)


def sections(text, mark):
    """heading -> body"""
    parts = re.split(r"(?m)^%s (.*)$" % mark, text)
    return dict(zip(parts[1::2], parts[2::2]))


def terms(body):
    """words of the bold terms at the left margin that are explained by an indented line"""
    found = []
    for match in re.finditer(r"(?m)^(\*.*)\n\t", body):
        found += re.findall(r"\*([^*]+)\*", match.group(1))
    return found


def compare(where, wanted, got):
    for word in wanted:
        if word not in got:
            complain("%s: %s is missing" % (where, word))
    for word in got:
        if (word.startswith("-") or word.isupper()) and word not in wanted:
            complain("%s: %s is not in the table" % (where, word))


def main():
    with open(sys.argv[1]) as f:
        chapters = sections(f.read(), "#")
    options, commands = table.load()
    compare("GLOBAL OPTIONS", [w for o in options for w in o.words()],
            terms(chapters["GLOBAL OPTIONS"]))
    codes = re.findall(r"(?m)^\*(\d+)\*$", chapters["EXIT STATUS"])
    compare("EXIT STATUS", EXIT_CODES, codes)
    bodies = sections(chapters["COMMANDS"], "##")
    by_name = {heading.split()[0]: heading for heading in bodies}
    for name in by_name:
        if name not in commands:
            complain("section %s: no such command" % name)
    for name, command in commands.items():
        heading = (name + " " + command.synopsis).strip()
        if by_name.get(name) != heading:
            complain("command %s: needs a section headed\n## %s" % (name, heading))
            continue
        if name == "swapin":  # explained once, with swapout
            continue
        compare("## " + name, [w for o in command.options for w in o.words()] +
                command.columns, terms(bodies[heading]))
    print("%d commands compared, %d complaints" % (len(commands), bad))
    sys.exit(bad > 0)


main()
