# somebody alive ends the wait after 45 s: A thread sleeps 45 s, then calls its argument, a lambda that puts into the queue. Most basic callback.
import signal
signal.alarm(900)
import queue, threading, time
def later(done):
    time.sleep(45)
    done()
def work(q):
    item = q.get()
    print("ENDED", flush=True)
def main():
    q = queue.Queue()
    t = threading.Thread(target=work, args=(q,), name="worker")
    t.start()
    threading.Thread(target=later, args=(lambda: q.put(None),), daemon=True).start()
    print("READY", flush=True)
    t.join()
if __name__ == "__main__":
    main()
