# healthy twin of mp_logger_queue: the level is INFO, so that put() does not log; an event is set after 25 s
import logging, logging.handlers, multiprocessing, signal, threading
signal.alarm(900)

def setup(queue, level):
    logger = multiprocessing.get_logger()
    logger.setLevel(level)
    logger.addHandler(logging.handlers.QueueHandler(queue))
    return logger

def main():
    queue = multiprocessing.Queue()
    logger = setup(queue, logging.INFO)
    done = threading.Event()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    logger.error("starting")
    finish = threading.Timer(25, done.set); finish.start()
    done.wait()

main()
