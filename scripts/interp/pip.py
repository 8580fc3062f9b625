"""Running pip with one of the interpreters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .common import Cache, Unavailable, run


class Pip:
    """pip as it can be run by one interpreter."""

    def __init__(self, cache: Cache, entry: dict[str, Any]) -> None:
        self._cache = cache
        self._python = Path(entry["path"])
        self._environment: dict[str, str] | None = None

    def install(self, packages: list[str], target: Path, *, wheels_only: bool = True) -> None:
        """Install into a folder; never compiles unless asked to."""
        options = ["--quiet", "--no-input", "--target", str(target)]
        if wheels_only:
            options += ["--only-binary", ":all:"]
        environment = {**self._find(), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        argv = [self._python, "-m", "pip", "install", *options, *packages]
        run(argv, env=environment, timeout=1200)

    def _find(self) -> dict[str, str]:
        """The environment under which `python -m pip` works."""
        if self._environment is None:
            self._environment = self._first_working()
        return self._environment

    def _first_working(self) -> dict[str, str]:
        # A distribution's interpreter has no pip of its own, but wheels for ensurepip.
        folders = [self._python.parents[1] / "share/python-wheels"]
        folders += sorted(self._cache.interpreters.glob("*/usr/share/python-wheels"))
        paths = [":".join(map(str, sorted(folder.glob("*.whl")))) for folder in folders]
        for environment in [{}, *({"PYTHONPATH": path} for path in paths if path)]:
            try:
                run([self._python, "-m", "pip", "--version"], env=environment, timeout=60)
                return environment
            except Unavailable:
                continue
        raise Unavailable("no pip that this interpreter can run")
