# the logger of multiprocessing writes into a multiprocessing.Queue, whose put() logs while it holds its own condition (rebuilds python/cpython issue 90321)
import logging, logging.handlers, multiprocessing, signal, threading
signal.alarm(900)

def setup(queue, level):
    logger = multiprocessing.get_logger()
    logger.setLevel(level)
    logger.addHandler(logging.handlers.QueueHandler(queue))
    return logger

def main():
    queue = multiprocessing.Queue()
    logger = setup(queue, logging.DEBUG)
    done = threading.Event()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    logger.error("starting")
    done.wait()

main()
