# healthy twin of pika_stop: a message comes after 25 s
import signal, socket, threading, time
signal.alarm(900)
broker = socket.create_server(("127.0.0.1", 0))             # nobody accepts

class Consumer(threading.Thread):
    def __init__(self):
        super().__init__(name="consumer")
        self.sock = socket.create_connection(broker.getsockname())
        self.consuming = True
    def run(self):
        while self.consuming:
            self.sock.recv(4096)
    def stop(self):
        self.consuming = False
        self.join()

def metrics():
    while True:
        time.sleep(0.1)

threading.Thread(target=metrics, name="metrics", daemon=True).start()

consumer = Consumer()
consumer.start()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
time.sleep(0.5)
timer = threading.Timer(25, lambda: broker.accept()[0].sendall(b"message")); timer.daemon = True; timer.start()
consumer.stop()
while True:
    time.sleep(1)
