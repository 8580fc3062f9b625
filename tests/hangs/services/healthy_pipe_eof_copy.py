# fan-out to child processes, results come over one pipe until all writers have closed it
import multiprocessing as mp, os, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class Collector:
    def __init__(self, conn): self.conn, self.rows = conn, []
    def collect(self):
        while True:
            try:
                self.rows.append(self.conn.recv())
            except EOFError:
                break
        print("ENDED", len(self.rows), flush=True)

def crunch(conn, n):
    signal.alarm(900)
    for k in range(3):
        conn.send((n, k))
        time.sleep(0.1)
    time.sleep(LAG)
    conn.send((n, "end"))
    conn.close()

def watch(children):
    while True:
        time.sleep(1)
        watch.alive = sum(c.is_alive() for c in children)

def main():
    ctx = mp.get_context("fork")
    reader, writer = ctx.Pipe(duplex=False)
    children = [ctx.Process(target=crunch, args=(writer, n), name=f"crunch-{n}") for n in range(2)]
    for c in children: c.start()
    writer.close()
    threading.Thread(target=watch, args=(children,), name="watch", daemon=True).start()
    t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
    Collector(reader).collect()

if __name__ == "__main__":
    main()
