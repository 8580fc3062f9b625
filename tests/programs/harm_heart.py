"""A heart that is watched through a file: harm_heart.py FILE THREADS [exec|fork|seccomp]

A thread and a task each note, in a file that is mapped, how often they beat and
the longest time between two beats since the test last asked. So that the test
sees every signal that arrives, they are counted where the C handler writes them.
"""

import asyncio
import mmap
import os
import signal
import sys
import threading
import time
import warnings

# Slots of 8 bytes each; tests/interpreters/harm/heart.rs has the same list.
THREAD, TASK = 0, 3  # beats, longest gap in ns, the epoch that both are of
ASKED_EPOCH = 6
RT_SIGNALS, USR1_SIGNALS = 7, 8
ROUNDS, WRONG = 9, 10
SLOTS = 16

NUMBERED = signal.SIGRTMIN + 1


def open_slots(path):
    with open(path, "r+b") as file:
        file.truncate(SLOTS * 8)
        return memoryview(mmap.mmap(file.fileno(), SLOTS * 8)).cast("Q")


class Pulse:
    def __init__(self, slots, first):
        self.slots, self.first = slots, first
        self.last, self.epoch = time.monotonic_ns(), 0

    def beat(self):
        slots, first = self.slots, self.first
        now = time.monotonic_ns()
        gap, self.last = now - self.last, now
        asked = slots[ASKED_EPOCH]
        if asked != self.epoch:
            self.epoch = asked
            slots[first + 1] = 0
            slots[first + 2] = asked
        elif gap > slots[first + 1]:
            slots[first + 1] = gap
        slots[first] += 1


def beat_in_thread(slots):
    pulse = Pulse(slots, THREAD)
    while True:
        pulse.beat()
        time.sleep(0.001)


async def beat_in_task(slots):
    pulse = Pulse(slots, TASK)
    while True:
        pulse.beat()
        await asyncio.sleep(0.002)


def count_signals(slots, pipe):
    while True:
        for number in os.read(pipe, 4096):
            if number == NUMBERED:
                slots[RT_SIGNALS] += 1
            elif number == signal.SIGUSR1:
                slots[USR1_SIGNALS] += 1


def fork_forever(slots):
    warnings.simplefilter("ignore")
    while True:
        child = os.fork()
        if child == 0:
            os._exit(7)
        _, status = os.waitpid(child, 0)
        if not os.WIFEXITED(status) or os.WEXITSTATUS(status) != 7:
            slots[WRONG] += 1
        slots[ROUNDS] += 1


def replace_forever(slots):
    slots[ROUNDS] += 1
    time.sleep(0.003)
    os.execv(sys.executable, [sys.executable] + sys.argv)


def enter_sandbox():
    """Whoever has it trace or read a process is killed; files and programs are refused."""
    import ctypes
    import struct

    load, if_equal, answer = 0x20, 0x15, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    rules = {101: kill, 310: kill, 311: kill, 440: kill, 2: refuse, 257: refuse, 59: refuse}
    program = [struct.pack("HBBI", load, 0, 0, 0)]
    for number, verdict in rules.items():
        program.append(struct.pack("HBBI", if_equal, 0, 1, number))
        program.append(struct.pack("HBBI", answer, 0, 0, verdict))
    program.append(struct.pack("HBBI", answer, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    for arguments in (
        (no_new_privileges, 1, 0, 0, 0),
        (set_seccomp, filter_mode, ctypes.addressof(header), 0, 0),
    ):
        if prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def start(target, *arguments):
    threading.Thread(target=target, args=arguments, daemon=True).start()


async def main(slots, what):
    asyncio.ensure_future(beat_in_task(slots))
    if what == "fork":
        start(fork_forever, slots)
    if what == "exec":
        start(replace_forever, slots)
    print("READY", os.getpid(), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    signal.alarm(7200)
    what = (sys.argv + [""])[3]
    slots = open_slots(sys.argv[1])
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=True)
    for number in (NUMBERED, signal.SIGUSR1):
        signal.signal(number, lambda *_: None)
    # The event loop polls with the policy's defaults: everything is imported by now.
    if what == "seccomp":
        enter_sandbox()
    start(count_signals, slots, reading)
    start(beat_in_thread, slots)
    for _ in range(int(sys.argv[2])):
        start(time.sleep, 7200)
    asyncio.run(main(slots, what))
