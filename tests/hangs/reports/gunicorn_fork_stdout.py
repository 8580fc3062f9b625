# a worker was forked while a thread wrote to a buffered file, whose lock is locked in the worker for ever (rebuilds benoitc/gunicorn issue 3529)
import os, queue, signal, threading, time
signal.alarm(900)

class AccessLog:
    def __init__(self):
        self.read_end, write_end = os.pipe()
        self.file = open(write_end, "wb", buffering=8192)
    def write(self, line):
        self.file.write(line)
        self.file.flush()

class ControlSocket(threading.Thread):
    def __init__(self, log):
        super().__init__(name="control", daemon=True)
        self.log = log
    def run(self):
        self.log.write(b"x" * 300_000)
        while True:
            time.sleep(0.5)

class Arbiter:
    def __init__(self):
        self.log = AccessLog()
        self.workers = []
    def drain(self):
        while True:
            os.read(self.log.read_end, 65536)
    def spawn(self):
        pid = os.fork()
        if pid == 0:
            self.serve()
            os._exit(0)
        self.workers.append(pid)
    def serve(self):
        self.log.write(b"booting worker\n")
    def run(self):
        ControlSocket(self.log).start()
        time.sleep(0.3)
        self.spawn()
        threading.Thread(target=self.drain, name="drain", daemon=True).start()
        os.waitpid(self.workers[0], 0)

ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
Arbiter().run()
