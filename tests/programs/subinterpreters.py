"""Sub-interpreters, each with its own loop and tasks in a thread of its own (3.12 and later).

    subinterpreters.py TRUTH.json

Each sub-interpreter writes TRUTH.json.N itself; the main one lists these files.
"""

import os
import sys
import threading

import cases
import oracle

COUNT = 2

WORKER = """
import sys
sys.path.insert(0, {directory!r})
sys.argv = ["subinterpreter", {truth!r}]
import subinterpreter_worker
subinterpreter_worker.stay({written})
"""


def create():
    """(what to run text with, id) of a new sub-interpreter, by whichever module there is."""
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    made = interpreters.create()
    run = getattr(interpreters, "exec", None) or interpreters.run_string
    return lambda text: run(made, text), int(made)


def main():
    cases.arm()
    oracle.several_interpreters = True
    directory = os.path.dirname(os.path.abspath(__file__))
    made = []
    for _ in range(COUNT):
        run, number = create()
        truth = "{}.{}".format(sys.argv[1], number)
        done, written = os.pipe()
        text = WORKER.format(directory=directory, truth=truth, written=written)
        cases.sleep_in_thread(lambda run=run, text=text: run(text), name="interpreter-{}".format(number))
        os.read(done, 1)
        made.append({"id": number, "truth": truth})
    cases.publish_when_at_rest(interpreters=made)
    threading.Event().wait()


if __name__ == "__main__":
    main()
