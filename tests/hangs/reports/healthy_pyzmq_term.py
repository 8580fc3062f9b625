# healthy twin of pyzmq_term: the peer comes after 25 s
import queue, signal, socket, threading, time
import zmq
signal.alarm(900)

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

class Publisher:
    def __init__(self, port):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PUSH)
        self.socket.connect("tcp://127.0.0.1:%d" % port)
        self.sent = 0
    def push(self, message):
        self.socket.send(message)
        self.sent += 1
    def close(self):
        self.socket.close()
        self.context.term()

def late_peer(port):
    time.sleep(25)
    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    socket.bind("tcp://127.0.0.1:%d" % port)
    while True:
        socket.recv()

jobs = queue.Queue()
def worker():
    while True:
        jobs.get()

port = free_port()
threading.Thread(target=worker, name="worker", daemon=True).start()
threading.Thread(target=late_peer, args=(port,), name="late-peer", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
publisher = Publisher(port)
publisher.push(b"last words")
publisher.close()
while True:
    time.sleep(1)
