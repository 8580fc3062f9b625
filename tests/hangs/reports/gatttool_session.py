# Bluetooth poller: each round drives an interactive tool through a pseudo terminal and ends it.
import signal
import sys
import threading
import time

import pexpect

signal.alarm(900)
TOOL = r"""
import sys, time
print("[LE]> ", end="", flush=True)
for line in sys.stdin:
    if line.strip() == "connect":
        time.sleep(1)
        print("Connection successful")
    if line.strip() == "exit":
        for handle in range(3000):
            print(f"handle 0x{handle:04x}: released, no more notifications")
        break
    print("[LE]> ", end="", flush=True)
"""


class Session:
    def __init__(self):
        self.tool = pexpect.spawn(sys.executable, ["-c", TOOL], timeout=30, echo=False)
        self.tool.expect_exact("[LE]> ")

    def connect(self):
        self.tool.sendline("connect")
        self.tool.expect("Connection successful")

    def stop(self):
        self.tool.sendline("exit")
        self.tool.wait()
        return self.tool.exitstatus


class Poller:
    def __init__(self):
        self.rounds = 0

    def round(self):
        session = Session()
        session.connect()
        session.stop()
        self.rounds += 1


def report(poller):
    while True:
        time.sleep(5)
        print("rounds", poller.rounds, flush=True)


def main():
    poller = Poller()
    threading.Thread(target=report, args=(poller,), name="report", daemon=True).start()
    ready = threading.Timer(3, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    while True:
        poller.round()
        time.sleep(0.5)


main()
