"""What runs inside each sub-interpreter of `subinterpreters.py`."""

import asyncio
import os
import sys
import threading

import cases
import oracle
from cases import case, keep, never, sleep_in_thread, spawn


@case
async def task_in_subinterpreter():
    child = spawn(never(), "child")
    await child


@case
async def thread_in_subinterpreter():
    sleep_in_thread(keep(threading.Event()).wait, daemon=False)
    await never()


def stay(written):
    """Runs the cases for ever; a byte on `written` says that the truth is there."""

    def tell(path):
        os.write(written, b".")

    cases.ready = tell
    oracle.several_interpreters = True
    asyncio.run(cases._run_all())
