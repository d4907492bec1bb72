#!/usr/bin/env python3
"""How long `daybook status` takes on a ledger of many segments.

usage: status.py DAYBOOK [--segments 10000] [--rounds 20]

A real ledger of one segment is made; its row in the catalog is then repeated under other names and
offsets, which is what status reads: it opens no segment.
"""
import argparse
import os
import sqlite3
import statistics
import subprocess
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("daybook")
parser.add_argument("--segments", type=int, default=10_000)
parser.add_argument("--rounds", type=int, default=20)
options = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    ledger = f"{folder}/ledger"
    simulate = subprocess.run([options.daybook, "simulate", "--events", "2000", "--seed", "1"],
                              capture_output=True, check=True)
    subprocess.run([options.daybook, "ingest", "--quiet", "--ledger", ledger, "-"],
                   input=simulate.stdout, check=True)
    catalog = sqlite3.connect(os.path.join(ledger, "catalog.sqlite"))
    columns = [row[1] for row in catalog.execute("PRAGMA table_info(segments)")]
    first = dict(zip(columns, catalog.execute("SELECT * FROM segments").fetchone()))
    for number in range(1, options.segments):
        row = dict(first)
        row["first_offset"] = number * first["row_count"]
        for name in columns:
            if name in ("name", "file"):
                row[name] = f"{number}-{first[name]}"
            elif name in ("id", "number"):
                row[name] = first[name] + number
        catalog.execute(f"INSERT INTO segments ({','.join(columns)}) VALUES "
                        f"({','.join('?' * len(columns))})", [row[name] for name in columns])
    catalog.execute("UPDATE commits SET end_offset = ?", [options.segments * first["row_count"]])
    catalog.commit()
    catalog.close()
    took = []
    for _ in range(options.rounds):
        begun = time.monotonic()
        result = subprocess.run([options.daybook, "status", "--json", "--ledger", ledger],
                                capture_output=True, check=True)
        took.append(time.monotonic() - begun)
    if b'"segments":%d,' % options.segments not in result.stdout:
        raise SystemExit(f"status counts otherwise: {result.stdout[:300]}")
    print(f"status of {options.segments} segments: median {1000 * statistics.median(took):.1f} ms, "
          f"slowest {1000 * max(took):.1f} ms of {options.rounds}")
