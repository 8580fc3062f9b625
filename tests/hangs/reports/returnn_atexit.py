# an atexit handler waits for a child that ignores the signal it was sent (rebuilds rwth-i6/returnn issue 1497)
import atexit, os, signal, subprocess, sys, threading, time
signal.alarm(900)

CHILD = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(880)"

class DatasetProcess:
    def __init__(self, n):
        self.n = n
        self.process = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.DEVNULL)
        atexit.register(self.close)
    def close(self):
        self.process.send_signal(signal.SIGINT)
        os.waitpid(self.process.pid, 0)

class Trainer:
    def __init__(self):
        self.datasets = [DatasetProcess(n) for n in range(2)]
    def train(self):
        time.sleep(0.5)

def ticker():
    while True:
        time.sleep(0.1)

threading.Thread(target=ticker, name="ticker", daemon=True).start()
ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
Trainer().train()
