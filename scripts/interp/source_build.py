"""Interpreters built from a distribution's upstream source tarball."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .apt import AptRoots, install_on_machine
from .common import Cache, Unavailable, log, run
from .legs import Leg

#: The file that holds the source's name.  Raise its number when how builds are made
#: changes: old builds are then redone.
_COMPLETE = "complete-1"

#: Without these the build fails, or comes out without ssl, ctypes or pip.
_BUILD_PACKAGES = [
    "gcc",
    "libc6-dev",
    "libffi-dev",
    "libssl-dev",
    "make",
    "xz-utils",
    "zlib1g-dev",
]


class SourceBuilds:
    """Interpreters that had to be compiled, one prefix per leg."""

    def __init__(self, cache: Cache, roots: AptRoots) -> None:
        self._cache = cache
        self._roots = roots

    def cached(self, leg: Leg) -> list[tuple[Path, str]]:
        """The leg's finished prefix with its source's name, if there is one."""
        prefix = self._prefix(leg)
        label = prefix / _COMPLETE
        return [(prefix, label.read_text())] if label.exists() else []

    def build(self, leg: Leg) -> tuple[Path, str]:
        """Build the leg from the newest suite that has its source."""
        source = f"python{leg.minor}"
        folder = self._cache.work_dir("source")
        reasons = []
        for suite in self._roots.suites():
            try:
                root = self._roots.root(suite)
                if not root.source_versions(source):
                    continue
                tarball, version = root.download_source(source, folder)
            except Unavailable as failure:
                reasons.append(str(failure))
                continue
            label = f"built from the {version} source of {root.label}"
            return self._compile(leg, tarball, label), label
        raise Unavailable("; ".join(reasons) or f"no suite has the source of {source}")

    def _prefix(self, leg: Leg) -> Path:
        return self._cache.interpreters / f"built-{leg.name}"

    def _compile(self, leg: Leg, tarball: Path, label: str) -> Path:
        install_on_machine(_BUILD_PACKAGES)
        prefix = self._prefix(leg)
        output = self._cache.logs / f"build-{leg.name}.log"
        output.unlink(missing_ok=True)
        jobs = len(os.sched_getaffinity(0))
        log(f"building {leg.name} from {tarball.name}, minutes with {jobs} jobs (see {output})")

        tree = self._cache.work_dir("build")
        run(["tar", "--extract", "--strip-components=1", "--file", tarball], cwd=tree)
        # CPython's own flags have -g, and without PGO it is built in minutes.
        run(["./configure", f"--prefix={prefix}", *leg.configure_args], cwd=tree, output=output)
        run(["make", f"-j{jobs}"], cwd=tree, output=output)
        staging = self._cache.work_dir("staging")
        run(["make", "install", f"DESTDIR={staging}"], cwd=tree, output=output)

        made = staging / prefix.relative_to("/")
        _drop_useless(made)
        (made / _COMPLETE).write_text(label)
        self._cache.publish(made, prefix)
        return prefix


def _drop_useless(prefix: Path) -> None:
    """Remove CPython's own tests and the static libpython: most of the size."""
    for archive in prefix.glob("lib/**/libpython*.a"):
        archive.unlink()
    for tests in prefix.glob("lib/python3.*/test"):
        shutil.rmtree(tests)
