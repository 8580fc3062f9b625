#!/usr/bin/env python3
"""Writes a random program that hangs, with what is true of it; with --twin also one that only looks as if it hung.

  python3 generate.py --seed 7 --out DIR [--twin]
writes DIR/gen_7/gen_7.py, its helper modules and gen_7.expect.json (and DIR/gen_7_healthy/...); see README.md."""
import argparse
import json
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import mechanisms
import noise
import thread_mechanisms  # noqa: F401  adds its own to mechanisms.THREADS
from program import Builder


def table():
    return dict(mechanisms.ASYNC, **mechanisms.THREADS)


def generate(seed, twin=False, delay=45, only=None):
    """`delay`: after how many seconds the twin goes on; it has to be more than a look takes and less than a minute."""
    known = table()
    weighted = [name for name in sorted(known) for _ in range(known[name][1])]
    name = only or random.Random("%s" % seed).choice(weighted)
    b = Builder(seed, name, twin, delay)
    known[name][0](b)
    noise.add(b)
    return b.finish({"mechanism": name})


def write(program, folder):
    os.makedirs(folder, exist_ok=True)
    for name, text in program.files.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    with open(os.path.join(folder, program.name + ".expect.json"), "w") as f:
        json.dump(program.expect, f, indent=1)
        f.write("\n")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", required=True, type=int)
    p.add_argument("--out", required=True, metavar="DIR")
    p.add_argument("--twin", action="store_true", help="also the healthy twin")
    p.add_argument("--only", metavar="MECHANISM", choices=sorted(table()), help="this mechanism, whatever the seed says")
    o = p.parse_args()
    for twin in [False, True][:1 + o.twin]:
        program = generate(o.seed, twin, only=o.only)
        write(program, os.path.join(o.out, program.name))
        print(os.path.join(o.out, program.name, program.name + ".py"))


if __name__ == "__main__":
    main()
