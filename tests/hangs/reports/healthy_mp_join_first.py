# healthy twin of mp_join_first: the process works for 25 s, and its result is small
import multiprocessing, signal, threading, time
signal.alarm(900)

def produce(results):
    signal.alarm(900)
    time.sleep(25)
    results.put("x")

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
