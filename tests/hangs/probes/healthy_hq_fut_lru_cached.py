import concurrent.futures, functools, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


@functools.lru_cache(maxsize=None)
def promise(topic):
    return concurrent.futures.Future()


def consumer():
    print("ENDED", promise("rates").result(), flush=True)


def producer(topic="-".join(["ra", "tes"]).replace("-", "")):
    time.sleep(LAG)
    promise(topic).set_result({"eur": 1})


crew = [threading.Thread(target=consumer, name="consumer"), threading.Thread(target=producer, name="producer")]
for t in crew:
    t.start()
crew[0].join(0.5)
print("READY", os.getpid(), flush=True)
for t in crew:
    t.join()
