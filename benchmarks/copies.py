#!/usr/bin/env python3
"""A stream of several copies of a stream, each with ids of its own.

usage: copies.py EVENTS COUNT > LARGER

EVENTS is what `generate.py` writes. To every id of events, visitors, carts, customers, orders and
payments a copy appends its letter, so the ids of all copies lie side by side in their order, as
those of one long stream do. Ten copies of three million events take about five minutes.
"""
import re, sys

path, count = sys.argv[1], int(sys.argv[2])
ids = re.compile(rb'"((?:e|v|cart|cus|ord|pay)-[^"]*)"')
if not 1 <= count <= 26:
    sys.exit("copies.py: COUNT is 1 to 26, a letter each")
for letter in (b"abcdefghijklmnopqrstuvwxyz"[n : n + 1] for n in range(count)):
    with_letter = rb'"\1' + letter + b'"'
    with open(path, "rb") as events:
        while lines := events.readlines(1 << 24):
            sys.stdout.buffer.write(ids.sub(with_letter, b"".join(lines)))
