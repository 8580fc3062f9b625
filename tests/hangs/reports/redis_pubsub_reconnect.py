# a command of a subscription reconnects under its lock, and the reconnect subscribes again under this lock (rebuilds redis/redis-py issue 3640)
import signal, threading
import redis
from redis.exceptions import ConnectionError
signal.alarm(900)

class PubSub:
    def __init__(self, pool):
        self._lock = threading.Lock()
        self.connection = pool.get_connection()
        self.patterns = set()
    def execute_command(self, *args):
        with self._lock:
            try:
                self.connection.send_command(*args)
            except (ConnectionError, BrokenPipeError):
                self.connection.disconnect()
                self.connection.connect()
                self.on_connect()
    def on_connect(self):
        for p in self.patterns:
            self.execute_command("PSUBSCRIBE", p)
    def psubscribe(self, pattern):
        self.patterns.add(pattern)
        self.execute_command("PSUBSCRIBE", pattern)
    def punsubscribe(self, pattern):
        self.execute_command("PUNSUBSCRIBE", pattern)

def run(pubsub):
    pubsub.psubscribe("jobs.*")
    pubsub.connection._sock.shutdown(2)
    pubsub.punsubscribe("jobs.*")

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
run(PubSub(redis.ConnectionPool(port=16399)))
