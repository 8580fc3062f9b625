# promises over concurrent.futures: then() settles a second future in a done callback
import logging, time
from concurrent.futures import Future, ThreadPoolExecutor
from svc_noise import SLOW, ready, heartbeat, idle_worker
logging.getLogger("concurrent.futures").disabled = True

class Promise:
    def __init__(self, future):
        self._future = future
    def then(self, fn):
        chained = Future()
        def settle(source):
            if source.exception():
                chained.set_exception(source.exception())
            else:
                chained.set_result(fn(source.result()))
        self._future.add_done_callback(settle)
        return Promise(chained)
    def get(self):
        return self._future.result()

class Api:
    def __init__(self):
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="api")
    def load(self, key, seconds):
        time.sleep(seconds)
        return None
    def get(self, key, seconds):
        return Promise(self.pool.submit(self.load, key, seconds))

heartbeat()
idle_worker()
api = Api()
ready()
promise = api.get("price", 0.3).then(lambda d: d["key"]).then(str.upper)
print(promise.get())
print("DONE", flush=True)
