# SPDX-License-Identifier: GPL-2.0-or-later
"""The command table of the built swapctl, as its --help-table prints it."""
import subprocess


class Option:
    def __init__(self, letter, name, arg, value, text):
        self.letter = None if letter == "-" else letter
        self.name, self.arg, self.value, self.help = name, arg, value, text

    def words(self):
        return ["--" + self.name] + (["-" + self.letter] if self.letter else [])


class Command:
    def __init__(self, name, first, rest, synopsis, summary):
        self.name, self.synopsis, self.summary = name, synopsis, summary
        self.operands = (first, rest)
        self.options, self.columns = [], []


def load():
    """(global options, commands by name)"""
    text = subprocess.run(["swapctl", "--help-table"], check=True, capture_output=True,
                          text=True).stdout
    options, commands = [], {}
    for line in text.splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "command":
            commands[name] = Command(name, *rest)
        elif kind == "option":
            (options if name == "-" else commands[name].options).append(Option(*rest))
        elif kind in ("check", "message"):
            continue
        elif kind == "column":
            commands[name].columns.append(rest[0])
        else:
            raise SystemExit("--help-table: what is %r?" % line)
    if len(commands) < 20 or len(options) < 5:
        raise SystemExit("--help-table: too little came")
    return options, commands
