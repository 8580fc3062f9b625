import os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Traced:
    def __init__(self, inner):
        self.__dict__["inner"] = inner

    def __getattr__(self, name):
        real = getattr(self.inner, name)

        def call(*args, **kw):
            return real(*args, **kw)
        return call


def checkout(lock, returns):
    lock.acquire()
    returns.put(lock)


def front_desk(returns):
    book = returns.get()
    time.sleep(LAG)
    book.release()


def second_reader(lock):
    lock.acquire()
    print("ENDED", flush=True)


lock, returns = Traced(threading.Lock()), queue.Queue()
checkout(lock, returns)
threads = [threading.Thread(target=front_desk, args=[returns]), threading.Thread(target=second_reader, args=[lock])]
for t in threads:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in threads:
    t.join()
