# healthy twin of kafka_logging_lock: the thread works for 25 s and does not log
import logging, logging.config, signal, threading, time
signal.alarm(900)
log = logging.getLogger("kafka.producer.sender")

class Sender(threading.Thread):
    def __init__(self):
        super().__init__(name="sender", daemon=True)
        self.running = True
    def run(self):
        while self.running:
            time.sleep(0.05)
        time.sleep(25)
    def close(self):
        self.running = False
        self.join()

class AnalyticsHandler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.sender = Sender()
        self.sender.start()
    def emit(self, record):
        pass
    def close(self):
        self.sender.close()
        super().close()

def configure():
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, "handlers": {"analytics": {"()": AnalyticsHandler}}, "root": {"handlers": ["analytics"]}})

configure()
ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
configure()
