#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Pictures of screens: well-formed, every word of the screen in its place.

usage: screenshots-test.py SWAPTOP SCREENSHOTS CAPTURE
"""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as tree

swaptop, screenshots, capture = sys.argv[1:]
env = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TERM="dumb")
SVG = "{http://www.w3.org/2000/svg}"
CELL_W, CELL_H = 8.428, 17


def run(*command, given=None):
    return subprocess.run(command, env=env, input=given, capture_output=True, text=True,
                          check=True, timeout=60).stdout


coloured = run(swaptop, "--root", capture, "--once", "--size", "120x36", "--color", "always")
plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
picture = tree.fromstring(run(screenshots, given=coloured))
texts = picture.findall(SVG + "text")
places = {}
for text in texts:
    # a list of places, one a letter, is what librsvg does not draw
    x, y = float(text.get("x")), int(text.get("y"))
    places[round(x / CELL_W), (y - 13) // CELL_H] = text.text

missing = 0
for row, line in enumerate(plain.splitlines()):
    for word in re.finditer(r"[!-~]{4,}", line):
        drawn = [t for (x, y), t in places.items()
                 if y == row and x <= word.start() and
                 line[x:x + len(t)] == t and x + len(t) >= word.end()]
        # a word of two styles is drawn as two
        if not drawn and (word.start(), row) not in places:
            print(f"line {row}: {word.group()} at {word.start()} is not in the picture")
            missing += 1
if len(texts) < 50 or not picture.findall(SVG + "path"):
    print(f"only {len(texts)} words: can this be?")
    missing += 1
sys.exit(missing > 0)
