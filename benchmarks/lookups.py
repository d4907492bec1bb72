#!/usr/bin/env python3
"""Point look-ups on a ledger: what `daybook explain` takes for one order, event, visitor, customer.

usage: lookups.py DAYBOOK LEDGER [COUNT]

Takes COUNT ids of each kind from rows spread over the segments (and as many that are nowhere), runs
the command on each and prints medians and the worst in milliseconds, the start of the process
included. The file cache is warm: each command runs once before it is timed.
"""
import pathlib, subprocess, sys, time
import pyarrow.parquet as parquet

daybook, ledger = sys.argv[1], pathlib.Path(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
segments = sorted((ledger / "segments").glob("*.parquet"))
kinds = {"order": "order_id", "event": "event_id", "visitor": "visitor_id", "customer": "customer_id"}


def ids(column):
    found, step = [], max(1, len(segments) // count)
    for number, path in enumerate(segments[::step]):
        values = parquet.read_table(path, columns=[column])[column].drop_null()
        wanted = -(-count // len(segments[::step]))
        for part in range(wanted):
            found.append(values[(2 * part + 1) * len(values) // (2 * wanted)].as_py())
    return found[:count]


def milliseconds(option, name):
    command = [daybook, "explain", "--ledger", str(ledger), "--" + option, name, "--json"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


print(f"{len(segments)} segments, {count} ids of each kind; milliseconds")
print(f"{'':14}{'median':>9}{'worst':>9}")
for kind, column in kinds.items():
    times = sorted(milliseconds(kind, name) for name in ids(column))
    print(f"{kind:14}{times[len(times) // 2]:9.1f}{times[-1]:9.1f}")
absent = sorted(milliseconds(kind, f"x-{n:012}") for kind in kinds for n in range(count // 4 + 1))
print(f"{'no such id':14}{absent[len(absent) // 2]:9.1f}{absent[-1]:9.1f}")
start = []
for _ in range(20):
    begun = time.perf_counter()
    subprocess.run([daybook, "--version"], stdout=subprocess.DEVNULL)
    start.append((time.perf_counter() - begun) * 1000)
print(f"{'the process':14}{sorted(start)[10]:9.1f}{max(start):9.1f}")
