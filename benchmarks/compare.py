#!/usr/bin/env python3
"""Runs the bench job with each engine in turn and prints times, ratios, memory and ledger size.

usage: compare.py --events N --rounds R --engines daybook duckdb polars chdb

The job: parse NDJSON, drop redeliveries, write a Parquet ledger; rebuild the sequences; write them as
NDJSON and CSV. The peers (peers.py) do a simpler version of it: one cut rule, no recovery, no
per-level patience, no as-of, no conflict check, no exact replay. Rounds are interleaved; the median counts.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
STAGES = ("ingest", "sequences", "export")


def measured(command):
    """Runs a command; returns (seconds, peak MiB, its standard output)."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    output = process.stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}\n{output}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024, output


def folder_bytes(folder):
    return sum(os.path.getsize(os.path.join(base, name))
               for base, _, names in os.walk(folder) for name in names)


def run_daybook(work):
    """Sequences and export are one command here, so the time of both stands under `sequences`."""
    daybook = os.path.join(ROOT, ".build/release/daybook")
    out = os.path.join(work, "daybook")
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    ledger = os.path.join(out, "ledger")
    ingest, peak1, _ = measured([daybook, "ingest", "--quiet", "--ledger", ledger,
                                 os.path.join(work, "events.ndjson")])
    sequences, peak2, _ = measured([daybook, "sequences", "--quiet", "--ledger", ledger,
                                    "--output", os.path.join(out, "sequences.ndjson"),
                                    "--output", os.path.join(out, "steps.csv"), "--steps"])
    return {"ingest": ingest, "sequences": sequences, "export": 0.0, "peak": max(peak1, peak2),
            "ledger": folder_bytes(os.path.join(ledger, "segments")),
            "folder": folder_bytes(ledger)}


def run_peer(engine, work):
    shutil.rmtree(os.path.join(work, engine), ignore_errors=True)
    environment_free = [sys.executable, os.path.join(HERE, "peers.py"), engine, "all", work]
    _, peak, output = measured(environment_free)
    result = {stage: float(re.search(rf"{engine} {stage} ([\d.]+)s", output)[1]) for stage in STAGES}
    size = os.path.getsize(os.path.join(work, engine, "ledger.parquet"))
    return {**result, "peak": peak, "ledger": size, "folder": size}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--engines", nargs="+", default=["daybook", "duckdb", "polars", "chdb"])
    parser.add_argument("--check", action="store_true",
                        help="exit 1 unless Daybook is 4x faster, within 512 MiB, and no larger")
    options = parser.parse_args()

    work = os.path.join(ROOT, ".bench", str(options.events))
    os.makedirs(work, exist_ok=True)
    events = os.path.join(work, "events.ndjson")
    if not os.path.exists(events):
        print(f"making {options.events:,} events (once)", file=sys.stderr)
        with open(events + ".part", "wb") as file:
            subprocess.run([sys.executable, os.path.join(HERE, "generate.py"), str(options.events), "1"],
                           stdout=file, check=True)
        os.rename(events + ".part", events)
    with open(events, "rb") as file:  # into the page cache, for everybody alike
        while file.read(1 << 24):
            pass

    runs = {engine: [] for engine in options.engines}
    for number in range(options.rounds):
        for engine in options.engines:
            print(f"round {number + 1}: {engine}", file=sys.stderr)
            runs[engine].append(run_daybook(work) if engine == "daybook" else run_peer(engine, work))

    def median(engine, key):
        return statistics.median(run[key] for run in runs[engine])

    def whole(engine):
        return statistics.median(sum(run[stage] for stage in STAGES) for run in runs[engine])

    print(f"{'engine':9} {'ingest':>8} {'sequences':>10} {'export':>8} {'whole':>8} {'ratio':>7} "
          f"{'peak MiB':>9} {'ledger MB':>10} {'folder MB':>10}")
    for engine in options.engines:
        ratio = whole(engine) / whole("daybook") if "daybook" in runs else 1
        print(f"{engine:9} {median(engine, 'ingest'):7.2f}s {median(engine, 'sequences'):9.2f}s "
              f"{median(engine, 'export'):7.2f}s {whole(engine):7.2f}s {ratio:6.1f}x "
              f"{median(engine, 'peak'):9.0f} {median(engine, 'ledger') / 1e6:10.1f} "
              f"{median(engine, 'folder') / 1e6:10.1f}")

    peers = [engine for engine in options.engines if engine != "daybook"]
    if "daybook" in runs and peers:
        fastest = min(peers, key=whole)
        smallest = min(peers, key=lambda engine: median(engine, "ledger"))
        faster = whole(fastest) / whole("daybook")
        smaller = median("daybook", "ledger") / median(smallest, "ledger")
        print(f"\nwhole job: {faster:.1f}x faster than the fastest peer ({fastest}); "
              f"ledger: {smaller:.2f} of the smallest ({smallest}); "
              f"peak {median('daybook', 'peak'):.0f} MiB")
        if options.check and (faster < 4 or smaller > 1 or median("daybook", "peak") > 512):
            sys.exit("a target was missed: 4x, 512 MiB, no larger than the smallest peer")


if __name__ == "__main__":
    main()
