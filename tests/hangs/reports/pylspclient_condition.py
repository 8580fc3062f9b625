# a request that times out keeps the lock of its condition, for which the reader waits (rebuilds yeger00/pylspclient pull request 81)
import itertools, queue, signal, threading, time
signal.alarm(900)

class Endpoint(threading.Thread):
    def __init__(self, responses):
        super().__init__(name="lsp-reader")
        self.responses = responses
        self.ids = itertools.count(1)
        self.events, self.results = {}, {}
    def call_method(self, method, timeout):
        number = next(self.ids)
        cond = threading.Condition()
        self.events[number] = cond
        cond.acquire()
        if not cond.wait(timeout=timeout):
            raise TimeoutError(method)
        cond.release()
        return self.results.pop(number, None)
    def handle_result(self, number, result):
        self.results[number] = result
        cond = self.events[number]
        with cond:
            cond.notify()
    def run(self):
        while True:
            number, result = self.responses.get()
            if number is None:
                return
            self.handle_result(number, result)

class Editor:
    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.failed = []
    def complete(self):
        try:
            return self.endpoint.call_method("textDocument/completion", 0.3)
        except TimeoutError as e:
            self.failed.append(str(e))

def server(responses):
    time.sleep(0.6)
    responses.put((1, {"items": []}))

responses = queue.Queue()
endpoint = Endpoint(responses)
endpoint.start()
threading.Thread(target=server, args=(responses,), name="server", daemon=True).start()
ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
Editor(endpoint).complete()
while True:
    time.sleep(0.2)
