"""An editor's back end: changes are saved a moment after the last key, and once more when a document is closed."""
from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import threading
import time
from collections.abc import Iterator

signal.alarm(900)


@dataclasses.dataclass
class Document:
    name: str
    text: str = ""


class Disk:
    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.writes = 0

    def write(self, document: Document) -> None:
        time.sleep(0.25)
        self.files[document.name] = document.text
        self.writes += 1


class Autosave:
    """Saves `delay` seconds after the last change."""

    def __init__(self, document: Document, disk: Disk, delay: float = 0.3) -> None:
        self.document, self.disk, self.delay = document, disk, delay
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._dirty = False

    def changed(self) -> None:
        with self._lock:
            self._dirty = True
            if self._timer is not None:
                self._timer.cancel()
            self._timer = threading.Timer(self.delay, self._save)
            self._timer.name = f"autosave-{self.document.name}"
            self._timer.daemon = True
            self._timer.start()

    def _save(self) -> None:
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        if self._dirty:
            self.disk.write(self.document)
            self._dirty = False

    def close(self) -> None:
        with self._lock:
            self._flush()
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()


class Editor:
    def __init__(self, disk: Disk) -> None:
        self.disk, self.closed = disk, 0

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[tuple[Document, Autosave]]:
        document = Document(name, self.disk.files.get(name, ""))
        autosave = Autosave(document, self.disk)
        yield document, autosave
        autosave.close()
        self.closed += 1

    def type(self, name: str, words: list[str]) -> None:
        with self.open(name) as (document, autosave):
            for word in words:
                document.text += word
                autosave.changed()
                time.sleep(0.1)


def author(editor: Editor, name: str, pause: float) -> None:
    while True:
        editor.type(name, ["once ", "upon ", "a ", "time"])
        time.sleep(pause)


def presence() -> None:
    for tick in range(10**9):
        time.sleep(1)
        presence.seen = tick
        if tick == 3:
            print("READY", os.getpid(), flush=True)


editor = Editor(Disk())
threads = [
    threading.Thread(target=author, args=(editor, "novel", 0.5), name="author-novel", daemon=True),
    threading.Thread(target=author, args=(editor, "poem", 0.8), name="author-poem", daemon=True),
    threading.Thread(target=presence, name="presence", daemon=True),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
