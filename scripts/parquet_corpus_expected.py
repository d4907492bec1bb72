#!/usr/bin/env python3
"""What pyarrow reads from the parquet-testing corpus, in a form that the Swift tests compare.

Usage: parquet_corpus_expected.py [TARBALL] > expected.tsv
       gzip -n -9 expected.tsv   # becomes Tests/ParquetTests/Fixtures/parquet-testing-expected.tsv.gz

One line a top-level column: file, column, rows, SHA-256 of all values (one JSON text a line), and the
first values. Values are those stored, not as pyarrow shows them: floats as the hex of their bits,
strings and bytes as hex, decimals as unscaled 32-byte integers, times as integers. A structure is a
list of its fields, a map a list of pairs. A column that pyarrow refuses has `error` for rows.
"""
import hashlib
import json
import os
import sys
import tarfile
import tempfile

import numpy
import pyarrow
import pyarrow.parquet

HERE = os.path.dirname(os.path.abspath(__file__))
TARBALL = os.path.join(HERE, "../Tests/ParquetTests/Fixtures/parquet-testing.tar.gz")
FIRST = 4
# Two gigabytes of text behind a codec that is out of scope anyway.
SKIPPED = {"data/large_string_map.brotli.parquet"}


def stored(array):
    """The values of an array as JSON-ready Python values."""
    kind = array.type
    types = pyarrow.types
    if isinstance(kind, pyarrow.BaseExtensionType):
        return stored(array.storage)
    if types.is_dictionary(kind):
        return stored(array.dictionary_decode())
    if types.is_null(kind):
        return [None] * len(array)
    valid = array.is_valid().to_pylist()
    if types.is_map(kind):
        keys, items = stored(array.keys), stored(array.items)
        offsets = array.offsets.to_pylist()
        pairs = [[k, v] for k, v in zip(keys, items)]
        return [pairs[offsets[i]:offsets[i + 1]] if ok else None for i, ok in enumerate(valid)]
    if types.is_list(kind) or types.is_large_list(kind):
        values = stored(array.values)
        offsets = array.offsets.to_pylist()
        return [values[offsets[i]:offsets[i + 1]] if ok else None for i, ok in enumerate(valid)]
    if types.is_fixed_size_list(kind):
        values, size = stored(array.values), kind.list_size
        starts = range(array.offset * size, (array.offset + len(array)) * size, size)
        return [values[start:start + size] if ok else None for start, ok in zip(starts, valid)]
    if types.is_struct(kind):
        fields = [stored(field) for field in array.flatten()]
        return [[f[i] for f in fields] if ok else None for i, ok in enumerate(valid)]
    return leaf(array, kind, valid)


def leaf(array, kind, valid):
    types = pyarrow.types
    if types.is_floating(kind):
        bits = {16: "uint16", 32: "uint32", 64: "uint64"}[kind.bit_width]
        buffer = array.buffers()[1]
        words = numpy.frombuffer(buffer, dtype=bits)[array.offset:array.offset + len(array)]
        width = kind.bit_width // 4
        return [f"{int(w):0{width}x}" if ok else None for w, ok in zip(words, valid)]
    if types.is_timestamp(kind) or types.is_time64(kind) or types.is_duration(kind):
        return array.cast(pyarrow.int64()).to_pylist()
    if types.is_date32(kind) or types.is_time32(kind):
        return array.cast(pyarrow.int32()).to_pylist()
    values = array.to_pylist()
    if types.is_decimal(kind):
        return [None if v is None else unscaled(v).to_bytes(32, "big", signed=True).hex()
                for v in values]
    if types.is_boolean(kind) or types.is_integer(kind):
        return values
    if types.is_string(kind) or types.is_large_string(kind):
        return stored(array.cast(pyarrow.large_binary()))
    return [None if v is None else v.hex() for v in values]


def unscaled(value):
    sign, digits, _ = value.as_tuple()
    number = int("".join(map(str, digits)))
    return -number if sign else number


def main():
    tarball = sys.argv[1] if len(sys.argv) > 1 else TARBALL
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(tarball) as archive:
            archive.extractall(folder, filter="data")
        names = sorted(
            os.path.relpath(os.path.join(root, name), folder)
            for root, _, files in os.walk(folder) for name in files if name.endswith(".parquet"))
        for name in names:
            if name not in SKIPPED:
                dump(folder, name)


def dump(folder, name):
    try:
        file = pyarrow.parquet.ParquetFile(
            os.path.join(folder, name), page_checksum_verification=True)
        columns = [field.name for field in file.schema_arrow]
    except Exception:
        print(name, "", "error", "", "", sep="\t")
        return
    for column in columns:
        try:
            chunked = file.read(columns=[column], use_threads=False).column(column)
        except Exception:
            print(name, column, "error", "", "", sep="\t")
            continue
        rows = [value for chunk in chunked.chunks for value in stored(chunk)]
        texts = [json.dumps(row, separators=(",", ":")) for row in rows]
        digest = hashlib.sha256("".join(text + "\n" for text in texts).encode()).hexdigest()
        print(name, column, len(rows), digest, " ".join(texts[:FIRST])[:600], sep="\t")


main()
