# a process is joined before its large result is taken from the queue, and it cannot end before that (rebuilds python/cpython issue 73983)
import multiprocessing, signal, threading, time
signal.alarm(900)

def produce(results):
    signal.alarm(900)
    results.put("x" * 10**6)

def main():
    ctx = multiprocessing.get_context("fork")
    results = ctx.Queue()
    producer = ctx.Process(target=produce, args=(results,), name="producer")
    producer.start()
    ready = threading.Timer(1, print, ("READY",)); ready.daemon = True; ready.start()
    producer.join()
    print(len(results.get()))
    while True:
        time.sleep(1)

main()
