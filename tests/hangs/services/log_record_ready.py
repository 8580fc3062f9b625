# starts a chat client whose only sign of being connected is a line in its log
import logging, os, re, signal, threading, time
signal.alarm(900)
LAG = float(os.environ.get("LAG", "120"))

class LineWaiter(logging.Handler):
    def __init__(self, pattern):
        super().__init__()
        self.pattern, self.event = re.compile(pattern), threading.Event()
    def emit(self, record):
        if self.pattern.search(record.getMessage()):
            self.event.set()

class ChatClient(threading.Thread):
    """third-party client"""
    log = logging.getLogger("chatlib.client")
    def __init__(self, login):
        super().__init__(name="chat-client", daemon=True)
        self.login, self.pings = login, 0
    def run(self):
        self.log.info("resolving")
        time.sleep(self.login)
        self.log.info("%s after %.1f s", "connected", self.login)
        while True:
            time.sleep(1)
            self.pings += 1
            self.log.debug("ping %d", self.pings)

def configure(quiet):
    root = logging.getLogger()
    root.addHandler(logging.NullHandler())
    root.setLevel(logging.INFO)
    if quiet:
        logging.getLogger("chatlib").setLevel(logging.WARNING)

class Bot:
    def __init__(self, client):
        self.client = client
        self.waiter = LineWaiter(r"\bconnected\b")
        logging.getLogger("chatlib").addHandler(self.waiter)
    def start(self):
        self.client.start()
        self.waiter.event.wait()
        print("ENDED", flush=True)

configure(quiet=True)
bot = Bot(ChatClient(0.5))
t = threading.Timer(1.5, lambda: print("READY", os.getpid(), flush=True)); t.daemon = True; t.start()
bot.start()
