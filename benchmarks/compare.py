#!/usr/bin/env python3
"""Runs the bench job with each engine in turn and prints times, ratios, memory and ledger size.

usage: compare.py --events N --rounds R --engines daybook duckdb polars chdb
                  [--kernels BINARY] [--picture FILE.svg]

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


def parser_alone(kernels, events):
    """MB/s of the parser alone on all cores, the best of five rounds."""
    threads = str(os.cpu_count())
    lines = subprocess.run(
        [kernels, events, "--only", f"parse {threads}", "--rounds", "5", "--threads", threads],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return float(lines[-1].split()[-2])


COLORS = {"ingest": "#2b6cb0", "sequences": "#2f855a", "export": "#b7791f"}


def write_picture(path, options, runs, median, whole):
    """A bar an engine, cut into its stages: seconds, and how often Daybook's time goes into it."""
    longest = max(whole(engine) for engine in options.engines)
    left, width, height = 90, 560, 34
    total = 64 + height * len(options.engines) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 130}" height="{total}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="22" font-size="15">{options.events:,} events: NDJSON to ledger, '
        'sequences, NDJSON and CSV; seconds</text>',
    ]
    for number, (stage, color) in enumerate(COLORS.items()):
        x = left + number * 110
        parts.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{color}"/>')
        parts.append(f'<text x="{x + 18}" y="45">{stage}</text>')
    for number, engine in enumerate(options.engines):
        y = 60 + number * height
        parts.append(f'<text x="12" y="{y + 17}">{engine}</text>')
        x = float(left)
        for stage, color in COLORS.items():
            part = median(engine, stage) / longest * width
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{part:.1f}" height="24" fill="{color}"/>')
            x += part
        ratio = f" ({whole(engine) / whole('daybook'):.1f}x)" if "daybook" in runs else ""
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 17}">{whole(engine):.1f} s{ratio}</text>')
    parts.append(f'<text x="12" y="{total - 10}" font-size="11" fill="#555">make bench; median of '
                 f'{options.rounds}, {os.cpu_count()} cores, {time.strftime("%Y-%m-%d")}; '
                 'Daybook writes its rows while it computes them</text>')
    parts.append("</svg>")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--engines", nargs="+", default=["daybook", "duckdb", "polars", "chdb"])
    parser.add_argument("--kernels", help="the kernel benchmark, for the parser alone")
    parser.add_argument("--picture", help="where a picture of the table goes (SVG)")
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

    if "daybook" in runs and options.kernels:
        parser_rate = parser_alone(options.kernels, events)
        rate = os.path.getsize(events) / median("daybook", "ingest") / 1e6
        print(f"\nintake: {rate:.0f} MB/s; the JSON parser alone on the same bytes and cores: "
              f"{parser_rate:.0f} MB/s; {rate / parser_rate:.2f} of it")
    if options.picture:
        write_picture(options.picture, options, runs, median, whole)
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
