# threads: waiters are tuples (name, event), another thread runs over them after 25 s
import signal, threading, time
signal.alarm(900)
class Board:
    def __init__(self):
        self.waiters = []
    def wait(self, name):
        event = threading.Event()
        self.waiters.append((name, event))
        event.wait()
    def publish(self):
        time.sleep(25)
        for name, event in self.waiters:
            event.set()
board = Board()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
threading.Thread(target=board.publish, name="publisher").start()
board.wait("main")
