#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Does tests/bench/instructions.py see what became worse, better, or was made with other things?

usage: test-instructions.py SOURCE_ROOT
"""
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(sys.argv[1])
MADE = "# made with\t6.1\tgcc 12"
TABLE = """%s
6.1\tout\ttswap\tbrd\t1000\t2
6.1\tmove\ttswap\tbrd\t1000\t5
6.12\tout\ttswap\tbrd\t7\t2
""" % MADE
SAME = "6.1\tmove\ttswap\tbrd\t1000\n"

failed = 0


def run(mode, measured, status, *words, made=MADE):
    global failed
    with tempfile.TemporaryDirectory() as folder:
        table, file = pathlib.Path(folder, "table"), pathlib.Path(folder, "measured")
        table.write_text(TABLE)
        file.write_text(made + "\n" + measured)
        ran = subprocess.run([sys.executable, TOP / "tests/bench/instructions.py", mode, file, table],
                             stdout=subprocess.PIPE, text=True)
        said = ran.stdout + table.read_text() * (mode == "--update")
    if ran.returncode != status or not all(word in said for word in words):
        print("%s of %r: status %d instead of %d, or none of %s in: %s"
              % (mode, measured, ran.returncode, status, words, said))
        failed += 1


def out(n):
    return "6.1\tout\ttswap\tbrd\t%d\n" % n


run("--check", out(1020) + SAME, 0, "+2.00 %")
run("--check", out(1021) + SAME, 1, "+2.10 %  worse", "1 cells are worse")
run("--check", out(900) + SAME, 0, "-10.00 %  better", "--update keeps that")
run("--check", out(1000) + "6.1\tmove\ttswap\tbrd\t1050\n", 0)
run("--check", out(1000) + "6.1\tmove\ttswap\tbrd\t1051\n", 1, "+5.10 %  worse")
run("--check", out(1000), 1, "is only in the table")
run("--check", out(1000) + SAME + "6.1\tin\ttswap\tbrd\t9\n", 1, "is only in what was measured")
run("--check", out(1000) + SAME, 77, "measured with gcc 13, the table has gcc 12",
    made=MADE.replace("12", "13"))
run("--check", out(1500) + SAME + out(1010), 0, "+1.00 %")
run("--check", out(1500) + SAME + out(1400), 1, "+40.00 %  worse")
run("--same", "", 77, "other instructions", made=MADE.replace("12", "13"))
run("--same", "", 0)
run("--check", "", 77, "no such kernel", made=MADE.replace("6.1", "7.3"))
run("--update", out(900) + SAME.replace("1000", "1"), 0, "6.1\tout\ttswap\tbrd\t900\t2\n",
    "6.1\tmove\ttswap\tbrd\t1\t5\n", "6.12\tout\ttswap\tbrd\t7\t2\n", MADE)


def text(mode, table, rows, status, *words):
    """the tables of a text"""
    global failed
    with tempfile.TemporaryDirectory() as folder:
        cells, file = pathlib.Path(folder, "table"), pathlib.Path(folder, "text")
        cells.write_text(MADE + "\n" + table)
        file.write_text("a\n" + rows)
        ran = subprocess.run([sys.executable, TOP / "tests/bench/instructions.py", mode, file, cells],
                             stdout=subprocess.PIPE, text=True)
        said = ran.stdout + file.read_text() * (mode == "--fill")
    if ran.returncode != status or not all(word in said for word in words):
        print("%s: status %d instead of %d, or none of %s in: %s"
              % (mode, ran.returncode, status, words, said))
        failed += 1


IN = "".join("6.1\tin\t%s\tbrd\t%d\t2\n" % cell
             for cell in (("direct", 7111), ("linear", 10205), ("tswap", 9755)))
ROW = "| 6.1, in, brd | 7,111 | 10,205 | 9,755 | 1.05 | 0.73 |"
text("--tables", IN, ROW, 0)
text("--tables", IN, ROW.replace("9,755", "9,756"), 1, "has other numbers: " + ROW)
text("--tables", IN, ROW.replace("0.73", "0.72"), 1, "has other numbers: " + ROW)
text("--tables", IN, "", 1, "is there 0 times")
text("--tables", IN, ROW + "\n" + ROW, 1, "is there 2 times")
text("--fill", IN, ROW.replace("9,755", "1") + "\nb\n", 0, "a\n" + ROW + "\nb\n")

# what docs/proof.md says is what was measured
ran = subprocess.run([sys.executable, TOP / "tests/bench/instructions.py", "--tables",
                      TOP / "docs/proof.md"])
failed += ran.returncode
sys.exit(failed != 0)
