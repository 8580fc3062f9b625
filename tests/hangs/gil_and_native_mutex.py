"""A callback of SQLite waits for the GIL with SQLite's mutex taken; who has the GIL waits for the mutex."""
import signal
import sqlite3
import threading
import time

connection = sqlite3.connect(":memory:", check_same_thread=False)
inside = threading.Event()


def by_title(title):
    inside.set()
    time.sleep(0.05)
    return title.lower()


def list_books():
    connection.execute("select by_title('The Trial')").fetchall()


def reconfigure():
    inside.wait()
    print("READY", flush=True)
    connection.create_function("by_author", 1, by_title)


def main():
    signal.alarm(900)
    connection.create_function("by_title", 1, by_title)
    threads = [threading.Thread(target=it, name=it.__name__) for it in (list_books, reconfigure)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


main()
