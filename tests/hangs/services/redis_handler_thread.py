# a local cache that is invalidated by Redis pub/sub (run_in_thread)
import os, signal, threading, time
import redis
signal.alarm(900)
CHANNEL = f"fresh6:inv:{os.getpid()}"

class Cache:
    def __init__(self, client):
        self.client, self.invalidated, self.data, self.errors = client, threading.Event(), {}, []
        self.pubsub = client.pubsub(ignore_subscribe_messages=True)
        self.pubsub.subscribe(**{CHANNEL: self.on_message})
    def on_message(self, msg):
        key = msg["data"]["key"]
        self.data.pop(key, None)
        self.invalidated.set()
    def on_error(self, exc, pubsub, thread):
        self.errors.append(exc)
        thread.stop()
    def start(self):
        self.thread = self.pubsub.run_in_thread(sleep_time=0.5, daemon=True, exception_handler=self.on_error)
    def refresh(self):
        while True:
            self.invalidated.wait()
            self.invalidated.clear()
            print("ENDED", flush=True)

c = Cache(redis.Redis(host="127.0.0.1", port=16399))
c.start()
threading.Thread(target=c.refresh, name="refresh", daemon=True).start()
time.sleep(0.4)
c.client.publish(CHANNEL, "k1")
time.sleep(1.5)
print("READY", os.getpid(), flush=True)
while True:
    time.sleep(3)
