#!/usr/bin/env python3
"""The longest that readers wait for a commit while a subscriber merges a million rows.

usage: merge.py DAYBOOK [ROWS_A_SEGMENT]

Three segments are made by `ingest`; the rows of a fourth come over a bus. A wall clock that runs
faster seals them after its six hours, and the four become one, while a message comes every 20 ms.
What is told is the longest time between two commits (the bus's checkpoint in the catalog moves)
before the seal, and from the seal to the end of the merge. (Linux: LD_PRELOAD.)
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

tool = os.path.abspath(sys.argv[1])
rows = int(sys.argv[2]) if len(sys.argv) > 2 else 250_000
clock = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fast_clock.c")
SPEED = 900  # six hours are 24 s


def simulate(seed):
    return subprocess.Popen([tool, "simulate", "--events", str(rows + rows // 25), "--seed", str(seed)],
                            stdout=subprocess.PIPE)


with tempfile.TemporaryDirectory() as folder:
    bus, ledger = f"{folder}/bus", f"{folder}/ledger"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", f"{folder}/clock.so", clock], check=True)
    for seed in range(3):
        source = simulate(seed + 1)
        # Other shops, so that nothing is a redelivery of the shop before.
        renamed = subprocess.Popen(["sed", f's/"source":"/&{seed}/'], stdin=source.stdout,
                                   stdout=subprocess.PIPE)
        subprocess.run([tool, "ingest", "--quiet", "--ledger", ledger, "-"],
                       stdin=renamed.stdout, check=True)
    subprocess.run([tool, "publish", "--quiet", "--bus", bus, "-"], stdin=simulate(9).stdout, check=True)
    environment = dict(os.environ, LD_PRELOAD=f"{folder}/clock.so", CLOCK_SPEED=str(SPEED))
    subscribe = subprocess.Popen(
        [tool, "subscribe", "--ledger", ledger, "--disk-floor", "64MiB", "--max-delay", "20ms",
         "--quiet", f"file:{bus}"], env=environment)
    publish = subprocess.Popen([tool, "publish", "--quiet", "--bus", bus, "-"], stdin=subprocess.PIPE)
    over = threading.Event()

    def trickle():
        number = 0
        while not over.is_set():
            publish.stdin.write(b'{"specversion":"1.0","id":"t-%d","source":"/t","type":"product.viewed",'
                                b'"time":"2026-03-05T05:40:38Z","data":{"visitor_id":"v"}}\n' % number)
            publish.stdin.flush()
            number += 1
            time.sleep(0.02)

    thread = threading.Thread(target=trickle)
    thread.start()
    time.sleep(1)
    catalog = sqlite3.connect(f"file:{ledger}/catalog.sqlite?mode=ro", uri=True, timeout=30)
    began = last = time.monotonic()
    position, longest, sealed_at, merged_at = None, {"before": 0.0, "merging": 0.0}, None, None
    caught_up = False
    while merged_at is None or time.monotonic() - merged_at < 0.5:
        now = time.monotonic()
        found = catalog.execute("SELECT max(position) FROM checkpoints").fetchone()[0]
        segments, largest = catalog.execute("SELECT count(*), max(row_count) FROM segments").fetchone()
        if found != position:
            # While it catches up, commits are as large as they may be.
            if caught_up:
                place = "before" if sealed_at is None and segments < 4 else "merging"
                longest[place] = max(longest[place], now - last)
            caught_up = caught_up or (position is not None and found - position < 200)
            position, last = found, now
        if sealed_at is None and segments >= 4:
            sealed_at = now
        if merged_at is None and largest > 2 * rows:
            merged_at = now
        if subscribe.poll() is not None or now - began > 220:
            over.set()
            raise SystemExit(f"no merge: {segments} segments, subscribe {subscribe.poll()}")
        time.sleep(0.005)
    over.set()
    thread.join()
    publish.stdin.close()
    publish.wait()
    subscribe.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(subscribe.pid, 0)
    print(json.dumps({
        "rows": largest, "longest_commit_gap_seconds": {k: round(v, 3) for k, v in longest.items()},
        "merge_seconds": round(merged_at - (sealed_at or merged_at), 2), "exit": status,
        "peak_mib": round(usage.ru_maxrss / 1024)}))
