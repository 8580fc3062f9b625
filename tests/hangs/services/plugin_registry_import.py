"""Exporters are plugins: modules in a folder, which register themselves with the application when they are imported."""
from __future__ import annotations

import importlib
import os
import pathlib
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable

signal.alarm(900)
Exporter = Callable[[str], str]

# stands for a plugin that was installed; importing it takes a while, as it does with large libraries
PLUGIN = '''
import time
import __main__ as app


def export(document):
    return f"%(kind)s of {document}"


time.sleep(0.4)
app.registry.register("%(kind)s", export)
'''


class Registry:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.exporters: dict[str, Exporter] = {}

    def register(self, kind: str, exporter: Exporter) -> None:
        with self.lock:
            self.exporters[kind] = exporter

    def find(self, kind: str) -> Exporter | None:
        with self.lock:
            return self.exporters.get(kind)


class PluginFolder:
    def __init__(self, kinds: list[str]) -> None:
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="plugins-"))
        self.kinds = kinds
        for kind in kinds:
            (self.path / f"plugin_{kind}.py").write_text(PLUGIN % {"kind": kind})
        sys.path.insert(0, str(self.path))

    def load(self, kind: str) -> None:
        importlib.import_module(f"plugin_{kind}")

    def unload(self) -> None:
        for kind in self.kinds:
            sys.modules.pop(f"plugin_{kind}", None)


registry = Registry()


class AdminPage(threading.Thread):
    """The administrator looks at the plugins: all of them have to be there, and none may come while they are counted."""

    def __init__(self, folder: PluginFolder) -> None:
        super().__init__(name="admin-page", daemon=True)
        self.folder, self.shown = folder, 0

    def refresh(self) -> list[str]:
        with registry.lock:
            for kind in self.folder.kinds:
                if kind not in registry.exporters:
                    self.folder.load(kind)
            return sorted(registry.exporters)

    def run(self) -> None:
        while True:
            time.sleep(1.0)
            self.kinds = self.refresh()
            self.shown += 1


class ExportJob(threading.Thread):
    """Loads the plugin when it is asked for the first time."""

    def __init__(self, kind: str, folder: PluginFolder) -> None:
        super().__init__(name=f"export-{kind}", daemon=True)
        self.kind, self.folder, self.exported = kind, folder, 0

    def run(self) -> None:
        time.sleep(0.8)
        while True:
            exporter = registry.find(self.kind)
            if exporter is None:
                self.folder.load(self.kind)
            else:
                exporter(f"document {self.exported}")
                self.exported += 1
            time.sleep(0.1)


def watch_disk() -> None:
    for tick in range(10**9):
        time.sleep(1)
        watch_disk.free = os.statvfs("/tmp").f_bavail
        if tick == 4:
            print("READY", os.getpid(), flush=True)


def main() -> None:
    folder = PluginFolder(["pdf", "csv"])
    for thread in (AdminPage(folder), ExportJob("pdf", folder), threading.Thread(target=watch_disk, name="disk", daemon=True)):
        thread.start()
    while True:                                  # plugins are installed anew every few seconds
        time.sleep(4)
        folder.unload()
        with registry.lock:
            registry.exporters.clear()


main()
