"""Thumbnails: pictures are scaled by a small pool of threads and published when they are there."""
from __future__ import annotations

import dataclasses
import os
import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

signal.alarm(900)


@dataclasses.dataclass(frozen=True)
class Picture:
    name: str
    width: int = 4000
    height: int = 3000


@dataclasses.dataclass(frozen=True)
class Thumbnail:
    picture: Picture
    size: tuple[int, int]


class Scaler:
    def scale(self, picture: Picture) -> Thumbnail:
        time.sleep(0.3)
        return Thumbnail(picture, (picture.width // 10, picture.height // 10))


class ObjectStore:
    """The bucket that thumbnails go to."""

    def __init__(self) -> None:
        self.objects: dict[str, Thumbnail] = {}

    def upload(self, thumbnail: Thumbnail) -> str:
        time.sleep(0.2)
        self.objects[thumbnail.picture.name] = thumbnail
        return f"https://cdn.example.org/{thumbnail.picture.name}"


class Gallery:
    def __init__(self, store: ObjectStore) -> None:
        self.scaler, self.store = Scaler(), store
        self.pool = ThreadPoolExecutor(2, thread_name_prefix="thumbs")
        self.changed = threading.Condition()
        self.published: dict[str, str] = {}
        self.total = 0

    def add(self, picture: Picture) -> None:
        future = self.pool.submit(self.scaler.scale, picture)
        future.add_done_callback(self._scaled)

    def _scaled(self, future: Future[Thumbnail]) -> None:
        thumbnail = future.result()
        url = self.pool.submit(self.store.upload, thumbnail).result()
        with self.changed:
            self.published[thumbnail.picture.name] = url
            self.total += 1
            self.changed.notify_all()

    def wait_published(self, names: list[str]) -> None:
        with self.changed:
            self.changed.wait_for(lambda: all(n in self.published for n in names))


class Importer(threading.Thread):
    """Takes albums, one after the other."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(name="importer", daemon=True)
        self.gallery, self.albums = gallery, 0

    def run(self) -> None:
        while True:
            pictures = [Picture(f"{self.albums}-{n}.jpg") for n in range(4)]
            for picture in pictures:
                self.gallery.add(picture)
            self.gallery.wait_published([p.name for p in pictures])
            self.albums += 1
            time.sleep(0.5)


class Metrics(threading.Thread):
    def __init__(self, gallery: Gallery) -> None:
        super().__init__(name="metrics", daemon=True)
        self.gallery = gallery

    def run(self) -> None:
        while True:
            time.sleep(1)
            self.gauge = self.gallery.total


def main() -> None:
    gallery = Gallery(ObjectStore())
    Metrics(gallery).start()
    importer = Importer(gallery)
    importer.start()
    time.sleep(4)
    print("READY", os.getpid(), flush=True)
    importer.join()


main()
