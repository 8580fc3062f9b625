# a token is fetched with retries, under a lock
import threading, time
from tenacity import retry, stop_after_attempt, wait_fixed, retry_if_exception_type
from svc_noise import SLOW, ready, heartbeat, idle_worker

class TokenStore:
    def __init__(self):
        self.lock, self.token, self.tries = threading.Lock(), None, 0
    @retry(stop=stop_after_attempt(5), wait=wait_fixed(SLOW if SLOW < 10 else 45), retry=retry_if_exception_type(ConnectionError))
    def fetch(self):
        self.tries += 1
        if self.tries == 1:
            raise ConnectionError("503")
        self.store("t-%d" % self.tries)
    def store(self, token):
        self.token = token
    def get(self):
        with self.lock:
            if self.token is None:
                self.fetch()
            return self.token

heartbeat()
idle_worker()
store = TokenStore()
threading.Thread(target=store.get, name="refresher", daemon=True).start()
ready()
time.sleep(0.3)
print(store.get())
print("DONE", flush=True)
