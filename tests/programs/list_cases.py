"""The cases that each program has on this interpreter: `list_cases.py PROGRAM...`, one `PROGRAM CASE` a line."""

import importlib
import sys

import cases

for program in sys.argv[1:]:
    del cases._cases[:]
    importlib.import_module(program)
    for name in cases.names():
        print(program, name)
