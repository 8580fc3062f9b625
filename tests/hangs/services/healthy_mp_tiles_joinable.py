"""Map tiles: worker processes render from a JoinableQueue, main waits for the sheet."""
import multiprocessing as mp, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", 120))

class Tile:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def draw(self):
        time.sleep(0.02)
        if (self.x, self.y) == (2, 1):
            time.sleep(LAG)    # the city centre
        return 1

class Worker(mp.Process):
    def __init__(self, n, jobs, log):
        super().__init__(name=f"tiles-{n}", daemon=True)
        self.jobs, self.log = jobs, log

    def run(self):
        signal.alarm(900)
        while True:
            tile = self.jobs.get()
            try:
                tile.draw()
            except ArithmeticError as e:
                self.log.put((self.name, str(e)))
                continue
            self.jobs.task_done()

class Sheet:
    def __init__(self, workers):
        ctx = mp
        self.jobs, self.log = ctx.JoinableQueue(), ctx.SimpleQueue()
        self.workers = [Worker(i, self.jobs, self.log) for i in range(workers)]

    def start(self):
        for w in self.workers:
            w.start()

    def render(self, size):
        for x in range(size):
            for y in range(size):
                self.jobs.put(Tile(x, y))
        self.jobs.join()

def progress(sheet):
    while True:
        [w.is_alive() for w in sheet.workers]
        time.sleep(0.5)

def main():
    sheet = Sheet(2)
    sheet.start()
    threading.Thread(target=progress, args=(sheet,), name="progress", daemon=True).start()
    t = threading.Timer(1.5, print, ("READY", os.getpid()), {"flush": True})
    t.start()
    sheet.render(6)
    print("DONE", flush=True)

if __name__ == "__main__":
    mp.set_start_method("fork")
    main()
