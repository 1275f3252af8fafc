#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what instructions.sh measured with the table, or put it there.

usage: tests/bench/instructions.py [--check|--same|--update] MEASURED [TABLE]
       tests/bench/instructions.py --tables|--fill TEXT [TABLE]

Without an option MEASURED is printed. --check prints each cell next to the table's. Status 1: a
cell is worse than the table's by more than its tolerance (its last column, per cent), or only one
of the two has it. Where one is better by more than that, words ask for --update. Status 77: the
table was made with another kernel, compiler or C library, whose instructions are others.
A cell that was measured several times counts with its least: a few have two values, as memory lies.
--same asks only the latter. --update puts what was measured into the table, for its kernels;
tolerances stay.

--tables holds the rows of paging and of moves in TEXT (docs/proof.md) against the table: status 1,
with the rows as they should be, when one has other numbers, is missing or there twice. --fill
writes those numbers.
"""
import os
import sys

TABLE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "instructions.tsv")
HEAD = "# kernel\twhat\tlayer\tleaf\tinstructions\ttolerance %"
TOLERANCE = 2


class Table:
    """made: kernel -> what it was made with; cells: (kernel, what, layer, leaf) -> (n, tolerance)"""

    def __init__(self, path):
        self.made, self.cells = {}, {}
        with open(path, encoding="ascii") as file:
            for line in file.read().splitlines():
                words = line.split("\t")
                if line.startswith("# made with"):
                    self.made[words[1]] = words[2]
                elif line and not line.startswith("#"):
                    tolerance = int(words[5]) if len(words) > 5 else TOLERANCE
                    cell, n = tuple(words[:4]), int(words[4])
                    self.cells[cell] = min(n, self.cells.get(cell, (n,))[0]), tolerance

    def write(self, path):
        with open(path, "w", encoding="ascii") as file:
            print("# tests/bench/instructions.sh --update", file=file)
            for kernel in sorted(self.made, key=version):
                print("# made with", kernel, self.made[kernel], sep="\t", file=file)
            print(HEAD, file=file)
            for cell in sorted(self.cells, key=lambda c: version(c[0])):  # else as measured
                print(*cell, *self.cells[cell], sep="\t", file=file)


def version(kernel):
    return [int(number) for number in kernel.split(".")]


def update(measured, path):
    table = Table(path) if os.path.exists(path) else measured
    kept = {c: v for c, v in table.cells.items() if c[0] not in measured.made}
    for cell, (n, tolerance) in measured.cells.items():
        kept[cell] = n, table.cells[cell][1] if cell in table.cells else tolerance
    table.cells = kept
    table.made.update(measured.made)
    table.write(path)
    return 0


def same(measured, table):
    for kernel, made in measured.made.items():
        if table.made.get(kernel) != made:
            print("%s: measured with %s, the table has %s: other instructions"
                  % (kernel, made, table.made.get(kernel, "no such kernel")))
            return 77
    return 0


def check(measured, table):
    worse = better = 0
    ours = {c: v for c, v in table.cells.items() if c[0] in measured.made}
    for cell in {**ours, **measured.cells}:
        name = "%-5s %-14s %-8s %-5s" % cell
        if cell not in ours or cell not in measured.cells:
            print(name, "is only in", "the table" if cell in ours else "what was measured")
            worse += 1
            continue
        (was, tolerance), now = ours[cell], measured.cells[cell][0]
        percent = 100 * (now - was) / was
        word = ""
        if percent > tolerance:
            worse, word = worse + 1, "worse"
        elif percent < -tolerance:
            better, word = better + 1, "better"
        print(name, "%12d %12d %+6.2f %%  %s" % (was, now, percent, word))
    if better:
        print("%d cells became better: tests/bench/instructions.sh --update keeps that" % better)
    if not measured.cells:
        sys.exit("nothing was measured")
    if worse:
        print("%d cells are worse than the table, or not in it" % worse)
    return 1 if worse else 0


def rows(table):
    """start of a row of a text -> the whole row; a kernel and leaf that was not measured has none"""
    def row(start, cells, ratios):
        n = [table.cells[cell][0] if cell in table.cells else 0 for cell in cells]
        if all(n):
            out[start] = start + " ".join("%s |" % word for word in
                                          ["{:,}".format(i) for i in n] +
                                          ["%.2f" % (n[a] / n[b]) for a, b in ratios])

    out = {}
    for kernel in sorted({cell[0] for cell in table.cells}, key=version):
        for leaf in ("brd", "zram"):
            for what in ("out", "in", "random", "free"):
                row("| %s, %s, %s | " % (kernel, what, leaf),
                    [(kernel, what, layer, leaf) for layer in ("direct", "linear", "tswap")],
                    [(1, 2), (0, 2)])
            row("| %s, %s | " % (kernel, leaf),
                [(kernel, "move", "bare", leaf), (kernel, "move singly", "bare", leaf),
                 (kernel, "move", "tswap", leaf)], [(2, 0), (2, 1)])
    return out


def tables(text, table, fill):
    wrong = 0
    with open(text, encoding="utf-8") as file:
        lines = file.read().split("\n")
    for start, want in rows(table).items():
        found = [i for i, line in enumerate(lines) if line.startswith(start)]
        if fill and len(found) == 1:
            lines[found[0]] = want
        elif [lines[i] for i in found] != [want]:
            wrong += 1
            print("%s: %s: %s" % (text, "is there %d times, not once" % len(found)
                                  if len(found) != 1 else "has other numbers", want))
    if fill:
        with open(text, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    return 1 if wrong else 0


def main(mode, measured, path=TABLE):
    if mode in ("--tables", "--fill"):
        return tables(measured, Table(path), mode == "--fill")
    if mode == "--update":
        return update(Table(measured), path)
    if mode in ("--same", "--check"):
        status = same(Table(measured), Table(path))
        return status or (check(Table(measured), Table(path)) if mode == "--check" else 0)
    with open(measured, encoding="ascii") as file:
        print(file.read(), end="")
    return 0


if __name__ == "__main__":
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help"):
        sys.exit(__doc__)
    if not words[0].startswith("--"):
        words.insert(0, "")
    elif words[0] not in ("--check", "--same", "--update", "--tables", "--fill") or len(words) < 2:
        sys.exit(__doc__)
    sys.exit(main(*words))
