# healthy twin of awx_log_socket: the aggregator reads
import logging, signal, socket, threading, time
signal.alarm(900)
aggregator = socket.create_server(("127.0.0.1", 0))

class Aggregator(logging.Handler):
    def __init__(self, address):
        super().__init__()
        self.sock = socket.create_connection(address)
    def emit(self, record):
        self.sock.sendall(self.format(record).encode())

log = logging.getLogger("awx")
log.propagate = False
log.addHandler(Aggregator(aggregator.getsockname()))

def drain():
    peer = aggregator.accept()[0]
    while peer.recv(65536):
        time.sleep(0.001)

def work(n):
    while True:
        log.warning("event %d %s", n, "x" * 100000)
        time.sleep(0.01)

threading.Thread(target=drain, name="drain", daemon=True).start()
for n in range(3):
    threading.Thread(target=work, args=(n,), name="worker-%d" % n, daemon=True).start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
