# healthy twin of wsclient_close: the peer answers after 12 s
import signal, socket, threading, time
signal.alarm(900)
proxy = socket.create_server(("127.0.0.1", 0))              # nobody accepts

class WebSocket:
    def __init__(self, address):
        self.sock = socket.create_connection(address)
        self.sock.settimeout(20)
    def recv_frame(self):
        return self.sock.recv(2)
    def close(self):
        self.sock.sendall(b"\x88\x00")
        while self.recv_frame() != b"\x88\x00":
            pass

def reconnect():
    old = WebSocket(proxy.getsockname())
    time.sleep(0.3)
    old.close()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

timer = threading.Timer(12, lambda: proxy.accept()[0].sendall(b"\x88\x00")); timer.daemon = True; timer.start()
threading.Thread(target=reconnect, name="feed").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
