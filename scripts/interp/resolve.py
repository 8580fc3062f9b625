"""Deciding which source serves a leg."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import local, probe
from .apt import AptRoots
from .common import Cache, Unavailable, log
from .legs import Leg
from .source_build import SourceBuilds
from .suites import Suites

Entry = dict[str, Any]


class Resolver:
    """Finds or makes the interpreter of a leg and describes it for the manifest."""

    def __init__(self, cache: Cache, previous: dict[str, Entry]) -> None:
        roots = AptRoots(cache)
        self._suites = Suites(cache, roots)
        self._builds = SourceBuilds(cache, roots)
        self._previous = previous

    def at_hand(self, leg: Leg) -> Entry | None:
        """The leg from what the machine or the cache already has."""
        for path, source, debug_dir in self._candidates(leg):
            if not path.exists():
                continue
            try:
                return self._describe(leg, path, source, debug_dir)
            except Unavailable as failure:
                log(f"{leg.name}: passing over {path}: {failure}")
        return None

    def from_packages(self, leg: Leg) -> Entry:
        """The leg from the distribution's packages, fetched now."""
        if leg.free_threaded:
            raise Unavailable("distributions package no free-threaded build")
        # The first leg of a minor has unpacked the prefix for the others too.
        cached = self._suites.cached(leg.minor)
        prefix, source = cached[0] if cached else self._suites.fetch(leg.minor)
        path = _unpacked(prefix, leg)
        if not path.exists():
            raise Unavailable(f"{source} has no {leg.executable}")
        return self._describe(leg, path, source, _debug_dir(prefix))

    def from_source(self, leg: Leg) -> Entry:
        """The leg built from the distribution's source, now."""
        if leg.distribution_only:
            raise Unavailable("only the distribution's own build will do")
        prefix, source = self._builds.build(leg)
        return self._describe(leg, _built(prefix, leg), source)

    def _candidates(self, leg: Leg) -> Iterator[tuple[Path, str, Path | None]]:
        for path, source in local.candidates(leg):
            yield path, source, None
        for prefix, source in self._suites.cached(leg.minor):
            yield _unpacked(prefix, leg), source, _debug_dir(prefix)
        if not leg.distribution_only:
            for prefix, source in self._builds.cached(leg):
                yield _built(prefix, leg), source, None

    def _describe(self, leg: Leg, path: Path, source: str, debug_dir: Path | None = None) -> Entry:
        """Probe the interpreter, unless the previous run did and it is unchanged."""
        known = self._previous.get(leg.name, {})
        if known.get("path") == str(path.resolve()) and known.get("stamp") == probe.stamp(path):
            return known
        return probe.describe(leg, path, source, debug_dir)


def _unpacked(prefix: Path, leg: Leg) -> Path:
    return prefix / "usr/bin" / leg.executable


def _debug_dir(prefix: Path) -> Path:
    return prefix / "usr/lib/debug"


def _built(prefix: Path, leg: Leg) -> Path:
    return prefix / "bin" / leg.executable
