#!/usr/bin/env python3
"""Kills a nats-server with SIGKILL at random while two publishers publish, without Daybook: what a
stream loses that the server had acknowledged is the server's own loss.

usage: nats_kills.py NATS_SERVER [KILLS] [SEED] [LONGEST_LIFE_SECONDS]
"""
import base64
import json
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nats_wire

server_path = os.path.abspath(sys.argv[1])
kills = int(sys.argv[2]) if len(sys.argv) > 2 else 100
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
longest = float(sys.argv[4]) if len(sys.argv) > 4 else 0.7
rng = random.Random(seed)
acknowledged, lock, ended = {}, threading.Lock(), threading.Event()


def publish(server, publisher):
    number = 0
    while not ended.is_set():
        try:
            connection = nats_wire.Connection(server.port)
            while not ended.is_set():
                window = [(b"kills.event", b"%d-%d-%s" % (publisher, number + one, b"y" * 250))
                          for one in range(40)]
                number += len(window)
                for index, sequence in connection.publish(window):
                    with lock:
                        acknowledged[sequence] = window[index][1]
                time.sleep(0.01)
        except OSError:
            time.sleep(0.02)


with tempfile.TemporaryDirectory() as folder:
    server = nats_wire.Server(server_path, folder)
    try:
        nats_wire.make_stream(server.port, "KILLS", ["kills.>"])
        publishers = [threading.Thread(target=publish, args=(server, one)) for one in range(2)]
        for publisher in publishers:
            publisher.start()
        shorter = 0
        for kill in range(kills):
            time.sleep(rng.uniform(0.02, longest))
            server.kill()
            with lock:
                last = max(acknowledged, default=0)
            server.start()
            state = nats_wire.stream_state(server.port, "KILLS")
            if state["last_seq"] < last or state["messages"] < state["last_seq"]:
                shorter += 1
                print(f"after kill {kill}: acknowledged up to {last}, the stream says {json.dumps(state)}")
        ended.set()
        for publisher in publishers:
            publisher.join()
        connection, missing = nats_wire.Connection(server.port, timeout=60), []
        for sequence, message in acknowledged.items():
            answer = connection.request(b"$JS.API.STREAM.MSG.GET.KILLS", b'{"seq":%d}' % sequence)
            body = base64.b64decode(answer.get("message", {}).get("data", ""))
            if body != message:
                missing.append(sequence)
        print(f"{kills} kills (seed {seed}): {len(acknowledged)} acknowledged messages, "
              f"{len(missing)} of them not in the stream, {shorter} times a stream that was shorter")
        sys.exit(1 if missing or shorter else 0)
    finally:
        ended.set()
        server.kill()
