#!/usr/bin/env python3
"""Makes mutated event lines and judges them by the contract with Python's json and simdjson.

json_fuzz.py SEED COUNT LINES VERDICTS writes COUNT lines to LINES and one JSON object a line to
VERDICTS: {"reason": null or code, ...the columns of an accepted event}. Written from the contract
alone; the decoder's tests compare its own verdicts and columns with these.
"""
import datetime
import decimal
import json
import random
import re
import sys

import simdjson

COLUMNS = ["visitor_id", "customer_id", "session_id", "cart_id", "order_id", "payment_id",
           "item_id", "channel", "campaign_id", "creative_id", "currency"]
JUNK = {"null", "undefined", "none", "nil", "nan", "0", "-1", "guest", "anonymous", "unknown",
        "(not set)"}
decimal.getcontext().prec = 400


class Number(str):
    """A JSON number as it is written."""


class Pairs(dict):
    """An object that remembers its keys in order."""
    keys_in_order = ()


class Bad(Exception):
    pass


def fail(*_):
    raise Bad("json")


def check_text(value):
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise Bad("json")
    if isinstance(value, list):
        for each in value:
            check_text(each)


def pairs(items):
    for key, value in items:
        check_text(key)
        check_text(value)
    made = Pairs(items)
    made.keys_in_order = [key for key, _ in items]
    made.values_in_order = [value for _, value in items]
    return made


decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_float=Number, parse_int=Number,
                           parse_constant=fail)


def depth(text):
    level = deepest = 0
    for mark in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if mark in "[{":
            level += 1
            deepest = max(deepest, level)
        elif mark in "]}":
            level -= 1
    return deepest


def parse(line):
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Bad("encoding")
    try:
        # Python's own whitespace and byte-order mark rules are wider than the contract's.
        value, end = decoder.raw_decode(text.lstrip(" \t\r\n"))
        if text.lstrip(" \t\r\n")[end:].strip(" \t\r\n"):
            raise Bad("json")
    except (ValueError, RecursionError):
        raise Bad("json")
    check_text(value)
    if not isinstance(value, Pairs):
        raise Bad("json")
    return value, text


def time(value):
    if not isinstance(value, str) or isinstance(value, Number):
        return None
    m = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2}):([0-9]{2})"
                     r"(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})", value)
    if not m:
        return None
    y, mo, d, h, mi, s = map(int, m.groups()[:6])
    shift = 0
    if m[8] not in "Zz":
        hours, minutes = int(m[8][1:3]), int(m[8][4:])
        if hours > 23 or minutes > 59:
            return None
        shift = (hours * 60 + minutes) * (-60 if m[8][0] == "-" else 60)
    if h > 23 or mi > 59 or s > 60 or y == 0:
        return None
    try:
        days = datetime.date(y, mo, d).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return None
    micros = int(((m[7] or "") + "000000")[:6])
    at = (days * 86400 + h * 3600 + mi * 60 + s - shift) * 1000000 + micros
    return at if -62135596800000000 <= at <= 253402300799999999 else None


def name(value, limit, controls):
    good = isinstance(value, str) and not isinstance(value, Number) and value
    if good and limit and len(value.encode()) > limit:
        return False
    return bool(good) and (controls or all(c >= " " for c in value))


def text(value, column):
    """(good, string or None)"""
    if value is None:
        return True, None
    if not isinstance(value, str):
        return False, None
    trimmed = value.strip(" ")
    lower = "".join(c.lower() if "A" <= c <= "Z" else c for c in trimmed)
    if value == "" or column.endswith("_id") and lower in JUNK:
        return True, None
    return True, str(value)


