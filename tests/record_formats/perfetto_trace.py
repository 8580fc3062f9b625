"""Decodes a trace of Perfetto with the descriptors of the package perfetto, and writes it as JSON.

  python perfetto_trace.py FILE

Perfetto's own trace processor is a program that this package fetches when it is first used; its
descriptors are in the package.
"""

import collections
import json
import sys

from google.protobuf import unknown_fields
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb


def unknown(message):
    """Fields that the descriptors do not have, in all of the message."""
    count = len(unknown_fields.UnknownFieldSet(message))
    for field, value in message.ListFields():
        if field.message_type is not None:
            values = value if field.is_repeated else [value]
            count += sum(map(unknown, values))
    return count


def main():
    trace = pb.Trace()
    with open(sys.argv[1], "rb") as file:
        trace.ParseFromString(file.read())
    tracks, problems, slices = {}, [], []
    stacks, counters = collections.defaultdict(list), collections.defaultdict(list)
    tables = {name: {} for name in ("event_categories", "event_names", "source_locations", "debug_annotation_string_values")}
    events, clocks = [], {}
    for number, packet in enumerate(trace.packet):
        if packet.trusted_packet_sequence_id == 0:
            problems.append(f"packet {number} is of no sequence")
        if packet.HasField("clock_snapshot"):
            clocks = {it.clock_id: it.timestamp for it in packet.clock_snapshot.clocks}
        for name, table in tables.items():
            for it in getattr(packet.interned_data, name):
                if it.iid == 0 or it.iid in table:
                    problems.append(f"packet {number}: {name} {it.iid} twice")
                table[it.iid] = it
        if packet.HasField("track_descriptor"):
            it = packet.track_descriptor
            if it.uuid in tracks or (it.parent_uuid and it.parent_uuid not in tracks):
                problems.append(f"track {it.uuid} stands there twice, or before its parent")
            kind = next((name for name in ("process", "thread", "counter") if it.HasField(name)), "named")
            name = {"process": it.process.process_name, "thread": it.thread.thread_name}.get(kind, it.name)
            tracks[it.uuid] = {"kind": kind, "name": name, "parent": it.parent_uuid, "pid": it.process.pid or it.thread.pid}
        if packet.HasField("track_event"):
            event = packet.track_event
            if event.track_uuid not in tracks:
                problems.append(f"packet {number} is of the track {event.track_uuid}, which is not known")
            # What is interned later is not known here, so it is looked up at once.
            name = event.name or (tables["event_names"][event.name_iid].name if event.name_iid else "")
            categories = [tables["event_categories"][it].name for it in event.category_iids]
            notes = {}
            for it in event.debug_annotations:
                value = tables["debug_annotation_string_values"][it.string_value_iid].str.decode() if it.string_value_iid else it.string_value
                notes[it.name] = value
            where = tables["source_locations"].get(event.source_location_iid)
            where = where and [where.file_name, where.function_name, where.line_number]
            events.append((packet.timestamp, event.track_uuid, event.type, name, categories, notes, where, event.counter_value))
    # A viewer sorts by time, and keeps the order of what has the same.
    for at, track, kind, name, categories, notes, where, value in sorted(events, key=lambda it: it[0]):
        if kind == pb.TrackEvent.TYPE_SLICE_BEGIN:
            stacks[track].append((at, name, categories, notes, where))
            if len(stacks[track]) > 1:
                problems.append(f"track {track}: {name} begins in another slice")
        elif kind == pb.TrackEvent.TYPE_SLICE_END:
            if not stacks[track]:
                problems.append(f"track {track}: a slice ends that did not begin")
                continue
            began, name, categories, notes, where = stacks[track].pop()
            slices.append({"track": track, "from": began, "to": at, "name": name, "categories": categories, "notes": notes, "where": where})
        elif kind == pb.TrackEvent.TYPE_COUNTER:
            counters[track].append([at, value])
        elif kind == pb.TrackEvent.TYPE_INSTANT:
            slices.append({"track": track, "from": at, "to": at, "name": name, "categories": categories, "notes": notes, "where": where})
    problems += [f"track {track}: {len(left)} slices do not end" for track, left in stacks.items() if left]
    json.dump({"tracks": tracks, "slices": slices, "counters": counters, "clocks": clocks, "unknown": unknown(trace), "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main()
