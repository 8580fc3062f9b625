# cpython #121649: a signal handler shuts the executor down; the signal came while the main thread was in submit(), with the executor's lock
import concurrent.futures as cf, os, signal, threading, time
from svckit import Heartbeat, Metrics, note
signal.alarm(900)


class Mailer:
    def __init__(self):
        self.metrics, self.started, self.finished = Metrics(), 0, 0
        self.pool = cf.ThreadPoolExecutor(2, thread_name_prefix="send")
        signal.signal(signal.SIGHUP, self.reload)

    def reload(self, signum, frame):
        self.started += 1
        self.pool.shutdown(wait=True, cancel_futures=True)
        self.pool = cf.ThreadPoolExecutor(2, thread_name_prefix="send")
        self.finished += 1

    def send(self, n):
        time.sleep(0.02)
        return n

    def run(self):
        n = 0
        while True:
            n += 1
            if n % 2000 == 0:
                time.sleep(0.01)
            try:
                self.pool.submit(self.send, n)
            except RuntimeError:
                pass


class ConfigWatcher(threading.Thread):
    def __init__(self, mailer):
        super().__init__(name="config-watcher", daemon=True)
        self.mailer = mailer

    def run(self):
        time.sleep(0.5)
        for _ in range(200):
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.3)
            if self.mailer.started > self.mailer.finished:
                time.sleep(0.7)
                if self.mailer.started > self.mailer.finished:
                    break
        print("READY", flush=True)
        while True:
            time.sleep(3600)


mailer = Mailer()
Heartbeat(mailer.metrics).start()
ConfigWatcher(mailer).start()
mailer.run()
