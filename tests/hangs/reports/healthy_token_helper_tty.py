# API client: the access token comes from a helper command of the configuration, as with git's credential helpers.
import fcntl
import logging
import os
import pty
import signal
import subprocess
import termios
import threading
import time

HELPER = "sleep 8; echo token-$(date +%s)"


def attach_terminal():
    """the service is started from a terminal, in the foreground"""
    try:
        os.setsid()
    except PermissionError:
        pass
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.tcsetpgrp(slave, os.getpgrp())
    return master, slave


class Credentials:
    def __init__(self, command):
        self.command = command
        self.token = None

    def refresh(self):
        helper = subprocess.Popen(["sh", "-c", self.command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, process_group=0)
        output, _ = helper.communicate()
        self.token = output.decode().strip()


def status():
    while True:
        time.sleep(10)
        logging.info("alive")


def main():
    signal.alarm(900)
    terminal = attach_terminal()
    os.write(terminal[0], b"secret\n")
    credentials = Credentials(HELPER)
    threading.Thread(target=status, name="status", daemon=True).start()
    ready = threading.Timer(1, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    while True:
        credentials.refresh()
        time.sleep(5)


main()
