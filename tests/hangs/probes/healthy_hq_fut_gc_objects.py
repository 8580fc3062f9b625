import concurrent.futures, gc, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Ticket:
    def __init__(self, no):
        self.no, self.answer = no, concurrent.futures.Future()


def sweep():
    time.sleep(LAG)
    for obj in gc.get_objects():
        if type(obj) is Ticket and not obj.answer.done():
            obj.answer.set_result("expired %d" % obj.no)


def customer():
    mine = Ticket(7)
    print("ENDED", mine.answer.result(), flush=True)


threads = [threading.Thread(target=f) for f in (customer, sweep)]
for t in threads:
    t.start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for t in threads:
    t.join()
