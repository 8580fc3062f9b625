import multiprocessing, os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
todo = queue.PriorityQueue()


def requests():
    while True:
        prio, _, conn = todo.get()
        if prio == 99:
            return
        yield prio, conn


def server():
    kept = []
    for prio, conn in requests():
        if prio == 5:
            kept.append(conn)
        else:
            for c in kept:
                c.send({"served by": prio})


def client():
    mine, theirs = multiprocessing.Pipe()
    todo.put((5, id(theirs), theirs))
    print("ENDED", mine.recv(), flush=True)


def urgent():
    time.sleep(LAG)
    todo.put((1, 0, None))
    time.sleep(0.2)
    todo.put((99, 0, None))


threads = [threading.Thread(target=f) for f in (server, client, urgent)]
for t in threads:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in threads:
    t.join()
