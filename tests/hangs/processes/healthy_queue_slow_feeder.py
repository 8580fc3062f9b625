# healthy: what was put into a queue is still being pickled
import multiprocessing, os, signal, threading, time
signal.alarm(900)

class Report:
    def __reduce__(self):
        time.sleep(25)
        return int, ()

def main():
    queue = multiprocessing.get_context("fork").Queue()
    ready = threading.Timer(1.5, print, ("READY",)); ready.daemon = True; ready.start()
    queue.put(Report())
    print(queue.get())

main()
