import os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
inbox = queue.Queue()


def client():
    reply = queue.SimpleQueue()
    inbox.put(("write", "row", reply))
    print("ENDED", reply.get(), flush=True)


def writer():
    batch = []
    for kind, data, reply in iter(inbox.get, None):
        if kind == "write":
            batch.append((data, reply))
        elif kind == "flush":
            for data, reply in batch:
                reply.put(len(batch))
            batch = []


def ticker():
    time.sleep(LAG)
    inbox.put(("flush", None, None))
    inbox.put(None)


team = [threading.Thread(target=f) for f in (writer, client, ticker)]
for t in team:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in team:
    t.join()
