# healthy twin of paramiko_window: the window is large enough for what the command writes; the command takes 100 s
import signal, threading, time
signal.alarm(900)

class Channel:
    def __init__(self):
        self.readable = threading.Condition()
        self.window = []
        self.status_event = threading.Event()
    def feed(self, line):
        with self.readable:
            while len(self.window) >= 1000:
                self.readable.wait()
            self.window.append(line)
            self.readable.notify_all()
    def recv(self):
        with self.readable:
            while not self.window:
                self.readable.wait()
            self.readable.notify_all()
            return self.window.pop(0)
    def recv_exit_status(self):
        self.status_event.wait()
        return 0

def transport(channel):
    for n in range(100):
        channel.feed("line %d" % n)
        time.sleep(1)
    channel.status_event.set()

channel = Channel()
threading.Thread(target=transport, args=(channel,), name="transport", daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
status = channel.recv_exit_status()
output = [channel.recv() for n in range(100)]
while True:
    time.sleep(1)
