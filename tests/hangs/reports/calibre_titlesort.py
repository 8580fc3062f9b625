# Book catalogue: one SQLite connection shared by the web thread and the import thread; sorting uses a function in Python.
import sqlite3
import signal
import threading
import time

signal.alarm(900)


def title_sort(title):
    time.sleep(0.002)
    for article in ("The ", "A ", "An "):
        if title.startswith(article):
            return title[len(article):] + ", " + article.strip()
    return title


class Catalogue:
    def __init__(self):
        self.guard = threading.RLock()
        self.conn = sqlite3.connect(":memory:", check_same_thread=False)
        self.conn.execute("create table books (title text)")
        self.conn.executemany("insert into books values (?)", [(f"The book {n}",) for n in range(500)])
        self.register()

    def register(self):
        self.conn.create_function("title_sort", 1, title_sort)

    def listing(self):
        return self.conn.execute("select title from books order by title_sort(title)").fetchall()

    def reconnect(self):
        self.register()


def web(catalogue):
    while True:
        catalogue.listing()
        time.sleep(0.01)


def importer(catalogue, started):
    started.wait()
    time.sleep(0.5)
    while True:
        catalogue.reconnect()
        time.sleep(1)


def main():
    catalogue = Catalogue()
    started = threading.Event()
    threading.Thread(target=web, args=(catalogue,), name="web", daemon=True).start()
    threading.Thread(target=importer, args=(catalogue, started), name="importer", daemon=True).start()
    print("READY", flush=True)
    started.set()
    while True:
        time.sleep(30)


main()
