# healthy: html parser
import os
import time

DELAY = 40 * float(os.environ.get("SCALE", "1"))
# a parser of the standard library calls the overridden method
import threading
from html.parser import HTMLParser


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.complete = threading.Event()

    def handle_endtag(self, tag):
        if tag == "html":
            self.complete.set()


def download(parser):
    for chunk in ("<html><body>", "<p>hello</p>", "</body></html>"):
        parser.feed(chunk)
        if chunk.startswith("<p>"):
            time.sleep(DELAY)


page = Page()
threading.Thread(target=download, args=(page,), daemon=True).start()
print("READY", flush=True)
page.complete.wait()
print("DONE", flush=True)
