#!/usr/bin/env python3
"""How fast a ledger follows a real nats-server, beside a consumer that throws everything away.

usage: bench.py DAYBOOK NATS_SERVER DISCARD [--messages N] [--bytes N] [--rounds N]

(a) discard.c pulls the stream through a durable and throws it away.
(b) `daybook subscribe` takes the same stream into an empty ledger, every commit durable; it is done
    when the broker has the last acknowledgement, which follows the last commit.
Then messages come at a steady rate, and the delay is from a message's storage at the broker until
the broker sees it acknowledged.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../scripts"))
import nats_wire

parser = argparse.ArgumentParser()
parser.add_argument("daybook")
parser.add_argument("server")
parser.add_argument("discard")
parser.add_argument("--messages", type=int, default=1_000_000)
parser.add_argument("--bytes", type=int, default=400)
parser.add_argument("--rounds", type=int, default=1)
parser.add_argument("--catch-up-delay", default="5s",
                    help="--max-delay while it catches up (subscribe's own default)")
parser.add_argument("--delay", default="1s", help="--max-delay of the steady part")
parser.add_argument("--rate", type=int, default=2_000, help="messages a second of the steady part")
parser.add_argument("--seconds", type=int, default=10, help="length of the steady part")
options = parser.parse_args()


def sized(line):
    """A message of the wanted size: a member is added that nobody reads."""
    room = options.bytes - len(line) - len(b',"pad":""')
    return line if room < 0 else line[:-1] + b',"pad":"' + b"x" * room + b'"}'


def consumer(connection, durable):
    return connection.request(b"$JS.API.CONSUMER.INFO.BENCH." + durable)


def wait_for(process, connection, count):
    """Seconds until the durable has `count` messages acknowledged."""
    begun = time.monotonic()
    while True:
        answer = consumer(connection, b"daybook")
        if "error" not in answer and answer["ack_floor"]["stream_seq"] >= count:
            return time.monotonic() - begun
        if process.poll() is not None:
            raise SystemExit(f"subscribe ended with {process.returncode}")
        time.sleep(0.02)


def end(process):
    process.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"subscribe ended with {status}")
    return usage


with tempfile.TemporaryDirectory() as folder:
    server = nats_wire.Server(options.server, folder)
    try:
        nats_wire.make_stream(server.port, "BENCH", ["shop.>"])
        simulate = subprocess.Popen(
            [options.daybook, "simulate", "--events", str(options.messages), "--seed", "1"],
            stdout=subprocess.PIPE)
        publisher = nats_wire.Connection(server.port, timeout=60)
        window, begun, sizes = [], time.monotonic(), 0
        for line in simulate.stdout:
            message = sized(line.rstrip(b"\n"))
            sizes += len(message)
            window.append((b"shop.event", message))
            if len(window) == 2_000:
                for _ in publisher.publish(window):
                    pass
                window = []
        for _ in publisher.publish(window):
            pass
        count = nats_wire.stream_state(server.port, "BENCH")["messages"]
        print(f"{count} messages of {sizes / count:.0f} bytes published in "
              f"{time.monotonic() - begun:.1f} s", file=sys.stderr)

        discarded, taken, seconds_cpu, peaks = [], [], [], []
        for round_number in range(options.rounds):
            publisher.request(b"$JS.API.CONSUMER.DELETE.BENCH.discard")
            result = subprocess.run([options.discard, str(server.port), "BENCH", str(count)],
                                    capture_output=True, check=True)
            discarded.append(count / json.loads(result.stdout)["seconds"])
            publisher.request(b"$JS.API.CONSUMER.DELETE.BENCH.daybook")
            process = subprocess.Popen(
                [options.daybook, "subscribe", "--ledger", f"{folder}/ledger-{round_number}",
                 "--disk-floor", "64MiB", "--max-delay", options.catch_up_delay, "--quiet",
                 f"nats://127.0.0.1:{server.port}/BENCH"])
            taken.append(count / wait_for(process, publisher, count))
            usage = end(process)
            seconds_cpu.append(usage.ru_utime + usage.ru_stime)
            peaks.append(usage.ru_maxrss / 1024)

        process = subprocess.Popen(
            [options.daybook, "subscribe", "--ledger", f"{folder}/ledger-0", "--disk-floor", "64MiB",
             "--max-delay", options.delay, "--quiet", f"nats://127.0.0.1:{server.port}/BENCH"])
        wait_for(process, publisher, count)
        waiting, delays, last = [], [], count
        began = time.monotonic()
        for tick in range(options.seconds * 100):
            batch = [(b"shop.event", sized(b'{"specversion":"1.0","id":"live-%d-%d","source":"/bench",'
                                           b'"type":"product.viewed","time":"2026-03-05T05:40:38Z",'
                                           b'"data":{"visitor_id":"v-1"}}' % (tick, one)))
                     for one in range(options.rate // 100)]
            for _ in publisher.publish(batch):
                pass
            last += len(batch)
            now = time.monotonic()
            waiting.append((last, now))
            floor = consumer(publisher, b"daybook")["ack_floor"]["stream_seq"]
            while waiting and waiting[0][0] <= floor:
                delays.append(now - waiting.pop(0)[1])
            time.sleep(max(0.0, began + (tick + 1) / 100 - time.monotonic()))
        end(process)
    finally:
        server.stop()

    a, b = statistics.median(discarded), statistics.median(taken)
    quantiles = statistics.quantiles(delays, n=100)
    report = {
        "messages": count, "bytes": round(sizes / count), "rounds": options.rounds,
        "discard_per_second": round(a), "subscribe_per_second": round(b), "ratio": round(b / a, 3),
        "catch_up_limit": options.catch_up_delay, "cpu_seconds": round(statistics.median(seconds_cpu), 2), "peak_mib": round(max(peaks), 1),
        "delay_limit": options.delay, "delay_p50_seconds": round(quantiles[49], 3),
        "delay_p99_seconds": round(quantiles[98], 3),
    }
    print(json.dumps(report, indent=1))
