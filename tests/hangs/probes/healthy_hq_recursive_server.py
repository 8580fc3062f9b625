import os, queue, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))


class Request:
    def __init__(self, text):
        self.text, self.box = text, queue.Queue(1)


class Clerk:
    def __init__(self):
        self.desk, self.pending = queue.LifoQueue(), []

    def serve(self, depth=0):
        item = self.desk.get()
        if isinstance(item, Request):
            return self.serve_later(item, depth)
        while self.pending:
            self.pending.pop().box.put(item)

    def serve_later(self, item, depth):
        self.pending.append(item)
        self.serve(depth + 1)

    def ask(self, text):
        req = Request(text)
        self.desk.put(req)
        return req.box.get()


clerk = Clerk()
threading.Thread(target=clerk.serve, name="clerk").start()
threading.Thread(target=lambda: (time.sleep(LAG), clerk.desk.put("approved")), name="post").start()
ready = threading.Timer(0.5, lambda: print("READY", os.getpid(), flush=True))
ready.start()
print("ENDED", clerk.ask("visa"), flush=True)
