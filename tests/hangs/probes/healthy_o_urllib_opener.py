# healthy: so14 urllib opener
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
import threading
import urllib.request


class MemoHandler(urllib.request.BaseHandler):
    def __init__(self):
        self.asked = threading.Event()

    def memo_open(self, request):
        self.asked.set()


def work():
    time.sleep(DELAY)
    urllib.request.urlopen("memo://a")


handler = MemoHandler()
urllib.request.install_opener(urllib.request.build_opener(handler))
threading.Thread(target=work, daemon=True).start()
print("READY", flush=True)
handler.asked.wait()
print("DONE", flush=True)
