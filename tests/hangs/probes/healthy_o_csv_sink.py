import csv, threading, time
class Sink:
    def __init__(self): self.got = threading.Event()
    def write(self, text):
        self.got.set()
        return len(text)
sink = Sink()
out = csv.writer(sink)
def worker():
    time.sleep(40)
    out.writerow([1, 2])
threading.Thread(target=worker, daemon=True).start()
print("READY", flush=True)
sink.got.wait()