def whole(value, bits):
    if value is None:
        return True, None
    if not isinstance(value, Number):
        return False, None
    m = re.fullmatch(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?", value)
    digits = m[2] + (m[3] or "")
    if not digits.strip("0"):
        return True, 0
    shift = int(m[4] or 0) - len(m[3] or "")
    if abs(shift) > 1000:
        return False, None
    number = decimal.Decimal(int(digits)).scaleb(shift)
    if number != number.to_integral_value():
        return False, None
    number = int(number) * (-1 if m[1] else 1)
    return (True, number) if -2**(bits - 1) <= number < 2**(bits - 1) else (False, None)


def event(value):
    def need(good, reason):
        if not good:
            raise Bad(reason)
    row = {"reason": None}
    need(name(value.get("id"), 256, False), "id")
    need(name(value.get("type"), 256, True), "type")
    need(name(value.get("source"), None, False), "source")
    row["time"] = time(value.get("time"))
    need(row["time"] is not None, "time")
    row.update(id=value["id"], type=value["type"], source=value["source"])
    data = value.get("data")
    data = Pairs() if data is None else data
    need(isinstance(data, dict), "data")
    row["ids"] = []
    for column in COLUMNS:
        good, string = text(data.get(column), column)
        need(good, column)
        row["ids"].append(string)
    for column, bits in (("quantity", 32), ("unit_price", 64), ("amount", 64)):
        good, row[column] = whole(data.get(column), bits)
        need(good, column)
    items = data.get("items")
    row["has_lines"] = items is not None
    row["lines"] = []
    need(items is None or isinstance(items, list), "items")
    for item in items or []:
        need(isinstance(item, dict), "items")
        good = [text(item.get("item_id"), "item_id"), whole(item.get("quantity"), 32),
                whole(item.get("unit_price"), 64)]
        need(all(g for g, _ in good), "items")
        row["lines"].append({"item_id": good[0][1], "quantity": good[1][1],
                             "unit_price": good[2][1]})
    return row


def judge(line):
    try:
        value, whole_text = parse(line)
        deepest = depth(whole_text)
        if not value.keys_in_order or value.keys_in_order[0] != "recorded_at":
            if deepest > 1024:
                raise Bad("json")
            return event(value)
        keys, values = value.keys_in_order, value.values_in_order
        if (deepest > 1025 or keys[-1] != "message" or not isinstance(values[-1], Pairs)
                or len(set(keys)) != len(keys)
                or not set(keys) <= {"recorded_at", "origin", "position", "message"}):
            raise Bad("json")
        origin, position = value.get("origin"), value.get("position")
        if origin is not None and (not isinstance(origin, str) or isinstance(origin, Number)):
            raise Bad("json")
        if not whole(position, 64)[0]:
            raise Bad("json")
        if time(value["recorded_at"]) is None:
            raise Bad("time")
        return event(value["message"])
    except Bad as bad:
        return {"reason": str(bad)}


def second_opinion(line):
    """simdjson refuses numbers beyond 64 bits, so only what it accepts says something."""
    try:
        simdjson.Parser().parse(line)
    except (ValueError, RuntimeError, UnicodeDecodeError):
        return
    if line.lstrip()[:1] == b"{":
        try:
            parse(line)
        except Bad:
            sys.exit(f"Python refuses what simdjson accepts: {line!r}")


STRINGS = ['"v1"', '""', '" "', '"null"', '" NULL "', '"\\u0067uest"', '"a\\u00e9"', '"\\ud83d\\ude00"',
           '"\\ud83d"', '"\\udc00"', '"\\ud83dx"', '"é€😀"', '"a\\/b\\"\\\\\\b\\f\\n\\r\\t"', '"\\u0000"',
           '"(not set)"', '"\\x"', '"\\u12g4"', '"x\ty"', '"' + "y" * 40 + '"', '"anonymous"']
NUMBERS = ["0", "-0", "1", "-1", "42", "2.0", "1.5", "1e3", "20e-1", "1E+2", "-2147483648",
           "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
           "1e400", "01", "1.", ".5", "+1", "1e", "-", "0.1e1", "123456789012345678901234567890",
           "1.000000000000000000000", "0e9", "1e-400", "0x1", "NaN", "Infinity", "-Infinity"]
OTHERS = ["true", "false", "null", "{}", "[]", '[1,{"a":[null]}]', '{"a":{"b":[]}}', "[1,]", "{,}",
          '{"a"}', "tru", "nulll", "[[[[1]]]]", '{"item_id":"A"}']
TIMES = ['"2021-03-01T09:00:00Z"', '"2021-03-01t09:00:00.123456789z"', '"2021-03-01 09:00:60+01:00"',
         '"2021-02-29T00:00:00Z"', '"2021-03-01T09:00:00"', '"0001-01-01T00:00:00+00:01"',
         '"9999-12-31T23:59:60Z"', '"2021-03-01T09:00:00\\u005a"', '"2021-03-01T09:00:00.Z"',
         '"2021-03-01T23:59:59.5-23:59"', '"1969-12-31T23:59:59.999999Z"', "5", "null"]


def value(r):
    return r.choice(r.choice([STRINGS, STRINGS, NUMBERS, NUMBERS, OTHERS]))


def key(r, name):
    if r.random() < 0.04:
        place = r.randrange(len(name))
        name = name[:place] + "\\u%04x" % ord(name[place]) + name[place + 1:]
    return '"' + name + '"'


def obj(r, members):
    gap = r.choice(["", "", "", " ", "\t", " \r "])
    return "{" + gap + (gap + "," + gap).join(k + gap + ":" + gap + v for k, v in members) + gap + "}"


def line(r):
    def data():
        members = [(key(r, c), value(r) if r.random() < 0.15 else '"x%d"' % r.randrange(99))
                   for c in COLUMNS if r.random() < 0.3]
        members += [(key(r, c), r.choice(NUMBERS) if r.random() < 0.3 else str(r.randrange(9999)))
                    for c in ("quantity", "unit_price", "amount") if r.random() < 0.4]
        if r.random() < 0.3:
            lines = [obj(r, [(key(r, c), value(r) if r.random() < 0.1 else str(r.randrange(9)))
                             for c in ("item_id", "quantity", "unit_price", "x", "item_id")
                             if r.random() < 0.5]) for _ in range(r.randrange(4))]
            members.append((key(r, "items"), value(r) if r.random() < 0.1
                            else "[" + ",".join(lines) + "]"))
        if r.random() < 0.2:
            members.append(('"extra%d"' % r.randrange(9), value(r)))
        r.shuffle(members)
        return obj(r, members)
    members = [(key(r, "id"), r.choice(STRINGS) if r.random() < 0.1 else '"e%d"' % r.randrange(999)),
               (key(r, "type"), '"t.%d"' % r.randrange(9)), (key(r, "source"), '"/s"'),
               (key(r, "time"), r.choice(TIMES) if r.random() < 0.3 else TIMES[0]),
               (key(r, "data"), value(r) if r.random() < 0.05 else data())]
    members = [m for m in members if r.random() < 0.98]
    if r.random() < 0.2:
        members.append((key(r, r.choice(["id", "time", "data", "x", "recorded_at"])), value(r)))
    if r.random() < 0.3:
        r.shuffle(members)
    text = obj(r, members)
    if r.random() < 0.1:
        wrapper = [(key(r, "recorded_at"), r.choice(TIMES) if r.random() < 0.2 else TIMES[0])]
        wrapper += [m for m in [(key(r, "origin"), '"f"' if r.random() < 0.9 else value(r)),
                                (key(r, "position"), "7" if r.random() < 0.9 else value(r))]
                    if r.random() < 0.6]
        wrapper.append((key(r, "message"), text))
        if r.random() < 0.1:
            r.shuffle(wrapper)
        text = obj(r, wrapper)
    elif r.random() < 0.01:
        levels = r.choice([1022, 1023, 1024, 1025])
        text = text[:-1] + ',"deep":' + "[" * levels + "]" * levels + "}"
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    if r.random() < 0.35:
        marks = b'{}[]",:\\u0189eE+-. \ttfn\x00\x1f\x7f\x80\xc3\xed\xa0\xf0\xff'
        for _ in range(r.randrange(1, 4)):
            if not raw:
                break
            place = r.randrange(len(raw))
            action = r.randrange(4)
            if action == 0:
                raw[place] = r.choice(marks)
            elif action == 1:
                raw.insert(place, r.choice(marks))
            elif action == 2:
                del raw[place:place + r.choice([1, 1, 5])]
            else:
                raw[place:place] = raw[place:place + r.randrange(1, 12)]
    return bytes(raw).replace(b"\n", b" ")


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    sys.setrecursionlimit(20000)
    r = random.Random(seed)
    with open(sys.argv[3], "wb") as lines, open(sys.argv[4], "w", encoding="ascii") as verdicts:
        for _ in range(count):
            made = line(r)
            while not made.strip(b" \t\r"):
                made = line(r)
            # The CR before a line's end is none of the message's.
            message = made[:-1] if made.endswith(b"\r") else made
            verdict = judge(message)
            second_opinion(message)
            lines.write(made + b"\n")
            verdicts.write(json.dumps(verdict) + "\n")


main()
