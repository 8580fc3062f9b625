# a thread waits for the answer of a silent server, with a read timeout of 20 minutes (rebuilds psf/requests issue 3070)
import signal, socket, threading, time
import requests
signal.alarm(900)
upstream = socket.create_server(("127.0.0.1", 0))           # nobody accepts

def fetch():
    return requests.get("http://127.0.0.1:%d/rates" % upstream.getsockname()[1], timeout=(5, 1200))

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

threading.Thread(target=fetch, name="rates").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
