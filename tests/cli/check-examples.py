#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples in README and manuals: commands and options exist, configurations are accepted.

usage: check-examples.py FILE...
A .scd file has its examples between lines of three backquotes, a .md file has them indented
by four blanks or between such lines. A line that begins with "swapctl" or "swaptop" is a
command; a block that begins with "[" is a configuration.
"""
import re
import shlex
import subprocess
import sys
import tempfile

GLOBALS = {"--config", "--root", "--persist", "--verbose", "-v", "--help", "-h", "--version",
           "-V"}
helps = {}
failures = 0


def fail(where, text):
    global failures
    failures += 1
    print(f"{where}: {text}")


def blocks(path):
    """(line number, lines) of each example."""
    fenced = path.endswith(".scd")
    lines, start, inside = [], 0, False
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line.strip().startswith("```"):
                inside = not inside
            elif inside or (not fenced and line.startswith("    ")):
                if not lines:
                    start = number
                lines.append(line if inside else line[4:])
                continue
            if lines and (line or fenced):
                yield start, lines
                lines = []
    if lines:
        yield start, lines


def help_of(*words):
    if words not in helps:
        helps[words] = subprocess.run(
            [*words, "--help"], capture_output=True, text=True, check=False
        )
    return helps[words]


def options(words):
    return [w.split("=")[0] for w in words if re.match(r"--?[a-zA-Z]", w)]


def check_command(where, line):
    words = shlex.split(line.split(" # ")[0].split(" | ")[0].split(" && ")[0])
    program, rest = words[0], words[1:]
    while rest and rest[0] in GLOBALS:
        rest = rest[2 if rest[0] in ("--config", "--root") else 1 :]
    if program == "swapctl" and rest:
        got = help_of("swapctl", rest[0])
        if got.returncode:
            fail(where, f"swapctl {rest[0]}: no such command")
            return
    else:
        got = help_of(program)
    for option in options(rest):
        if option not in GLOBALS and not re.search(
            rf"(?<![\w-]){re.escape(option)}(?![\w-])", got.stdout
        ):
            fail(where, f"{program} {' '.join(rest[:1])}: help does not know {option}")


def check_configuration(where, lines):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
        f.write("\n".join(lines) + "\n")
        f.flush()
        got = subprocess.run(
            ["swapctl", "--config", f.name, "check"],
            capture_output=True,
            text=True,
            check=False,
        )
    if got.returncode:
        fail(where, f"swapctl check refuses it: {got.stderr.strip()}")


def check_help():
    """Each command's help ends with two examples of that command."""
    table = subprocess.run(
        ["swapctl", "--help-table"], capture_output=True, text=True, check=True
    ).stdout
    names = [row.split("\t")[1] for row in table.splitlines() if row.startswith("command\t")]
    for name in names:
        text = help_of("swapctl", name).stdout.partition("\nExamples:\n")[2]
        examples = [line.strip() for line in text.partition("\n\n")[0].splitlines()]
        if len(examples) != 2:
            fail(f"swapctl {name} --help", "not two examples")
        for line in examples:
            if name != "status" and line.split()[:2] != ["swapctl", name]:
                fail(f"swapctl {name} --help", f"not its own example: {line}")
            check_command(f"swapctl {name} --help", line)
    return 2 * len(names)


def main():
    commands, configurations = check_help(), 0
    for path in sys.argv[1:]:
        for start, lines in blocks(path):
            if lines[0].startswith("["):
                configuration = [line for line in lines if not line.startswith("swapctl")]
                check_configuration(f"{path}:{start}", configuration)
                configurations += 1
            for i, line in enumerate(lines):
                if re.match(r"(swapctl|swaptop)\b", line):
                    check_command(f"{path}:{start + i}", line)
                    commands += 1
    print(f"{commands} commands, {configurations} configurations, {failures} failures")
    sys.exit(1 if failures or not commands else 0)


main()
