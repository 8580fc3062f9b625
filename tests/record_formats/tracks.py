"""The checks of the formats that have a track for each task or thread: Perfetto and Firefox.

`scripts/check-formats` calls them; each returns the sums of what it read.
"""

import collections
import gzip
import json

NS = 1e9
# Version of the processed format that is written. Its invariants are those of
# firefox-devtools/profiler, docs-developer/processed-profile-format.md and src/types/profile.ts.
FIREFOX_VERSION = 55
INTERVAL = 1


def check_perfetto(check, path, sums, viewers):
    """The messages, decoded with Perfetto's own descriptors."""
    data = viewers.perfetto(path)
    check.that(data["unknown"] == 0, f"{data['unknown']} fields that Perfetto does not know")
    for problem in data["problems"][:5]:
        check.that(False, problem)
    tracks = {int(uuid): it for uuid, it in data["tracks"].items()}
    kinds = collections.Counter(it["kind"] for it in tracks.values())
    check.that(kinds["process"] == 1 and kinds["counter"] == 1, f"kinds of tracks: {kinds}")
    begin = min(data["clocks"].values())
    check.that(len(set(data["clocks"].values())) == 1, f"clocks: {data['clocks']}")
    names = []
    for it in data["slices"]:
        track = tracks[it["track"]]
        check.that(it["from"] >= begin and it["to"] >= it["from"], f"a slice from {it['from']} to {it['to']}")
        if it["name"] in ("recording", "blocked"):
            names.append(it["name"])
            if it["name"] == "blocked" and it["where"]:
                names.append(it["where"][1])
            continue
        leaf = it["name"]
        check.that(leaf, "a slice has no name")
        check.that(0 < len(it["categories"]) <= 2, f"{leaf}: categories {it['categories']}")
        check.that(set(it["notes"]) == {"stack"}, f"{leaf}: {sorted(it['notes'])}")
        who, group = ("thread", track["name"]) if track["kind"] == "thread" else ("task", track["name"].rpartition(" ")[0])
        parent = tracks.get(track["parent"], {"name": ""})
        check.that(who == "thread" or parent["name"].startswith("loop #1"), f"{track['name']} is below {parent}")
        sums.add(who, group, leaf, (it["to"] - it["from"]) / NS)
    check.that({"recording", "blocked", "block"} <= set(names), f"no slice of the recording or of block(): {set(names)}")
    lags = [point for points in data["counters"].values() for point in points]
    check.that(len(data["counters"]) == 1 and any(value > 10_000_000 for _, value in lags), "no lag that counts")
    check.that(all(value >= 0 for _, value in lags), "a lag below 0")
    return sums


def tables(check, thread, where):
    """Whether all indices of a thread of the version point into its tables."""
    strings = thread["stringArray"]
    check.that(len(set(strings)) == len(strings), f"{where}: a string stands there twice")

    def refers(table, key, size, may_be_none=False, minimum=0):
        values = thread[table][key]
        length = thread[table]["length"]
        check.that(len(values) == length, f"{where}: {table}.{key} has {len(values)} of {length}")
        right = all((it is None and may_be_none) or (it is not None and minimum <= it < size) for it in values)
        check.that(right, f"{where}: {table}.{key} points out of its table")

    frames, stacks, functions = (thread[it]["length"] for it in ("frameTable", "stackTable", "funcTable"))
    refers("funcTable", "name", len(strings))
    refers("funcTable", "resource", thread["resourceTable"]["length"], minimum=-1)
    refers("frameTable", "func", functions)
    refers("stackTable", "frame", frames)
    refers("stackTable", "prefix", stacks, may_be_none=True)
    refers("samples", "stack", stacks, may_be_none=True)
    refers("markers", "name", len(strings))
    # A stack comes after the one that it continues: a viewer goes through them once.
    prefixes = enumerate(thread["stackTable"]["prefix"])
    check.that(all(it is None or it < at for at, it in prefixes), f"{where}: a stack before its prefix")


def times(samples):
    """The times of samples in milliseconds: they are differences, or not."""
    if "timeDeltas" not in samples:
        return samples["time"]
    at, all_times = 0.0, []
    for delta in samples["timeDeltas"]:
        at += delta
        all_times.append(at)
    return all_times


def check_firefox(check, path, sums, viewers):
    """The tables of the version, and what the code of the Firefox profiler makes of them."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    meta = data["meta"]
    check.that(meta["preprocessedProfileVersion"] == FIREFOX_VERSION, f"version {meta['preprocessedProfileVersion']}")
    schema = {it["name"]: {field["key"] for field in it["fields"]} for it in meta["markerSchema"]}
    weights = []
    for thread in data["threads"]:
        where = f"track {thread['name']!r}"
        tables(check, thread, where)
        strings, samples, markers = thread["stringArray"], thread["samples"], thread["markers"]
        is_loop = thread["name"].startswith("loop ")
        at = times(samples)
        check.that(at == sorted(at), f"{where}: samples are not sorted by time")
        check.that(len(samples["weight"]) == samples["length"], f"{where}: weights")
        weights.append(sum(samples["weight"]))
        leaf_of = [strings[thread["funcTable"]["name"][thread["frameTable"]["func"][it]]] for it in thread["stackTable"]["frame"]]
        if not is_loop:
            # The track of the main thread has the name of the process: that is how viewers know it.
            group = "MainThread" if thread["isMainThread"] else thread["name"]
            for stack, weight in zip(samples["stack"], samples["weight"]):
                if stack is not None:
                    sums.add("thread", group, leaf_of[stack], weight / 1e3)
                check.that(stack is not None or weight == 0, f"{where}: time without a stack")
        for number in range(markers["length"]):
            begin, end, phase, value = (markers[key][number] for key in ("startTime", "endTime", "phase", "data"))
            check.that(phase == INTERVAL and 0 <= begin <= end, f"{where}: a marker of the phase {phase} from {begin} to {end}")
            check.that(markers["category"][number] < len(meta["categories"]), f"{where}: category of a marker")
            fields = set(value) - {"type", "cause"}
            if not check.that(fields == schema.get(value["type"]), f"{where}: a marker of type {value['type']} has {fields}"):
                continue
            text = {key: strings[it] if isinstance(it, int) else it for key, it in value.items() if key in fields}
            name = strings[markers["name"][number]]
            check.that("cause" not in value or value["cause"]["stack"] < thread["stackTable"]["length"], f"{where}: stack of a marker")
            if name != "blocked":
                check.that(text["item"].startswith("task:"), f"{where}: {name} is of {text['item']}")
                sums.add("task", name, f"[{text['reason']}]", (end - begin) / 1e3)
    check.that(len(data.get("counters", [])) == 1, "there is not one counter")
    if viewers:
        found = viewers.firefox(path)
        check.that(len(found["threads"]) == len(data["threads"]), "the Firefox profiler sees another number of tracks")
        for own, weight, seen in zip(data["threads"], weights, found["threads"]):
            where = f"the Firefox profiler, track {own['name']!r}"
            tree = seen["samples"]["regularCallTree"]
            check.that(seen["samples"]["weightType"] == "tracing-ms", f"{where}: {seen['samples']['weightType']}")
            check.near(tree["totalSamples"] / 1e3, weight / 1e3, 1e-3, f"{where}: total")
            count = seen["markers"]["totalMarkerCount"]
            check.that(count == own["markers"]["length"], f"{where}: {count} markers of {own['markers']['length']}")
    return sums
