#!/usr/bin/env python3
"""Hours at ten events a second through the real subscriber, whose wall clock runs faster: how many
files they leave. (Linux: the clock is put before the executable with LD_PRELOAD.)

usage: day.py DAYBOOK [HOURS] [SPEED]
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

RATE = 10
tool = os.path.abspath(sys.argv[1])
hours = float(sys.argv[2]) if len(sys.argv) > 2 else 24
speed = int(sys.argv[3]) if len(sys.argv) > 3 else 500
clock = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fast_clock.c")


def count(ledger):
    """Files of each of the ledger's folders, and all of them."""
    found = {name: len(os.listdir(f"{ledger}/{name}")) if os.path.isdir(f"{ledger}/{name}") else 0
             for name in ("segments", "fresh", "index")}
    found["files"] = sum(len(files) for _, _, files in os.walk(ledger))
    return found


with tempfile.TemporaryDirectory() as folder:
    bus, ledger = f"{folder}/bus", f"{folder}/ledger"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", f"{folder}/clock.so", clock], check=True)
    environment = dict(os.environ, LD_PRELOAD=f"{folder}/clock.so", CLOCK_SPEED=str(speed))
    total = int(hours * 3600 * RATE)
    # Some of the simulated shop's messages are redeliveries.
    simulate = subprocess.Popen([tool, "simulate", "--events", str(total + total // 50), "--seed", "8"],
                                stdout=subprocess.PIPE)
    publish = subprocess.Popen([tool, "publish", "--quiet", "--bus", bus, "-"], stdin=subprocess.PIPE)
    began, sent, subscribe, most = time.monotonic(), 0, None, {}
    while sent < total:
        due = min(total, int((time.monotonic() - began) * RATE * speed) + 100)
        publish.stdin.write(b"".join(simulate.stdout.readline() for _ in range(due - sent)))
        publish.stdin.flush()
        sent = due
        if subscribe is None and os.path.isdir(bus) and os.listdir(bus):
            # 10 ms are as long as the default of 5 s to the clock at a speed of 500.
            subscribe = subprocess.Popen(
                [tool, "subscribe", "--ledger", ledger, "--disk-floor", "64MiB", "--max-delay", "10ms",
                 f"file:{bus}"], env=environment, stderr=subprocess.DEVNULL)
        for name, number in count(ledger).items():
            most[name] = max(most.get(name, 0), number)
        time.sleep(0.02)
    publish.stdin.close()
    publish.wait()
    simulate.kill()

    def status():
        answer = subprocess.run([tool, "status", "--json", "--ledger", ledger], capture_output=True)
        return json.loads(answer.stdout)

    # Redeliveries are no events: what counts is how far the subscriber is.
    until = time.monotonic() + 120
    while status()["subscriber"]["sources"][0].get("backlog") != 0 and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(1.5)
    running = count(ledger)
    commits = json.load(open(f"{ledger}/status.json"))["commits"]
    subscribe.send_signal(signal.SIGTERM)
    code = subscribe.wait()
    report = {"hours": hours, "messages": total, "events": status()["ledger"]["events"],
              "commits": commits, "most": most, "running": running, "after_the_end": count(ledger),
              "exit": code}
    print(json.dumps(report))
    check = subprocess.run([tool, "verify", "--quiet", "--ledger", ledger])
    sys.exit(code or check.returncode)
