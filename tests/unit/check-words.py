#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plain English: no phrase of the list in what a user or a contributor reads.

Texts are checked whole; of C sources the strings, and the comments of the folders in
COMMENTS. A phrase is in the list because it was found and had a plainer wording.
"""
import os
import re
import sys

TEXTS = ("man", "docs", "completions", "contrib", "examples", "debian", "tswap/Documentation")
FILES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS", "quickstart", "tswap/README.md",
         "tswap/tswap.yaml")
SOURCES = ("libswapadm", "swapctl", "swaptop", "tswap")
COMMENTS = ("libswapadm", "swapctl", "swaptop", "tswap")
PHRASES = (  # what, and what to write
    (r"tells?\b(?! apart)", "show, report, print"),
    (r"told\b(?! apart)", "shown, reported"),
    (r"(?<!there )is no (?!longer|more|other|such|swap\b)[a-z]+", "is not a"),
    (r"(?<!-)mend(s|ed|ing)?\b", "fix"),
    (r"of others\b", "not ours, of other users"),
    (r"of nobody", "unclaimed"),
    (r"by itself\b", "automatically, alone"),
    (r"beside\b(?!\.c)", "next to, at the same time as"),
    (r"dear\b", "expensive"),
    (r"seldom\b", "rarely, slower"),
    (r"somebody lets? go", "is closed"),
    (r"for want of", "because of missing"),
    (r"without a word", "silently"),
    (r"lies (on|in|above|below|between)\b", "is"),
    (r"where it stands", "how far it is"),
    (r"(help|version|question) and end\b", "exit"),
)
PATTERN = re.compile("|".join(rf"(?P<p{i}>\b{p})" for i, (p, _) in enumerate(PHRASES)), re.I)
COMMENT = re.compile(r"/\*.*?\*/", re.S)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
bad = 0


def strings(text):
    """The strings of a C source, in their places; all else is blank."""
    text = COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
    text = re.sub(r"^\s*#include.*$", "", text, flags=re.M)
    return "\n".join(" ".join(STRING.findall(line)) for line in text.split("\n"))


def comments(text):
    kept, end = [], 0
    for match in COMMENT.finditer(text):
        kept += [re.sub(r"[^\n]", "", text[end : match.start()]), match[0]]
        end = match.end()
    return "".join(kept)


def check(path, text):
    global bad
    for number, line in enumerate(text.split("\n"), 1):
        for match in PATTERN.finditer(line):
            better = PHRASES[int(match.lastgroup[1:])][1]
            print(f"{path}:{number}: \"{match[0]}\": write {better}", file=sys.stderr)
            bad += 1


def main():
    os.chdir(sys.argv[1])
    for path in FILES:
        with open(path, encoding="utf-8") as f:
            check(path, f.read())
    for top in TEXTS + SOURCES:
        for folder, dirs, names in os.walk(top):
            dirs[:] = [d for d in dirs if d != "__pycache__"]
            for name in names:
                path = os.path.join(folder, name)
                source = name.endswith((".c", ".h"))
                if (top in SOURCES and not source) or name.endswith((".svg", ".json", ".png")):
                    continue
                with open(path, encoding="utf-8") as f:
                    text = f.read()
                check(path, strings(text) if source else text)
                if top in COMMENTS:
                    check(path, comments(text))
    sys.exit(bad > 0)


main()
