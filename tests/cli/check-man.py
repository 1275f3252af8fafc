#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold man/swapctl.8.scd against the table of commands.

usage: check-man.py MAN SOURCE     SOURCE is the top of the tree

Each command has a section headed by its synopsis in which every option and every column
is a bold term, and nothing else is; the global options and the exit codes are there. The
exit codes are those of swapctl/cli.h, in CONTRIBUTING.md as well. Each command has its
examples once, in its help and at the end of its section.
"""
import os
import re
import sys

import table

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


def read(source, name):
    with open(os.path.join(source, name)) as f:
        return f.read()


def exit_codes(source, chapters):
    enum = re.search(r"enum exit_code \{(.*?)\};", read(source, "swapctl/cli.h"), re.S).group(1)
    wanted = re.findall(r"(?m)^\tCLI_\w+ = (\d+),", enum)
    compare("EXIT STATUS", wanted, re.findall(r"(?m)^\*(\d+)\*$", chapters["EXIT STATUS"]))
    text = sections(read(source, "CONTRIBUTING.md"), "##")["Exit statuses of swapctl"]
    got = re.findall(r"(?:^|[,;.]\s+)(\d+) [a-z]", text.split(". ")[0].strip())
    if got != wanted:
        complain("CONTRIBUTING.md: exit statuses %s, not %s" % (got, wanted))


def examples(source, commands, bodies):
    text = read(source, "swapctl/examples.c")
    got = re.findall(r'(?m)^\t\{ "(\w+)",', text)
    for name, *pair in re.findall(r'\{ "(\w+)",\s*\{ "([^"]*)",\s*"([^"]*)" \} \}', text):
        if not bodies.get(name, "").rstrip().endswith("\n\t*%s*++\n*%s*" % tuple(pair)):
            complain("command %s: its section does not end with the examples of its help" % name)
    if sorted(got) != sorted(commands):
        complain("examples.c: %s; missing: %s" % (
            [n for n in got if got.count(n) > 1 or n not in commands], set(commands) - set(got)))


def main():
    source = sys.argv[2]
    with open(sys.argv[1]) as f:
        chapters = sections(f.read(), "#")
    options, commands = table.load()
    compare("GLOBAL OPTIONS", [w for o in options for w in o.words()],
            terms(chapters["GLOBAL OPTIONS"]))
    exit_codes(source, chapters)
    bodies = sections(chapters["COMMANDS"], "##")
    by_name = {heading.split()[0]: heading for heading in bodies}
    examples(source, commands, {name: bodies[by_name[name]] for name in by_name})
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
