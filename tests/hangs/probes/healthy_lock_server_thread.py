# healthy probe: a thread of a lock server took the lock for its client, which releases it after 25 s
import asyncio, collections, concurrent.futures, contextlib, contextvars, functools, multiprocessing, queue, sched, signal, socket, threading, time, weakref
signal.alarm(900)
ready = threading.Timer(1.5, print, ('READY',)); ready.daemon = True; ready.start()
class LockServer:
    def __init__(self):
        self.lock = threading.Lock()
        self.sock = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, name="accepter", daemon=True).start()
    def accept(self):
        while True:
            conn, _ = self.sock.accept()
            threading.Thread(target=self.serve, args=(conn,), name="serve", daemon=True).start()
    def serve(self, conn):
        while True:
            word = conn.recv(1)
            if word == b"a": self.lock.acquire()
            elif word == b"r": self.lock.release()
            else: return
            conn.sendall(b"o")
server = LockServer()
def client(seconds):
    s = socket.create_connection(server.sock.getsockname())
    s.sendall(b"a"); s.recv(1)
    time.sleep(seconds)
    s.sendall(b"r"); s.recv(1)
threading.Thread(target=client, args=(25,), name="client-0", daemon=True).start()
time.sleep(0.3)
client(0)
