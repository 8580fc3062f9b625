import operator, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Race:
    def __init__(self, n):
        self.start_line = threading.Barrier(n)

    def run(self):
        try:
            self.start_line.wait()
        except threading.BrokenBarrierError:
            print("ENDED", flush=True)


def referee(race, verdict):
    time.sleep(LAG)
    operator.attrgetter("start_line." + verdict)(race)()


race = Race(3)
runners = [threading.Thread(target=race.run) for _ in range(2)]
for r in runners:
    r.start()
threading.Thread(target=referee, args=(race, "abort")).start()
time.sleep(0.5)
print("READY", os.getpid(), flush=True)
for r in runners:
    r.join()
