#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every exported call has a doc block, or stands in a paragraph (without a blank line) with
one; a block names only parameters that there are.

usage: check-docs.py HEADER
"""

import re
import sys

CALL = re.compile(r"\b(swapadm_\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*;")
BLOCK = re.compile(r"/\*(.*?)\*/", re.S)


def without_braces(text):
    """Empty the bodies of structs and enums, keeping their comments out of the way."""
    out, depth = [], 0
    text = text.replace('extern "C" {', "")
    for part in re.split(r"(/\*.*?\*/|[{}])", text, flags=re.S):
        if part == "{":
            depth += 1
        elif part == "}":
            depth = max(depth - 1, 0)
        elif not depth:
            out.append(part)
    return "".join(out)


def paragraphs(text):
    """Split at blank lines that are not inside a comment."""
    hidden = BLOCK.sub(lambda m: m.group(0).replace("\n\n", "\n \n"), text)
    return re.split(r"\n[ \t]*\n", hidden)


def parameters(declaration):
    return set(re.findall(r"(\w+)\s*(?:,|$)", declaration)) | set(
        re.findall(r"\(\*(\w+)\)", declaration)
    )


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    bad = calls = 0
    for paragraph in paragraphs(without_braces(text)):
        comments = BLOCK.findall(paragraph)
        code = BLOCK.sub(" ", paragraph)
        found = CALL.findall(re.sub(r"\s+", " ", code))
        calls += len(found)
        if found and not any(len(c.split()) >= 2 for c in comments):
            for name, _ in found:
                print(f"{name}(): no doc block, and none in its paragraph")
                bad += 1
        known = set().union(*(parameters(p.strip()) for _, p in found)) if found else set()
        names = {name for name, _ in found}
        for comment in comments:
            title = re.match(r"\*\s*\*?\s*(swapadm_\w+)\(\)", comment)
            if title and title.group(1) not in names:
                print(f"{title.group(1)}(): its doc block stands before something else")
                bad += 1
            if not title:
                continue
            for name in re.findall(r"^\s*\*\s*@(\w+)(?:,\s*@\w+)*:", comment, re.M):
                if name not in known:
                    print(f"{title.group(1)}(): @{name}: no such parameter")
                    bad += 1
    if calls < 50:
        print(f"only {calls} calls found: can this be?")
        bad += 1
    return 1 if bad else 0


sys.exit(main())
