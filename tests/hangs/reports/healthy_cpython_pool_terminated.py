# healthy twin of cpython_pool_terminated: the result is waited for while the pool lives
import multiprocessing, signal, threading, time
signal.alarm(900)

def render(page):
    time.sleep(20)
    return page * 2

class Renderer:
    def __init__(self):
        self.context = multiprocessing.get_context("fork")
        self.result = None
    def start(self, page):
        with self.context.Pool(2) as pool:
            self.result = pool.apply_async(render, (page,))
            self.result.get()
    def finish(self):
        return self.result.get()

def heartbeat():
    while True:
        time.sleep(0.2)

if __name__ == "__main__":
    threading.Thread(target=heartbeat, name="heartbeat", daemon=True).start()
    ready = threading.Timer(2, print, ("READY",)); ready.daemon = True; ready.start()
    renderer = Renderer()
    renderer.start(21)
    print(renderer.finish())
