# healthy: future chain
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# concurrent futures chained by callbacks
import threading
from concurrent.futures import Future, ThreadPoolExecutor


def then(future, function):
    result = Future()

    def pass_on(done):
        try:
            result.set_result(function(done.result()))
        except Exception as e:
            result.set_exception(e)

    future.add_done_callback(pass_on)
    return result


def fetch(seconds):
    time.sleep(seconds)
    return "3"


pool = ThreadPoolExecutor(1)
number = then(pool.submit(fetch, DELAY), int)
double = then(number, lambda n: n * 2)
text = then(double, str)
del number, double
print("READY", flush=True)
print(text.result())
print("DONE", flush=True)
