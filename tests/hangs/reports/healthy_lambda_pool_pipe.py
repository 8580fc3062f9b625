# Report renderer: a child process of our own pool takes jobs from a pipe and sends the documents back through it.
import multiprocessing as mp
import os
import signal
import sys
import threading
import time


def child_loop(conn):
    signal.alarm(900)
    while True:
        job = conn.recv()
        if job is None:
            return
        time.sleep(0.5)
        conn.send((job["id"], job["template"].upper()))


class Child:
    def __init__(self, ctx, name):
        self.main_conn, child_conn = ctx.Pipe()
        self.process = ctx.Process(target=child_loop, args=(child_conn,), name=name, daemon=True)
        self.process.start()
        child_conn.close()
        self.results = {}

    def submit(self, number, template):
        self.main_conn.send({"id": number, "template": template})

    def flush(self, count):
        for _ in range(count):
            number, document = self.main_conn.recv()
            self.results[number] = len(document)


def render_batch(child, templates):
    for number, template in enumerate(templates):
        child.submit(number, template)
        child.flush(1)
    return sum(child.results.values())


def watchdog_stats():
    while True:
        time.sleep(2)
        os.times()


def main():
    signal.alarm(900)
    child = Child(mp.get_context("fork"), "renderer-0")
    threading.Thread(target=watchdog_stats, name="stats", daemon=True).start()
    ready = threading.Timer(2, lambda: print("READY", flush=True))
    ready.daemon = True
    ready.start()
    while True:
        render_batch(child, ["<p>{{ row }}</p>" * 150_000] * 3)
        time.sleep(1)


if __name__ == "__main__":
    main()
