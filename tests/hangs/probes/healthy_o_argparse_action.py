# healthy: argparse action
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a command line in a console thread; the action does the work
import argparse
import shlex
import threading


class Drain(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        parser.app.drained.set()


class App:
    def __init__(self):
        self.drained = threading.Event()
        self.parser = argparse.ArgumentParser()
        self.parser.app = self
        self.parser.add_argument("--drain", nargs=0, action=Drain)


def console(parser, lines):
    for line in lines:
        time.sleep(DELAY)
        parser.parse_args(shlex.split(line))


app = App()
threading.Thread(target=console, args=(app.parser, ["--drain"]), daemon=True).start()
print("READY", flush=True)
app.drained.wait()
print("DONE", flush=True)
