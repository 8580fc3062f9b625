# healthy twin of requests_timeout: the server answers after 25 s
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

def answer():
    upstream.accept()[0].sendall(b"HTTP/1.0 204 No Content\r\n\r\n")

timer = threading.Timer(25, answer); timer.daemon = True; timer.start()
threading.Thread(target=fetch, name="rates").start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
while True:
    time.sleep(1)
