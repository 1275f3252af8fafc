#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Manual pages of section 3 from the doc blocks of swapadm.h, which are the one source.

usage: man3.py HEADER EXAMPLE VERSION PAGE

Writes swapadm(3) (PAGE swapadm: conventions, sections, the example program) or the page of
one section of the header (PAGE as in PAGES) to standard output, as man(7).
"""
import os
import re
import sys
import time

PAGES = {  # page: how the title of its section in the header begins
    "swapadm_context": "context",
    "swapadm_words": "words and quantities",
    "swapadm_devspec": "what a device is to be",
    "swapadm_conf": "configuration",
    "swapadm_stats": "the machine's counters",
    "swapadm_model": "the model",
    "swapadm_import": "other makers",
    "swapadm_plan": "plans",
    "swapadm_op": "operations",
    "swapadm_jobs": "jobs",
    "swapadm_parked": "what is parked",
    "swapadm_procs": "who is in swap",
    "swapadm_balance": "balance",
    "swapadm_events": "events",
}
SECTION = re.compile(r"^/\* -{4} (.*?) -+ \*/$", re.M)
CALL = re.compile(r"\b(swapadm_\w+)\s*\(")
OPAQUE = re.compile(r"#|struct \w+;|typedef")
LABEL = re.compile(r"(Return|Kernel ABI|Async-signal-safe):\s*(.*)")


def escape(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def code(text):
    """Lines as they are."""
    rows = [escape(line.expandtabs(8)) for line in text.strip("\n").split("\n")]
    rows = ["\\&" + row if row[:1] in ".'" else row for row in rows]
    return ["", ".nf", *rows, ".fi"]


def prose(text):
    """Filled text: calls bold, parameters italic."""
    text = escape(" ".join(text.split()))
    text = re.sub(r"\b(swapadm_\w+)\(\)", r"\\fB\1\\fP()", text)
    text = re.sub(r"@(\w+)", r"\\fI\1\\fP", text)
    text = re.sub(r"(?<![\w/])\*(\w)", r"*\1", text)
    return "\\&" + text if text[:1] in ".'" else text


def comment_lines(comment):
    lines = comment.strip()[2:-2].strip("*").strip("\n").split("\n")
    lines[0] = lines[0].lstrip()
    return [re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines]


def blocks(lines):
    """(kind, label, text) of a comment: parameters, labelled and plain paragraphs, items."""
    out = []
    for line in lines:
        param = re.match(r"@([\w, @]+|\.\.\.):\s*(.*)", line)
        label = LABEL.match(line)
        item = re.match(r"\s*- (.*)", line)
        if param:
            out.append(["param", re.sub(r"@", "", param[1]), param[2]])
        elif label:
            out.append(["label", label[1], label[2]])
        elif item:
            out.append(["item", "", item[1]])
        elif not line.strip():
            out.append(["", "", ""])
        elif out and out[-1][0] and (out[-1][0] == "text" or line[0] == " " or
                                     out[-1][0] == "label"):
            out[-1][2] += " " + line
        else:
            out.append(["text", "", line])
    out = [block for block in out if block[0]]
    if out and out[0][0] == "text":
        text = out[0][2]
        out[0][2] = text[:1].upper() + text[1:] + ("" if text[-1] in ".:" else ".")
    return out


def described(lines):
    """As macros; a paragraph at the beginning needs none."""
    out = []
    for kind, label, text in blocks(lines):
        if kind == "param":
            out += [".TP", f"\\fI{escape(label)}\\fP", prose(text)]
        elif kind == "item":
            out += [".IP \\(bu 2", prose(text)]
        elif kind == "label":
            out += [".PP", f"\\fB{label}:\\fP", prose(text)]
        else:
            out += [".PP", prose(text)]
    return out[1:] if out[:1] == [".PP"] else out


def split(section):
    """(comment, declarations) pairs: a comment at the left margin and what follows it."""
    at = [m.start() for m in re.finditer(r"^/\*", section, re.M)] + [len(section)]
    first = section[: at[0]]
    if first.strip():
        yield "", first
    for begin, end in zip(at, at[1:]):
        close = section.index("*/", begin) + 2
        yield section[begin:close], section[close:end]


def without_comments(text):
    return re.sub(r"\s*/\*.*?\*/", "", text, flags=re.S)


def calls(declarations):
    flat = re.sub(r"\{.*?\n\}", "", without_comments(declarations), flags=re.S)
    flat = "\n".join(line for line in flat.split("\n") if not re.match(r"\s*#|typedef", line))
    return CALL.findall(flat)


def page_of_section(page, title, section):
    names, synopsis, body = [], [], []
    for comment, declarations in split(section):
        found = calls(declarations)
        names += [name for name in found if name not in names]
        lines = comment_lines(comment) if comment else []
        head = re.match(r"((?:struct |enum )?swapadm_\w+(?:\(\))?(?:, swapadm_\w+\(\))*) - (.*)",
                        " ".join(lines[:1]))
        if head:
            body += [f'.SS "{head[1]}"', prose(head[2][:1].upper() + head[2][1:] + ".")]
            lines = lines[1:]
            body.append(".PP")
        elif found:
            body.append(".SS \"" + ", ".join(f"{name}()" for name in found) + '"')
        else:
            kind = re.search(r"\b(enum|struct) (swapadm_\w+)", declarations)
            body.append(f'.SS "{kind[1]} {kind[2]}"' if kind else ".PP")
        body += described(lines)
        shown = re.sub(r"\n{3,}", "\n\n", declarations).strip("\n")
        if shown.strip():
            body += code(shown)
        if found:
            text = re.sub(r"(enum|struct) \w+ \{.*?\n\};?", "", declarations, flags=re.S)
            synopsis += code("\n".join(row for row in text.split("\n")
                                       if row.strip() and not OPAQUE.match(row)))[1:]
    what = title.split(": ")[-1] if ": " in title else title
    return [
        ".SH NAME",
        escape(", ".join(names)) + " \\- " + escape(what),
        ".SH SYNOPSIS", ".nf", "#include <swapadm.h>", ".fi",
        *synopsis,
        ".SH DESCRIPTION",
        "The conventions that hold for every call, and an example, are in", ".BR swapadm (3).",
        *[row for row in body],
        ".SH SEE ALSO",
        ".BR swapadm (3),", ".BR swapadm (7),", ".BR swapctl (8)",
    ]


def overview(header, example):
    top = comment_lines(re.search(r"/\*\n \* libswapadm.*?\*/", header, re.S)[0])
    at = next(i for i, line in enumerate(top) if line.startswith("Sections"))
    name, lines = top[0], top[1:at]
    sections = [f"{page}" for page in PAGES]
    listed = []
    titles = dict(titles_of(header))
    for page in sections:
        listed += [".TP", f".BR {page} (3)", prose(titles[page])]
    return [
        ".SH NAME", "swapadm \\- " + escape(name.split(" - ")[1]),
        ".SH SYNOPSIS", ".nf", "#include <swapadm.h>", "",
        "cc program.c $(pkg\\-config \\-\\-cflags \\-\\-libs libswapadm)", ".fi",
        ".SH DESCRIPTION", *described(lines),
        ".SH PAGES", *listed,
        ".SH EXAMPLE",
        "Lists the tiers, drains a device and follows the job in a poll loop.",
        *code(re.sub(r"^/\* SPDX.*\n", "", example)),
        ".SH SEE ALSO", ".BR swapadm (7),", ".BR swapctl (8)",
    ]


def titles_of(header):
    for page, begin in PAGES.items():
        for title in SECTION.findall(header):
            if title.startswith(begin):
                yield page, title


def main():
    header = open(sys.argv[1], encoding="utf-8").read()
    example = open(sys.argv[2], encoding="utf-8").read()
    version, page = sys.argv[3:5]
    parts = SECTION.split(header)[1:]
    sections = dict(zip(parts[::2], parts[1::2]))
    titles = dict(titles_of(header))
    if sorted(titles.values()) != sorted(sections):
        sys.exit(f"man3.py: sections without a page: {set(sections) - set(titles.values())}")
    if page == "swapadm":
        rows = overview(header, example)
    else:
        text = re.sub(r"#ifdef __cplusplus.*", "", sections[titles[page]], flags=re.S)
        rows = page_of_section(page, titles[page], text)
    print('.\\" made from swapadm.h by man3.py')
    day = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    print(f'.TH {page} 3 {time.strftime("%Y-%m-%d", day)} "swapadm {version}" "libswapadm"')
    print(".ad l\n.nh")
    print("\n".join(rows))


main()
