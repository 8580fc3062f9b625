# Scraper: a worker thread takes addresses from a queue and adds the pages' links to it; the caller collects results.
import queue
import signal
import threading
import time

signal.alarm(900)
LINKS = {"/": ["/a", "/b"], "/a": ["/a/1"], "/b": [], "/a/1": []}


class AsyncQueueResult:
    def __init__(self, scrape):
        self.task_queue = queue.Queue()
        self.results = []
        self.scrape = scrape
        self.worker = threading.Thread(target=self.work, name="scrape-worker", daemon=True)
        self.worker.start()

    def work(self):
        while True:
            address = self.task_queue.get()
            if address is None:
                self.task_queue.task_done()
                break
            self.results.append(self.scrape(address, self))
            self.task_queue.task_done()

    def put(self, address):
        self.task_queue.put(address)

    def get(self):
        self.task_queue.join()
        self.task_queue.put(None)
        self.worker.join()
        return self.results


def scrape(address, result):
    time.sleep(0.3)
    for link in LINKS[address]:
        result.put(link)
    return {"address": address, "links": len(LINKS[address])}


def job():
    while True:
        result = AsyncQueueResult(scrape)
        result.put("/")
        pages = result.get()
        print(len(pages), "pages", flush=True)
        time.sleep(1)


def proxies():
    while True:
        time.sleep(6)


def main():
    threading.Thread(target=proxies, name="proxy-check", daemon=True).start()
    jobs = threading.Thread(target=job, name="job")
    jobs.start()
    time.sleep(1.5)
    print("READY", flush=True)


main()
