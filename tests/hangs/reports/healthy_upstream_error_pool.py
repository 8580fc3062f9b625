# Price collector: a pool of processes asks upstream shops; refusals come back as exceptions.
import logging
import multiprocessing as mp
import signal
import threading
import time


class Response:
    def __init__(self, status, url):
        self.status, self.url = status, url


class UpstreamError(Exception):
    def __init__(self, response):
        super().__init__(response)


def fetch_price(shop):
    time.sleep(0.3)
    response = Response(503 if shop == "shop-3" else 200, f"http://{shop}.example/price")
    if response.status != 200:
        raise UpstreamError(response)
    return shop, len(response.url)


def heartbeat(stop):
    while not stop.wait(3):
        logging.debug("alive")


def collect(pool, shops):
    try:
        return dict(pool.map(fetch_price, shops, chunksize=1))
    except Exception:
        logging.error("a shop refused")
        return {}


def main():
    signal.alarm(900)
    stop = threading.Event()
    with mp.get_context("fork").Pool(2, initializer=signal.alarm, initargs=(900,)) as pool:
        threading.Thread(target=heartbeat, args=(stop,), name="heartbeat", daemon=True).start()
        ready = threading.Timer(2, lambda: print("READY", flush=True))
        ready.daemon = True
        ready.start()
        while True:
            collect(pool, [f"shop-{n}" for n in range(5)])
            time.sleep(2)


if __name__ == "__main__":
    main()
