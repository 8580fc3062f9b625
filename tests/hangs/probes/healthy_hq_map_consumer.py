import collections, itertools, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
work = queue.SimpleQueue()
parked = {}


def handle(item):
    verb, key, box = item
    if verb == "wait":
        parked[key] = box
    else:
        parked.pop(key).put(verb)


def consume():
    items = map(work.get, itertools.repeat(True))
    collections.deque(map(handle, itertools.takewhile(bool, items)), maxlen=0)


def caller(key):
    box = queue.SimpleQueue()
    work.put(("wait", key, box))
    print("ENDED", box.get(), flush=True)


def courier():
    time.sleep(LAG)
    work.put(("granted", "k", None))
    work.put(())


team = [threading.Thread(target=consume), threading.Thread(target=caller, args="k"), threading.Thread(target=courier)]
[t.start() for t in team]
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
[t.join() for t in team]
