#!/usr/bin/env python3
"""What a large ledger costs the intake: new events into an empty ledger and into one of many old ids.

usage: dedup.py DAYBOOK EVENTS WORK [--old 100000000] [--rounds 3]

EVENTS is a file of generate.py. The old ledger is made here once and kept in WORK (about 25 bytes an
event): short events with 64-bit ids of their own, so that every new event is looked up among all of
them and none is there. In each round EVENTS goes into an empty ledger, into a copy of the old one, and
an empty file into a copy of the old one, which tells what opening it alone takes; then once more into
the copy that has it, where every line is a redelivery. Prints medians of wall time, processor time and
the peak of memory.
"""
import argparse, os, pathlib, shutil, statistics, subprocess, time
import numpy

parser = argparse.ArgumentParser()
parser.add_argument("daybook")
parser.add_argument("events")
parser.add_argument("work")
parser.add_argument("--old", type=int, default=100_000_000)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()
work = pathlib.Path(options.work)
work.mkdir(parents=True, exist_ok=True)
old = work / f"old-{options.old}"
HEX = numpy.frombuffer(b"0123456789abcdef", dtype=numpy.uint8)
LINE = (b'{"specversion":"1.0","id":"o-0000000000000000","source":"/old","type":"product.viewed",'
        b'"time":"2025-01-01T00:00:00.000Z","data":{"visitor_id":"v-000000"}}\n')


def block(first, count):
    """Some lines, made at once: the id is a scattered number, the time and the visitor a slow one."""
    lines = numpy.tile(numpy.frombuffer(LINE, dtype=numpy.uint8), (count, 1))
    numbers = numpy.arange(first, first + count, dtype=numpy.uint64)
    ids = numbers * numpy.uint64(0xD1B54A32D192ED03)
    start = LINE.index(b"o-0") + 2
    for digit in range(16):
        lines[:, start + digit] = HEX[(ids >> numpy.uint64(60 - 4 * digit)) & numpy.uint64(15)]
    visitors = numbers // numpy.uint64(40)
    start = LINE.index(b"v-0") + 2
    for digit in range(6):
        lines[:, start + digit] = HEX[(visitors >> numpy.uint64(20 - 4 * digit)) & numpy.uint64(15)]
    seconds = numbers // numpy.uint64(50)
    start = LINE.index(b"T00:00:00") + 1
    for place, size, unit in ((0, 24, 3600), (3, 60, 60), (6, 60, 1)):
        value = seconds // numpy.uint64(unit) % numpy.uint64(size)
        lines[:, start + place] = 48 + value // numpy.uint64(10)
        lines[:, start + place + 1] = 48 + value % numpy.uint64(10)
    day = seconds // numpy.uint64(86400) % numpy.uint64(28)
    start = LINE.index(b"-01T")
    lines[:, start + 1] = 48 + (day + numpy.uint64(1)) // numpy.uint64(10)
    lines[:, start + 2] = 48 + (day + numpy.uint64(1)) % numpy.uint64(10)
    return lines.tobytes()


def make_old():
    shutil.rmtree(old, ignore_errors=True)
    making = work / "making"
    shutil.rmtree(making, ignore_errors=True)
    command = [options.daybook, "ingest", "--quiet", "--ledger", str(making), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        for first in range(0, options.old, 1 << 20):
            process.stdin.write(block(first, min(1 << 20, options.old - first)))
        process.stdin.close()
        assert process.wait() == 0
    making.rename(old)


def copy(to):
    """Segments and index never change, so they are linked; the catalog is copied."""
    shutil.rmtree(to, ignore_errors=True)
    def link(source, target):
        (os.link if "/segments/" in source or "/index/" in source else shutil.copy2)(source, target)
    shutil.copytree(old, to, copy_function=link)


def ingest(ledger, *files):
    """Wall and processor seconds, and the peak of memory in MiB; what others wrote is on disk before."""
    os.sync()
    command = [options.daybook, "ingest", "--quiet", "--ledger", str(ledger), *files]
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    assert status == 0
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if not old.exists():
    # In a process of its own: what this one holds would count as its children's peak.
    making = os.fork()
    if making == 0:
        make_old()
        os._exit(0)
    assert os.waitpid(making, 0)[1] == 0
(work / "nothing.ndjson").write_bytes(b"")
fresh, filled = work / "fresh", work / "filled"
jobs = {name: [] for name in ("into an empty ledger", f"into {options.old:,} old events",
                              "opening these alone", "all of it once more")}
for _ in range(options.rounds):
    shutil.rmtree(fresh, ignore_errors=True)
    results = [ingest(fresh, options.events)]
    copy(filled)
    opening = ingest(filled, str(work / "nothing.ndjson"))
    copy(filled)
    results += [ingest(filled, options.events), opening]
    again = work / "again.ndjson"
    again.unlink(missing_ok=True)
    with open(options.events, "rb") as source, open(again, "wb") as target:
        # Another file: one that was taken in whole is not read again.
        shutil.copyfileobj(source, target)
        target.write(b"\n")
    results.append(ingest(filled, str(again)))
    for figures, result in zip(jobs.values(), results):
        figures.append(result)
size = sum(path.stat().st_size for path in old.rglob("*") if path.is_file())
index = sum(path.stat().st_size for path in (old / "index").iterdir())
print(f"old ledger {size / 1e6:,.0f} MB, of it {index / 1e6:,.0f} MB index")
print(f"{'':34}{'wall s':>8}{'processor s':>13}{'peak MiB':>10}")
for name, figures in jobs.items():
    wall, processor, memory = (statistics.median(values) for values in zip(*figures))
    print(f"{name:34}{wall:8.2f}{processor:13.2f}{memory:10.0f}")
empty, full = (jobs[name] for name in list(jobs)[:2])
for place, what in enumerate(("wall", "processor time")):
    ratio = statistics.median(b[place] / a[place] for a, b in zip(empty, full))
    print(f"{what} against an empty ledger: {100 * (ratio - 1):+.1f} %")
shutil.rmtree(fresh, ignore_errors=True)
shutil.rmtree(filled, ignore_errors=True)
(work / "again.ndjson").unlink(missing_ok=True)
