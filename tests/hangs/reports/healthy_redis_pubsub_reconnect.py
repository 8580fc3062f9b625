# healthy twin of redis_pubsub_reconnect: the connection is not lost; it waits for 25 s
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
    threading.Event().wait(25)

ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
run(PubSub(redis.ConnectionPool(port=16399)))
