#!/usr/bin/env python3
"""Kills publishers, the subscriber and the broker with SIGKILL at random moments, then counts.

usage: live_soak.py DAYBOOK NATS_SERVER [KILLS] [SEED]

Every message is numbered. Two publishers note each message before they send it and once the broker
has acknowledged it; after a lost connection they send again what was not acknowledged. One time the
broker stays away for 15 s. In the end every acknowledged message must be in the ledger exactly
once, nothing may be there that was never sent, and `dump` must give the bytes back.
"""
import base64
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nats_wire

OUTAGE_SECONDS = 15
WINDOW = 40


def message(publisher, life, number):
    """An order's event of the shop, told apart by its id."""
    return (b'{"specversion":"1.0","id":"soak-%d-%d-%d","source":"/soak","type":"product.viewed",'
            b'"time":"2026-03-05T05:%02d:%02d.%03dZ","datacontenttype":"application/json","data":'
            b'{"visitor_id":"v-%d","item_id":"sku-%d","unit_price":%d,"currency":"EUR"}}'
            % (publisher, life, number, number // 60000 % 60, number // 1000 % 60, number % 1000,
               number % 97, number % 53, number))


def publish(port, publisher, life, folder):
    """A publisher's process: sends until it is killed."""
    sent = os.open(f"{folder}/sent-{publisher}-{life}", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    acknowledged = os.open(f"{folder}/acked-{publisher}-{life}",
                           os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    number, waiting, connection = 0, [], None
    while True:
        try:
            if connection is None:
                connection = nats_wire.Connection(port)
            if not waiting:
                waiting = list(range(number, number + WINDOW))
                number += WINDOW
                os.write(sent, b"%d\n" % number)
            batch = list(waiting)
            pairs = [(b"soak.event", message(publisher, life, one)) for one in batch]
            for index, sequence in connection.publish(pairs):
                os.write(acknowledged, b"%d %d\n" % (batch[index], sequence))
                waiting.remove(batch[index])
            time.sleep(0.02)
        except OSError:
            if connection is not None:
                connection.close()
                connection = None
            time.sleep(0.05)


if len(sys.argv) > 1 and sys.argv[1] == "publish":
    publish(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])

daybook, server_path = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
kills = int(sys.argv[3]) if len(sys.argv) > 3 else 200
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
rng = random.Random(seed)
ends = []


def fail(why):
    for end in ends:
        end()
    if os.environ.get("SOAK_KEEP"):
        shutil.copytree(folder, os.environ["SOAK_KEEP"])
    print(f"FAILED (seed {seed}): {why}")
    sys.exit(1)


def ranges(numbers):
    """Numbers as ranges, for people."""
    found = []
    for number in sorted(numbers):
        if found and found[-1][1] + 1 == number:
            found[-1][1] = number
        else:
            found.append([number, number])
    told = [f"{first}-{last}" if first < last else f"{first}" for first, last in found[:20]]
    return ", ".join(told) + (f" and {len(found) - 20} ranges more" if len(found) > 20 else "")


def stream_content(port):
    """What the broker's stream holds, asked one by one: sequence and body."""
    state, held = nats_wire.stream_state(port, "SOAK"), {}
    connection = nats_wire.Connection(port, timeout=60)
    for sequence in range(state["first_seq"], state["last_seq"] + 1):
        answer = connection.request(b"$JS.API.STREAM.MSG.GET.SOAK", b'{"seq":%d}' % sequence)
        if "message" in answer:
            held[sequence] = base64.b64decode(answer["message"].get("data", ""))
    connection.close()
    print(f"the stream's state: {json.dumps(state)}")
    return held


def who_lost(missing, acknowledged, recorded, held):
    """Whether the broker still has what is missing, and whether it gave its sequences twice."""
    bodies = set(held.values())
    here = [one for one in missing if one in bodies]
    gone = [one for one in missing if one not in bodies]
    given = collections.defaultdict(set)
    for one, sequence in acknowledged.items():
        given[sequence].add(one)
    twice = {sequence for sequence, messages in given.items() if len(messages) > 1}
    others = [one for one, sequence in acknowledged.items()
              if held and one in recorded and one not in bodies]
    return (f"Daybook lost {len(here)}: the stream has them (acknowledged as sequences "
            f"{ranges(acknowledged[one] for one in here)}).\n"
            f"The broker lost {len(gone)} before Daybook had them: acknowledged as sequences "
            f"{ranges(acknowledged[one] for one in gone)}, not in the stream; it lost "
            f"{len(others)} more that the ledger has: {ranges(acknowledged[one] for one in others)}.\n"
            f"It acknowledged different messages with the same sequence: {len(twice)} times "
            f"({ranges(twice)}).")


with tempfile.TemporaryDirectory() as folder:
    ledger = f"{folder}/ledger"
    server = nats_wire.Server(server_path, folder)
    ends.append(lambda: server.process.kill())
    nats_wire.make_stream(server.port, "SOAK", ["soak.>"])
    lives, publishers = [0, 0], [None, None]

    def start_publisher(number):
        publishers[number] = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), "publish", str(server.port), str(number),
             str(lives[number]), folder])
        lives[number] += 1

    def subscribe(*more):
        log = open(f"{folder}/subscriber.log", "ab")
        return subprocess.Popen(
            [daybook, "subscribe", "--ledger", ledger, "--max-delay", "200ms", "--disk-floor", "64MiB",
             *more, f"nats://127.0.0.1:{server.port}/SOAK"], stdout=log, stderr=log)

    def log_tail():
        with open(f"{folder}/subscriber.log", errors="replace") as file:
            lines = file.readlines()
            told = [line for line in lines[:-15] if "epoch" in line or "kind=" in line]
            return "".join(told + lines[-15:])

    def server_warnings():
        with open(f"{folder}/server.log", errors="replace") as file:
            return "".join(line for line in file if "[WRN]" in line or "[ERR]" in line)[-4000:]

    for number in range(2):
        start_publisher(number)
        ends.append(lambda number=number: publishers[number].kill())
    subscriber = subscribe()
    ends.append(lambda: subscriber.kill())

    counts = collections.Counter()
    outage_at = kills // 2
    while sum(counts.values()) < kills:
        time.sleep(rng.uniform(0.05, 0.7))
        if subscriber.poll() is not None:
            fail(f"the subscriber ended by itself with {subscriber.returncode}:\n{log_tail()}")
        victim = rng.choice(["subscriber", "subscriber", "server", "publisher"])
        if sum(counts.values()) == outage_at:
            victim = "server"
        if victim == "subscriber":
            subscriber.kill()
            subscriber.wait()
            subscriber = subscribe()
        elif victim == "server":
            server.kill()
            time.sleep(OUTAGE_SECONDS if sum(counts.values()) == outage_at else rng.uniform(0, 1))
            server.start()
        else:
            number = rng.randrange(2)
            publishers[number].kill()
            publishers[number].wait()
            start_publisher(number)
        counts[victim] += 1

    time.sleep(1)
    for process in publishers:
        process.kill()
        process.wait()
    sent, acknowledged = set(), {}

    def noted(name):
        """Lines of numbers that a publisher wrote down; one killed early wrote none."""
        if not os.path.exists(f"{folder}/{name}"):
            return []
        with open(f"{folder}/{name}") as file:
            return [tuple(map(int, line.split())) for line in file if line.endswith("\n")]

    for number in range(2):
        for life in range(lives[number]):
            last, = max(noted(f"sent-{number}-{life}"), default=(0,))
            sent.update(message(number, life, one) for one in range(last))
            acknowledged.update((message(number, life, one), sequence)
                                for one, sequence in noted(f"acked-{number}-{life}"))

    # Let the subscriber come to the end, then ask it to end in order.
    def dumped():
        result = subprocess.run([daybook, "dump", "--ledger", ledger, "--messages"],
                                capture_output=True)
        if result.returncode != 0:
            fail("dump: " + result.stderr.decode(errors="replace")[-1000:])
        return collections.Counter(result.stdout.splitlines())

    # As long as it comes nearer it may take its time: a machine may be busy.
    most, progress = -1, time.monotonic()
    while True:
        recorded = dumped()
        there = sum(1 for one in acknowledged if one in recorded)
        if there > most:
            most, progress = there, time.monotonic()
        if there == len(acknowledged) or time.monotonic() - progress > 90:
            break
        time.sleep(1)
    held = stream_content(server.port) if there < len(acknowledged) else {}
    began = time.monotonic()
    subscriber.send_signal(signal.SIGTERM)
    try:
        code = subscriber.wait(timeout=20)
    except subprocess.TimeoutExpired:
        fail("SIGTERM: the subscriber did not end within 20 s\n" + log_tail())
    took = time.monotonic() - began
    if code != 0 or took > 10:
        fail(f"SIGTERM: exit {code} after {took:.1f} s\n{log_tail()}")
    server.stop()

    recorded = dumped()
    missing = [one for one in acknowledged if one not in recorded]
    doubled = [one for one, count in recorded.items() if count > 1]
    strange = [one for one in recorded if one not in sent]
    if missing or doubled or strange:
        fail(f"{len(missing)} of {len(acknowledged)} acknowledged messages are missing, "
             f"{len(doubled)} are there more than once, {len(strange)} were never sent; "
             f"e.g. {(missing + doubled + strange)[0]}\n"
             f"{who_lost(missing, acknowledged, recorded, held)}\n{server_warnings()}{log_tail()}")
    check = subprocess.run([daybook, "verify", "--ledger", ledger], capture_output=True)
    if check.returncode != 0:
        fail("verify: " + check.stderr.decode(errors="replace"))
    print(f"{sum(counts.values())} kills ({', '.join(f'{name} {counts[name]}' for name in sorted(counts))}), "
          f"one outage of {OUTAGE_SECONDS} s: {len(acknowledged)} acknowledged messages are there exactly "
          f"once, {len(recorded)} of {len(sent)} sent, byte for byte; verify is content, "
          f"the end took {took:.1f} s")
