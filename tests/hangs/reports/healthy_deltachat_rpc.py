# healthy twin of deltachat_rpc: the server answers after 30 s
import itertools, json, queue, signal, subprocess, sys, threading, time
signal.alarm(900)

SERVER = "import sys, time; line = sys.stdin.readline(); time.sleep(30); print('{\"id\": 1, \"result\": 2}', flush=True)"

class Rpc:
    def __init__(self, source):
        self.process = subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ids = itertools.count(1)
        self.request_results = {}
        self.requests = queue.Queue()
        self.events = queue.Queue()
        for f in (self.reader_loop, self.writer_loop, self.events_loop):
            threading.Thread(target=f, name=f.__name__, daemon=True).start()
    def reader_loop(self):
        for line in self.process.stdout:
            response = json.loads(line)
            self.request_results.pop(response["id"]).put(response)
        for results in self.request_results.values():
            results.put({"error": "server has gone"})
    def writer_loop(self):
        while True:
            request = self.requests.get()
            try:
                self.process.stdin.write(json.dumps(request).encode() + b"\n")
                self.process.stdin.flush()
            except OSError:
                pass
    def events_loop(self):
        while True:
            self.events.get()
    def call(self, method):
        number = next(self.ids)
        results = self.request_results[number] = queue.Queue()
        self.requests.put({"id": number, "method": method})
        return results.get()

class Account:
    def __init__(self, rpc):
        self.rpc = rpc
    def start(self):
        time.sleep(0.6)
        return self.rpc.call("get_system_info")

ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
print(Account(Rpc(SERVER)).start())
