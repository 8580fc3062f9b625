# Package builder: build output goes through a compressor's stdin; a fetcher process prefetches sources.
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

FILTER = "import sys, gzip, shutil; shutil.copyfileobj(sys.stdin.buffer, gzip.open(sys.argv[1], 'wb'))"


class BuildLogger:
    def __init__(self, path):
        self.path = path
        self.filter = subprocess.Popen([sys.executable, "-c", FILTER, path], stdin=subprocess.PIPE)

    def write(self, line):
        self.filter.stdin.write(line.encode() + b"\n")

    def finish(self):
        self.filter.stdin.close()
        code = self.filter.wait()
        return code, os.path.getsize(self.path)


def fetcher(wanted):
    signal.alarm(900)
    while True:
        package = wanted.get()
        if package is None:
            return
        time.sleep(0.2)


def build(package, folder, before):
    wanted = before
    logger = BuildLogger(os.path.join(folder, package + ".log.gz"))
    if wanted is None:
        wanted = start_fetcher()
    wanted.put(package)
    for n in range(20):
        logger.write(f"[{n}/20] compiling {package}")
        time.sleep(0.05)
    logger.finish()
    return wanted


def start_fetcher():
    wanted = mp.get_context("fork").Queue()
    mp.get_context("fork").Process(target=fetcher, args=(wanted,), name="fetcher", daemon=True).start()
    return wanted


def main():
    signal.alarm(900)
    folder = tempfile.mkdtemp()
    wanted = None
    number = 0
    ready = threading.Timer(2.5, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    while True:
        number += 1
        wanted = build(f"package-{number}", folder, wanted)
        time.sleep(1)


if __name__ == "__main__":
    main()
