# a consumer is told to stop while it waits for a message of a silent broker, and the main thread joins it (rebuilds pika/pika issue 770)
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
consumer.stop()
while True:
    time.sleep(1)
