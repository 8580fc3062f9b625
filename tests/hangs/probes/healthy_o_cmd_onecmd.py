# healthy: cmd onecmd
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# commands of a script, dispatched by cmd.Cmd
import cmd
import threading


class Shell(cmd.Cmd):
    def __init__(self):
        super().__init__()
        self.released = threading.Event()

    def do_wait(self, argument):
        time.sleep(float(argument))

    def do_release(self, argument):
        self.released.set()


def script(shell, lines):
    for line in lines:
        shell.onecmd(line)


shell = Shell()
lines = ["wait 0.1", "wait %f" % DELAY, "release"]
threading.Thread(target=script, args=(shell, lines), daemon=True).start()
print("READY", flush=True)
shell.released.wait()
print("DONE", flush=True)
