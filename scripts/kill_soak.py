#!/usr/bin/env python3
"""Kills the real process with SIGKILL at random moments and checks that nothing is lost or doubled.

usage: kill_soak.py DAYBOOK [KILLS] [SEED]

Every message is numbered. The same files are ingested again and again, each run killed at a random
moment, until KILLS kills have landed; after each, `verify` must find the ledger sound and every
committed event must be there exactly once, byte for byte. Then a last run finishes the job, and the
ledger must hold each distinct message exactly once.
"""
import collections
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

daybook = os.path.abspath(sys.argv[1])
kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
rng = random.Random(seed)


def run(*arguments):
    return subprocess.run([daybook, *arguments], capture_output=True)


def fail(why, result=None):
    print(f"FAILED (seed {seed}): {why}")
    if result is not None:
        print(result.stdout.decode(errors="replace")[-2000:], result.stderr.decode(errors="replace")[-2000:])
    sys.exit(1)


def dumped(ledger):
    """How often each message is in the ledger."""
    result = run("dump", "--ledger", ledger, "--messages")
    if result.returncode != 0:
        fail("dump", result)
    return collections.Counter(result.stdout.splitlines())


with tempfile.TemporaryDirectory() as folder:
    ledger = os.path.join(folder, "ledger")
    files, distinct = [], set()
    for number in range(4):
        path = os.path.join(folder, f"events-{number}.ndjson")
        made = run("simulate", "--events", "40000", "--seed", str(number + 1))
        with open(path, "wb") as file:
            for line in made.stdout.splitlines():
                # The identity must differ between the files, so the file's number goes into it.
                line = line.replace(b'"id":"e-', b'"id":"f%d-' % number)
                distinct.add(line)
                file.write(line + b"\n")
        files.append(path)

    command = [daybook, "ingest", "--quiet", "--ledger", ledger, "--segment-rows", "4096", *files]
    started = time.perf_counter()
    whole = subprocess.run([daybook, "ingest", "--quiet", "--ledger", os.path.join(folder, "timing"),
                            "--segment-rows", "4096", *files], capture_output=True)
    if whole.returncode != 0:
        fail("a whole run", whole)
    span = time.perf_counter() - started

    landed, before, finished, exists = 0, collections.Counter(), 0, False
    while landed < kills:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0, span))
        process.send_signal(signal.SIGKILL)
        if process.wait() == -signal.SIGKILL:
            landed += 1
        else:
            finished += 1
        if finished:  # a run came through: start over with an empty ledger
            subprocess.run(["rm", "-rf", ledger], check=True)
            before, finished, exists = collections.Counter(), 0, False
            continue
        if not os.path.exists(os.path.join(ledger, "catalog.sqlite")):
            continue
        check = run("verify", "--ledger", ledger)
        # A kill may fall between the catalog's file and its first transaction.
        segments = os.path.join(ledger, "segments")
        is_empty = not os.path.isdir(segments) or not os.listdir(segments)
        if not exists and is_empty and b"there is no ledger" in check.stderr:
            continue
        if check.returncode != 0:
            fail(f"verify after kill {landed}", check)
        exists = True
        if landed % 10 == 0 or kills <= 30:
            now = dumped(ledger)
            if any(count != 1 for count in now.values()):
                fail(f"a message is doubled after kill {landed}")
            if any(message not in now for message in before):
                fail(f"a committed message is gone after kill {landed}")
            if any(message not in distinct for message in now):
                fail(f"a message was changed after kill {landed}")
            before = now

    last = subprocess.run(command, capture_output=True)
    if last.returncode != 0:
        fail("the last run", last)
    final = dumped(ledger)
    if set(final) != distinct or any(count != 1 for count in final.values()):
        fail(f"{len(distinct)} distinct messages went in, {len(final)} are there")
    check = run("verify", "--ledger", ledger)
    if check.returncode != 0:
        fail("the last verify", check)
    summary = json.loads(run("inspect", "--ledger", ledger, "--json").stdout)
    print(f"{landed} kills landed, {len(distinct)} messages each exactly once, "
          f"{len(summary['segments'])} segments, verify is content")
