#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws docs/architecture.svg: docs/architecture.py > docs/architecture.svg"""

FONT = 'font-family="DejaVu Sans, sans-serif" font-size="13"'
out = []


def box(x, y, w, h, lines, fill="#eef3fa"):
    out.append(
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="{fill}" stroke="#35507a"/>'
    )
    top = y + h / 2 - 8 * (len(lines) - 1) + 4
    for i, line in enumerate(lines):
        weight = ' font-weight="bold"' if i == 0 else ""
        out.append(
            f'<text x="{x + w / 2}" y="{top + 16 * i}" text-anchor="middle"{weight}>{line}</text>'
        )


def arrow(x1, y1, x2, y2, text="", dx=6):
    out.append(
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#35507a" marker-end="url(#a)"/>'
    )
    if text:
        out.append(f'<text x="{(x1 + x2) / 2 + dx}" y="{(y1 + y2) / 2 + 4}">{text}</text>')


def label(x, y, text):
    out.append(f'<text x="{x}" y="{y}" fill="#777">{text}</text>')


def draw():
    label(20, 24, "programs")
    box(110, 10, 150, 44, ["swapctl", "plans, jobs, metrics"])
    box(290, 10, 150, 44, ["swaptop", "live view, recordings"])
    box(470, 10, 150, 44, ["your program", "swapadm.h"])
    for x in (185, 365, 545):
        arrow(x, 54, x, 84)
    label(20, 110, "library")
    box(110, 86, 510, 44, ["libswapadm", "one model of tiers, devices, jobs; plans before changes"])
    arrow(220, 130, 220, 172, "swapon, swapoff, sysfs, procfs")
    arrow(520, 130, 520, 172, "netlink, sysfs")
    label(20, 160, "kernel")
    box(110, 174, 240, 60, ["swap core", "an area a device: direct layer", "tier = range of priorities"])
    box(400, 174, 220, 60, ["swap core", "one area: redirect layer", "page table entry = slot"])
    arrow(510, 234, 510, 258)
    box(400, 260, 220, 44, ["tswap", "slot = (leaf, position)"], "#fdf3e3")
    label(20, 350, "devices")
    for x, name in ((110, "zram"), (195, "SSD"), (280, "disk")):
        arrow(x + 35, 234, x + 35, 328)
        box(x, 330, 70, 34, [name], "#f2f2f2")
    for x, name in ((400, "zram"), (475, "SSD"), (550, "disk")):
        arrow(510, 304, x + 35, 328)
        box(x, 330, 70, 34, [name], "#f2f2f2")


draw()
print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 380" width="640" height="380">')
print('<defs><marker id="a" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">')
print('<path d="M0,0 L8,4 L0,8 z" fill="#35507a"/></marker></defs>')
print(f'<rect width="640" height="380" fill="white"/><g {FONT}>')
print("\n".join(out))
print("</g></svg>")
