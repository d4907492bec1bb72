#!/usr/bin/env python3
"""One more day on thirty: bringing kept sequences up to date beside computing them whole.

usage: kept.py DAYBOOK STREAM WORK [--rounds N]

STREAM is made by generate.py over 32 days instead of 30, lines in the order of their arrival:
`sed 's/span = 30 /span = 32 /' generate.py | python3 - 3200000 1`. It is cut where the first
line of day 31 arrives, and again where the first one of day 32 does; what arrives between them, late events of
earlier days among it, is the one more day. In each round the update is timed, then writing the rows,
then the whole computation, and the bytes of both are compared. WORK is a folder for ledgers and rows.
"""
import argparse, filecmp, json, os, re, resource, shutil, statistics, subprocess, time
from datetime import datetime, timedelta, timezone

parser = argparse.ArgumentParser()
parser.add_argument("daybook")
parser.add_argument("stream")
parser.add_argument("work")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--first", type=int, default=30, help="days in the ledger before")
options = parser.parse_args()
work = options.work
os.makedirs(work, exist_ok=True)


def run(*arguments):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    text = subprocess.run([options.daybook, *arguments], check=True, capture_output=True).stdout
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return wall, processor, text


def cut():
    """Two files: what had arrived when the day began, and what arrived on it."""
    begin = datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(days=options.first)
    bounds = [(begin + timedelta(days=day)).strftime("%Y-%m-%dT").encode() for day in range(2)]
    names = [f"{work}/before.ndjson", f"{work}/day.ndjson"]
    pattern = re.compile(rb'"time":"([^"]{11})')
    part, output = 0, open(names[0], "wb")
    with open(options.stream, "rb") as lines:
        for line in lines:
            if pattern.search(line).group(1) >= bounds[part]:
                part += 1
                output.close()
                if part == 2:
                    break
                output = open(names[part], "wb")
            output.write(line)
    assert part == 2, "the stream ends before the day does"
    return names


def size(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder))


before, day = cut()
ledger, kept = f"{work}/ledger", f"{work}/kept"
for folder in (ledger, kept, f"{work}/base"):
    shutil.rmtree(folder, ignore_errors=True)
run("ingest", "-q", "--ledger", ledger, before)
base = run("sequences", "-q", "--ledger", ledger, "--keep", f"{work}/base", "--only-keep", "--json")
run("ingest", "-q", "--ledger", ledger, day)
figures = {"update": [], "whole": [], "rows": []}
for _ in range(options.rounds):
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(f"{work}/base", kept)
    os.sync()
    rows = ["sequences", "-q", "--ledger", ledger]
    update = run(*rows, "--keep", kept, "--only-keep", "--json")
    figures["update"].append(update[:2])
    figures["rows"].append(run(*rows, "--keep", kept, "--output", f"{work}/kept.ndjson")[:2])
    figures["whole"].append(run(*rows, "--output", f"{work}/whole.ndjson")[:2])
    assert filecmp.cmp(f"{work}/kept.ndjson", f"{work}/whole.ndjson", shallow=False), "the bytes differ"
report = json.loads(update[2])
print(f"rows are the same, byte for byte: {os.path.getsize(f'{work}/whole.ndjson'):,} bytes")
print(f"new events {report['new']:,}, computed with {report['computed']:,}")
print(f"first keeping {base[0]:.2f} s wall, {base[1]:.2f} s processor; kept {size(work + '/base'):,} bytes, then {size(kept):,}")
names = {"whole": "all computed, NDJSON", "update": "kept brought up to date", "rows": "NDJSON written from kept"}
median = {key: [statistics.median(values) for values in zip(*runs)] for key, runs in figures.items()}
for key, name in names.items():
    wall, processor = median[key]
    print(f"{name:26} {wall:6.2f} s wall {processor:6.2f} s processor   1/{median['whole'][0] / wall:.1f}  1/{median['whole'][1] / processor:.1f}")
