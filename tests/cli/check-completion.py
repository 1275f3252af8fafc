#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold a shell's completion against the table of commands, in that shell.

usage: check-completion.py bash|zsh|fish COMPLETION_FILE

bash and fish are asked what they would offer; of zsh, whose completion system needs a
terminal, _arguments and _describe are replaced by functions that print what they are given.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import table

BASH = r"""
source "$1"
while IFS= read -r line; do
	read -ra COMP_WORDS <<<"$line"
	[[ $line = *" " ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	compopt() { :; }
	_swapctl
	printf '%s\n' "${COMPREPLY[@]}" "."
done
"""

FISH = r"""
source $argv[1]
while read -l line
	complete -C "$line" | string replace -r '\t.*' ''
	echo .
end
"""

ZSH = r"""
_arguments() {
	local word
	for word in "$@"; do
		[[ $word = -C ]] && continue
		print -r -- "spec $word"
	done
	[[ $want_state = operand ]] && want_state= && state=operand && return 1
	[[ $want_state = command ]] && state=command && return 1
	return 0
}
_describe() { print -rl -- "${(P@)4}" }
compdef() { : }
want_state=none words=(x)
file=$1
while IFS= read -r line; do
	words=(${=line#swapctl})
	if [[ $line = 'swapctl ' ]]; then want_state=command; else want_state=operand; fi
	source $file
	print .
done
"""


def ask(shell, path, lines):
    program = {"bash": ["bash", "-c", BASH, "x", path],
               "zsh": ["zsh", "-f", "-c", ZSH, "x", path],
               "fish": ["fish", "--no-config", "-c", FISH, path]}[shell]
    p = subprocess.run(program, input="".join(line + "\n" for line in lines),
                       capture_output=True, text=True, timeout=120)
    if p.stderr.strip():
        print(p.stderr)
    answers, one = [], []
    for word in p.stdout.splitlines():
        if word == ".":
            answers.append(one)
            one = []
        elif word:
            one.append(word)
    if len(answers) != len(lines) or p.returncode or p.stderr.strip():
        sys.exit("%s: %d questions, %d answers, status %d" %
                 (shell, len(lines), len(answers), p.returncode))
    return answers


def words_of_spec(answer):
    """options in the specs of _arguments: '(-r)-J[text]:message:action'"""
    found = set()
    for line in answer:
        match = re.match(r"spec (?:\([^)]*\))?\*?(--?[a-zA-Z-]+)", line)
        if match:
            found.add(match.group(1))
    return found


def options_offered(shell, path, names):
    if shell == "fish":
        lines = ["swapctl %s -" % n for n in names]
        dashes = ["swapctl %s --" % n for n in names]
        one, two = ask(shell, path, lines), ask(shell, path, dashes)
        return [set(a + b) for a, b in zip(one, two)]
    lines = ["swapctl %s -" % n for n in names]
    answers = ask(shell, path, lines)
    return [words_of_spec(a) if shell == "zsh" else set(a) for a in answers]


# what a fabricated machine's tiers and devices make the shells offer (not exhaustive)
VALUES = [
    ("swapctl drain ", {"ssd", "hdd", "sda2", "sdb1"}, {"fast"}),
    ("swapctl list s", {"ssd", "sda2"}, {"hdd"}),
    ("swapctl --config /x drain --to ", {"memory", "ssd", "hdd"}, {"sda2"}),
    ("swapctl migrate ssd ", {"backing", "hdd"}, {"memory"}),
    ("swapctl add ", {"ssd", "hdd"}, {"sda2"}),
    ("swapctl list -o DE", {"DEVICE", "DELETED"}, {"TIER", "JOB"}),
    ("swapctl jobs --output JOB,ST", {"JOB,STATE"}, {"JOB,STORED"}),
    ("swapctl list --sort DE", {"DEVICE", "DELETED"}, {"TIER", "ssd"}),
    ("swapctl list --sort DEVICE s", {"ssd", "sda2"}, {"SIZE"}),
    ("swapctl drain --rate 5M s", {"ssd", "sda2"}, set()),
    ("swapctl metrics --cgroups ", set(), {"ssd", "sda2"}),
    ("swapctl metrics --write /etc/passw", {"/etc/passwd"}, set()),
    ("swapctl save --write /etc/passw", {"/etc/passwd"}, set()),
    ("swapctl help dr", {"drain"}, {"list", "ssd"}),
    ("swapctl help drain ", set(), {"ssd", "sda2", "drain"}),
]


def check_values(shell, path):
    """run with a swapctl in front that sees a fabricated machine; returns complaints"""
    here = os.path.dirname(os.path.abspath(__file__))
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(here, "mkroot.sh"), folder], check=True)
        wrapper = os.path.join(folder, "swapctl")
        with open(wrapper, "w") as f:
            f.write("#!/bin/sh\nexec %s --root %s/tiers \"$@\"\n" %
                    (shutil.which("swapctl"), folder))
        os.chmod(wrapper, 0o755)
        os.environ["PATH"] = folder + ":" + os.environ["PATH"]
        answers = ask(shell, path, [line for line, _, _ in VALUES])
    for (line, wanted, unwanted), got in zip(VALUES, map(set, answers)):
        for word in sorted((wanted - got) | (unwanted & got)):
            bad += 1
            print("%r: %s is %s" % (line, word, "missing" if word in wanted else "offered"))
    return bad


def main():
    shell, path = sys.argv[1:3]
    if not shutil.which(shell):
        print("%s is not installed" % shell)
        sys.exit(77)
    options, commands = table.load()
    bad = 0
    # fish offers summaries without "swapctl" running anything; others list bare words
    offered = {w.split(":")[0] for w in ask(shell, path, ["swapctl "])[0]
               if not w.startswith("spec ")}
    for word in sorted(offered ^ set(commands)):
        bad += 1
        print("commands: %s is %s" % (word, "not offered" if word in commands else "unknown"))
    for word in sorted(set(commands) - {w.split(":")[0]
                                        for w in ask(shell, path, ["swapctl help "])[0]}):
        bad += 1
        print("help: %s is not offered" % word)
    names = list(commands)
    for name, got in zip(names, options_offered(shell, path, names)):
        wanted = {w for o in options + commands[name].options for w in o.words()}
        for word in sorted(wanted ^ got):
            bad += 1
            print("%s: %s is %s" % (name, word,
                                    "not offered" if word in wanted else "unknown"))
    if shell != "zsh":
        bad += check_values(shell, path)
    print("%s: %d commands compared, %d complaints" % (shell, len(names), bad))
    sys.exit(bad > 0)


main()
