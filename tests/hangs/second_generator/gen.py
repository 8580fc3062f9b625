#!/usr/bin/env python3
"""gen.py --seed N --out DIR: one program that hangs, its healthy twin, and their NAME.expect.json. Deterministic by seed.
--list prints the mechanisms; seed N uses mechanism N modulo their number (or --mechanism NAME)."""
import argparse, json, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import genlib
import async_locks, async_queues, async_futures, async_loops, async_others
import thread_locks, thread_waits, thread_others

# All files of one kind fill one table, in the order in which they are imported.
MECHS = {**async_others.MECHS, **thread_others.MECHS}
A, T = [m for m in MECHS if m.startswith("a_")], [m for m in MECHS if m.startswith("t_")]
ORDER = []                                   # one of each by turns
for i in range(max(len(A), len(T))): ORDER += A[i:i + 1] + T[i:i + 1]

def generate(seed, out, mechanism=None):
    key = mechanism or ORDER[seed % len(ORDER)]
    g = genlib.G(seed, key[2:] + ("_thr" if key[2:] in [k[2:] for k in MECHS if k != key] and key[0] == "t" else ""))
    p = MECHS[key](g)
    os.makedirs(out, exist_ok=True)
    made = []
    for which in "HT":
        base, files, marks = genlib.render(g, p, which)
        for f, text in files.items():
            compile(text, f, "exec")
            with open(os.path.join(out, f), "w") as h: h.write(text)
        if which == "H": assert marks, base
        e = genlib.expect_of(g, p, which, marks if which == "H" else [])
        with open(os.path.join(out, base + ".expect.json"), "w") as h: json.dump(e, h, indent=1); h.write("\n")
        made.append((base, e, g, p))
    return made

if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--seed", type=int, default=0); ap.add_argument("--out", default="."); ap.add_argument("--mechanism"); ap.add_argument("--list", action="store_true")
    a = ap.parse_args()
    if a.list: print("\n".join(f"{i} {m}" for i, m in enumerate(ORDER)))
    else:
        for base, e, g, p in generate(a.seed, a.out, a.mechanism): print(base)
