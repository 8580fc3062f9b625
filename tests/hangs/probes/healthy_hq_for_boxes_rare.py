import collections, concurrent.futures, os, queue, sched, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))
boxes = collections.defaultdict(queue.Queue)


def deliver(name):
    boxes[name].put(name.title())


def collect(names):
    parts = []
    for name in names:
        parts.append(boxes[name].get())
    print("ENDED", parts, flush=True)


pool = concurrent.futures.ThreadPoolExecutor(2, "courier")
plan = sched.scheduler(time.monotonic, time.sleep)
plan.enter(0, 1, pool.submit, (deliver, "body"))
plan.enter(LAG, 1, pool.submit, (deliver, "wheels"))
t = threading.Thread(target=collect, args=(["body", "wheels"],))
t.start()
threading.Thread(target=plan.run, daemon=True).start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
t.join()
