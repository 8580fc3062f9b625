"""A process with a Python child: `family.py`. READY comes when both are up.

Uses nothing of this directory but `plain.py`.
"""

import os
import signal
import subprocess
import sys


def main():
    signal.alarm(600)
    plain = os.path.join(os.path.dirname(os.path.abspath(__file__)), "plain.py")
    with subprocess.Popen([sys.executable, plain], stdout=subprocess.PIPE) as child:
        try:
            child.stdout.readline()
            print("READY", child.pid, flush=True)
            sys.stdin.read()  # until whoever started us is gone
        finally:
            child.kill()


if __name__ == "__main__":
    main()
