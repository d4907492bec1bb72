#!/usr/bin/env python3
"""Loads every rendering of a built dataset with the library that it is for, and compares what was
read with the NDJSON rendering, which is read by Python's own json.

usage: datasets_check.py readers|trainers FOLDER     (a dataset's folder, one folder a format)
       datasets_check.py otto FOLDER SESSIONS END DAYS known|all
                              (labels from OTTO's own file by its rule; END in milliseconds)

readers: pandas, Polars, DuckDB, pyarrow (.venv); trainers: the others (.venv-trainers).
Formats that the folder does not have are passed over and named.
"""
import glob
import importlib
import json
import os
import struct
import sys
import tempfile
import urllib.parse
import warnings

warnings.filterwarnings("ignore")
os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

SPLITS = ["train", "validation", "test"]


class Truth:
    """The dataset as JSON says it."""

    def __init__(self, folder):
        self.folder = folder
        self.splits = {}
        for name in SPLITS:
            path = os.path.join(folder, "ndjson", name + ".ndjson")
            if os.path.exists(path):
                with open(path, encoding="utf-8", newline="\n") as file:
                    self.splits[name] = [json.loads(line) for line in file.read().split("\n") if line]
        assert self.splits, f"no NDJSON rendering in {folder}"
        with open(glob.glob(os.path.join(folder, "*", "dataset.json"))[0]) as file:
            self.description = json.load(file)
        self.name = self.description["dataset"]

    def rows(self):
        return [(split, row) for split, rows in self.splits.items() for row in rows]

    def fresh(self):
        """(split, row, place) of interactions, those left out that were shown before: of the user
        in an earlier split, or of the unit in this one."""
        earlier = {}
        for split, rows in self.splits.items():
            now, units = {}, {}
            for row in rows:
                unit = units.setdefault(row["unit"], [])
                old = [earlier.get(row["user"], []), list(unit)]
                last = [max(times, default="") for times in old]
                ties = [times.count(time) for times, time in zip(old, last)]
                left = list(ties)
                for place, time in enumerate(row["times"]):
                    repeated = False
                    for n in (0, 1):
                        if time < last[n]:
                            repeated = True
                        elif time == last[n] and left[n] > 0:
                            left[n] -= 1
                            repeated = True
                    if not repeated:
                        unit.append(time)
                        now.setdefault(row["user"], []).append(time)
                        yield split, row, place
            for user, times in now.items():
                earlier.setdefault(user, []).extend(times)


def micros(text):
    """An RFC 3339 time as microseconds since 1970."""
    import datetime

    time = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return (time - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)


def safe(prefix, word):
    """A word as the prefixed files spell it, from the documentation alone."""
    out = bytearray()
    for byte in word.encode():
        if byte <= 0x20 or byte in b'%"' or byte == 0x7F:
            out += b"%%%02X" % byte
        else:
            out.append(byte)
    return prefix + out.decode()


def single(value):
    """Weights have 32 bits: text tells the shortest number that is the same one of them."""
    if isinstance(value, list):
        return [single(entry) for entry in value]
    return None if value is None else struct.unpack("f", struct.pack("f", value))[0]


def same(found, expected, what):
    if what == "weights":
        found, expected = single(found), single(expected)
    if found == expected:
        return
    if isinstance(found, list) and isinstance(expected, list):
        for place, (left, right) in enumerate(zip(found, expected)):
            if left != right:
                raise AssertionError(f"{what}: entry {place} is {left!r}, expected {right!r}")
        raise AssertionError(f"{what}: {len(found)} entries, expected {len(expected)}")
    raise AssertionError(f"{what}: {found!r}, expected {expected!r}")


# ---- readers -----------------------------------------------------------------------------------


def parquet_files(truth, split, folder="parquet"):
    return sorted(glob.glob(os.path.join(truth.folder, folder, split + "-*-of-*.parquet")))


LISTS = ["items", "item_numbers", "actions", "weights", "quantities", "amounts", "targets"]


def check_parquet_pyarrow(truth):
    import pyarrow.parquet

    for split, rows in truth.splits.items():
        files = parquet_files(truth, split)
        assert files, "no shard of " + split
        found = [row for file in files for row in pyarrow.parquet.read_table(file).to_pylist()]
        same([r["row"] for r in found], [r["row"] for r in rows], "rows")
        same([r["user"] for r in found], [r["user"] for r in rows], "users")
        for name in LISTS:
            same([r[name] for r in found], [r[name] for r in rows], name)
        times = [[int(t.timestamp() * 1e6 + 0.5) // 1000 for t in r["times"]] for r in found]
        same(times, [[micros(t) // 1000 for t in r["times"]] for r in rows], "times")
        schema = pyarrow.parquet.ParquetFile(files[0]).schema
        assert "items.list.element" in [schema.column(i).path for i in range(len(schema))]


def check_parquet_pandas(truth):
    import pandas

    for split, rows in truth.splits.items():
        for file in parquet_files(truth, split):
            frame = pandas.read_parquet(file)
            same(list(frame["unit"]), [r["unit"] for r in rows][: len(frame)], "units")
            same([list(v) for v in frame["item_numbers"]], [r["item_numbers"] for r in rows][: len(frame)], "items")
            rows = rows[len(frame):]
        assert not rows


def check_parquet_polars(truth):
    import polars

    for split, rows in truth.splits.items():
        frame = polars.concat([polars.read_parquet(file) for file in parquet_files(truth, split)])
        same(frame["items"].to_list(), [r["items"] for r in rows], "items")
        same(frame["amounts"].to_list(), [r["amounts"] for r in rows], "amounts")


def check_parquet_duckdb(truth):
    import duckdb

    for split, rows in truth.splits.items():
        pattern = os.path.join(truth.folder, "parquet", split + "-*.parquet")
        found = duckdb.sql(
            f"select items, list_transform(times, lambda t: epoch_us(t)) from '{pattern}' order by row"
        ).fetchall()
        same([r[0] for r in found], [r["items"] for r in rows], "items")
        same([r[1] for r in found], [[micros(t) for t in r["times"]] for r in rows], "times")


def check_csv_pandas(truth):
    import pandas

    for split, rows in truth.splits.items():
        frame = pandas.read_csv(
            os.path.join(truth.folder, "csv", split + ".csv"), keep_default_na=False, dtype=str,
            lineterminator="\n")
        expected = [str(i or "") for r in rows for i in (r["items"] or [""])]
        same(list(frame["item"]), expected, "items")
        users = [r["user"] for r in rows for _ in (r["items"] or [""])]
        same(list(frame["user"]), users, "users")


def check_csv_duckdb(truth):
    import duckdb

    for split, rows in truth.splits.items():
        path = os.path.join(truth.folder, "csv", split + ".csv")
        found = duckdb.sql(
            f"select item from read_csv('{path}', header=true, all_varchar=true, nullstr='\x01', quote='\"', escape='\"', delim=',')"
        ).fetchall()
        same([r[0] or "" for r in found], [str(i or "") for r in rows for i in (r["items"] or [""])], "items")


def check_ndjson_polars(truth):
    import polars

    for split, rows in truth.splits.items():
        if rows:
            frame = polars.read_ndjson(
                os.path.join(truth.folder, "ndjson", split + ".ndjson"), infer_schema_length=None)
            same(frame["item_numbers"].to_list(), [r["item_numbers"] for r in rows], "items")


def check_replay_polars(truth):
    import polars

    for split in truth.splits:
        files = sorted(glob.glob(os.path.join(truth.folder, "replay", f"sequences-{split}-*.parquet")))
        frame = polars.concat([polars.read_parquet(file) for file in files])
        assert all(t.is_numeric() or t == polars.List for t in frame.dtypes), frame.dtypes


# ---- trainers ----------------------------------------------------------------------------------


def dense(truth):
    """Item numbers as readers without a place for strangers get them: one past the vocabulary."""
    strangers = vocabulary_size(truth) + 1
    return lambda number: strangers if number == -1 else number


def vocabulary_size(truth):
    with open(os.path.join(truth.folder, "merlin", "schema.json")) as file:
        features = json.load(file)["feature"]
    domain = next(f for f in features if f["name"] == "item_id-list")["intDomain"]
    return int(domain["max"]) - 2


def recbole_config(truth, model, name, **more):
    from recbole.config import Config

    folder = os.path.join(truth.folder, "recbole")
    options = {
        "data_path": folder, "epochs": 1, "train_batch_size": 256, "eval_batch_size": 512,
        "use_gpu": False, "show_progress": False, "log_wandb": False, "embedding_size": 16,
        "hidden_size": 16, "inner_size": 16, "n_layers": 1, "n_heads": 1, "topk": [10],
        "metrics": ["Recall", "NDCG"], "valid_metric": "NDCG@10", "loss_type": "CE",
        "checkpoint_dir": tempfile.mkdtemp(), "state": "ERROR", "reproducibility": True, **more,
    }
    argv, sys.argv = sys.argv, sys.argv[:1]
    try:
        return Config(
            model=model, dataset=name, config_dict=options,
            config_file_list=[os.path.join(folder, name + ".yaml")])
    finally:
        sys.argv = argv


def train(config, dataset):
    from recbole.data import data_preparation
    from recbole.utils import get_model, get_trainer, init_seed

    init_seed(1, True)
    parts = data_preparation(config, dataset)
    model = get_model(config["model"])(config, parts[0].dataset)
    trainer = get_trainer(config["MODEL_TYPE"], config["model"])(config, model)
    trainer.fit(parts[0], parts[1], saved=False, show_progress=False)
    result = trainer.evaluate(parts[2], load_best_model=False, show_progress=False)
    assert 0 <= result["recall@10"] <= 1, result
    return result


def check_recbole_plain(truth):
    from recbole.data import create_dataset

    config = recbole_config(truth, "SASRec", truth.name)
    dataset = create_dataset(config)
    users, items = dataset.field2id_token["user_id"], dataset.field2id_token["item_id"]
    found = sorted(
        (str(users[u]), float(t), place, str(items[i]))
        for place, (u, i, t) in enumerate(
            zip(*(dataset.inter_feat[name].tolist() for name in ("user_id", "item_id", "timestamp")))))
    start = min(micros(t) for _, row in truth.rows() for t in row["times"]) // 1_000_000
    expected = sorted(
        (safe("u:", row["user"]), float(micros(row["times"][p]) // 1_000_000 - start), place,
         "oov" if row["item_numbers"][p] == -1 else safe("i:", row["items"][p]))
        for place, (_, row, p) in enumerate(
            entry for entry in truth.fresh() if entry[1]["item_numbers"][entry[2]] != 0))
    same([(u, t, i) for u, t, _, i in found], [(u, t, i) for u, t, _, i in expected], "interactions")
    words = {urllib.parse.unquote(i)[2:] for _, _, _, i in found if i != "oov"}
    same(words, {row["items"][p] for _, row, p in truth.fresh() if row["items"][p] is not None}, "words")
    if len(found) > 100:
        train(config, dataset)


def recbole_pairs(truth, split, limit=50):
    for row in truth.splits[split]:
        words = ["oov" if n == -1 else safe("i:", w or "") for n, w in zip(row["item_numbers"], row["items"])]
        known = [p for p, n in enumerate(row["item_numbers"]) if n != 0]
        inputs = [words[p] for p in known if not row["targets"][p]]
        targets = [words[p] for p in known if row["targets"][p]]
        if targets:
            for target in targets if inputs else []:
                yield inputs[-limit:], target
        else:
            for end in range(1, len(inputs)):
                yield inputs[max(0, end - limit):end], inputs[end]


def check_recbole_split(truth, model):
    from recbole.data import create_dataset

    if not all(list(recbole_pairs(truth, split)) for split in SPLITS):
        return "too small to train"
    config = recbole_config(truth, model, truth.name + "-split")
    dataset = create_dataset(config)
    items = dataset.field2id_token["item_id"]
    lists, targets = dataset.inter_feat["item_id_list"].tolist(), dataset.inter_feat["item_id"].tolist()
    found = [([str(items[i]) for i in row if i != 0], str(items[t])) for row, t in zip(lists, targets)]
    same(found, [pair for split in SPLITS for pair in recbole_pairs(truth, split)], "pairs")
    train(config, dataset)


def check_recbole_sasrec(truth):
    return check_recbole_split(truth, "SASRec")


def check_recbole_gru4rec(truth):
    return check_recbole_split(truth, "GRU4Rec")


def check_datasets(truth):
    import datasets

    with tempfile.TemporaryDirectory() as cache:
        loaded = datasets.load_dataset(
            os.path.join(truth.folder, "huggingface", "repository"), cache_dir=cache)
        same(sorted(loaded), sorted(truth.splits), "splits")
        for split, rows in truth.splits.items():
            for name in LISTS:
                same([list(v) for v in loaded[split][name]], [r[name] for r in rows], name)
            same(list(loaded[split]["user"]), [r["user"] for r in rows], "users")


def check_mlcroissant(truth):
    import mlcroissant

    for folder in ("croissant", os.path.join("huggingface", "repository")):
        path = os.path.join(truth.folder, folder, "croissant.json")
        dataset = mlcroissant.Dataset(jsonld=path)
        same(sorted(dataset.metadata.issues.errors), [], "errors")
        same(sorted(dataset.metadata.issues.warnings), [], "warnings")
        for split, rows in truth.splits.items():
            if not rows:
                continue
            found = list(dataset.records(split))
            same(len(found), len(rows), "records of " + split)
            same([r[split + "/row"] for r in found], [r["row"] for r in rows], "rows")
            items = [[int(n) for n in r[split + "/item_numbers"]] for r in found]
            same(items, [r["item_numbers"] for r in rows], "items")


def check_merlin(truth):
    import pyarrow.parquet
    from merlin.schema import Tags
    from merlin.schema.io.tensorflow_metadata import TensorflowMetadata

    folder = os.path.join(truth.folder, "merlin")
    text = TensorflowMetadata.from_proto_text_file(folder).to_merlin_schema()
    binary = TensorflowMetadata.from_json_file(os.path.join(folder, ".merlin")).to_merlin_schema()
    same(text.column_names, binary.column_names, "columns")
    for schema in (text, binary):
        item = schema.select_by_tag(Tags.ITEM_ID).first
        same(item.name, "item_id-list", "item column")
        assert item.is_list and item.is_ragged, item
        same(schema.select_by_tag(Tags.SESSION_ID).first.name, "session_id", "session column")
        assert "time-list" in schema.select_by_tag(Tags.TIME).column_names
    for short, split in (("train", "train"), ("valid", "validation"), ("test", "test")):
        if split in truth.splits:
            found = pyarrow.parquet.read_table(os.path.join(folder, short + ".parquet")).to_pylist()
            expected = [
                [{0: 1, -1: 2}.get(n, n + 2) for n in r["item_numbers"]] for r in truth.splits[split]]
            same([r["item_id-list"] for r in found], expected, "items")
            same(list(found[0]) if found else text.column_names, text.column_names, "columns")


def check_tfrecord(truth):
    import crc32c
    from tfrecord.reader import tfrecord_loader

    folder = os.path.join(truth.folder, "tfrecord")
    with open(os.path.join(folder, "features.json")) as file:
        specification = json.load(file)
    kinds = {"bytes": "byte", "int": "int", "float": "float"}
    context = {k: kinds[v["kind"]] for k, v in specification["context"].items()}
    lists = {k: kinds[v["kind"]] for k, v in specification["feature_lists"].items()}
    for split, rows in truth.splits.items():
        found = []
        for path in sorted(glob.glob(os.path.join(folder, split + "-*.tfrecord"))):
            check_frames(path, crc32c.crc32c)
            found += list(tfrecord_loader(path, None, context, sequence_description=lists))
        same(len(found), len(rows), "records")
        for (facts, steps), row in zip(found, rows):
            same(bytes(facts["user"]).decode(), row["user"], "user")
            items = [int(v[0]) for v in steps["item_numbers"]]
            same(items, row["item_numbers"], "items")
            same([int(v[0]) for v in steps["times"]], [micros(t) for t in row["times"]], "times")
            same([float(v[0]) for v in steps["weights"]], [float(w) for w in row["weights"]], "weights")


def check_frames(path, checksum):
    def masked(data):
        value = checksum(data)
        return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF

    with open(path, "rb") as file:
        while head := file.read(8):
            assert int.from_bytes(file.read(4), "little") == masked(head), "length's checksum"
            data = file.read(int.from_bytes(head, "little"))
            assert int.from_bytes(file.read(4), "little") == masked(data), "record's checksum"


def flat(truth):
    number = dense(truth)
    for split, row, place in truth.fresh():
        if row["item_numbers"][place] != 0:
            yield split, row, place, number(row["item_numbers"][place])


def check_rectools(truth):
    import pandas
    from rectools import Columns
    from rectools.dataset import Dataset
    from rectools.model_selection import TimeRangeSplitter

    frame = pandas.read_csv(os.path.join(truth.folder, "rectools", "interactions.csv"))
    frame["datetime"] = pandas.to_datetime(frame["datetime"])
    expected = [
        (safe("u:", row["user"]), "oov" if row["item_numbers"][p] == -1 else safe("i:", row["items"][p]), split)
        for split, row, p, _ in flat(truth)]
    same(list(zip(frame["user_id"], frame["item_id"], frame["split"])), expected, "interactions")
    times = [int(t.value) // 1000 for t in frame["datetime"]]
    same(times, [micros(row["times"][p]) for _, row, p, _ in flat(truth)], "times")
    dataset = Dataset.construct(frame[Columns.Interactions])
    same(dataset.user_id_map.size, len({u for u, _, _ in expected}), "users")
    same(dataset.interactions.df.shape[0], len(expected), "rows")
    splitter = TimeRangeSplitter("1D", n_splits=1)
    assert len(list(splitter.split(dataset.interactions))) <= 1


def check_replay(truth):
    import pandas
    from replay.data import Dataset, FeatureHint, FeatureInfo, FeatureSchema, FeatureType
    from replay.splitters import TimeSplitter

    schema = FeatureSchema([
        FeatureInfo("query_id", FeatureType.CATEGORICAL, FeatureHint.QUERY_ID),
        FeatureInfo("item_id", FeatureType.CATEGORICAL, FeatureHint.ITEM_ID),
        FeatureInfo("rating", FeatureType.NUMERICAL, FeatureHint.RATING),
        FeatureInfo("timestamp", FeatureType.NUMERICAL, FeatureHint.TIMESTAMP),
    ])
    for split in truth.splits:
        frame = pandas.read_csv(os.path.join(truth.folder, "replay", split + ".csv"))
        expected = [
            (row["user_number"], item, micros(row["times"][p]) // 1_000_000)
            for part, row, p, item in flat(truth) if part == split]
        same(list(zip(frame["query_id"], frame["item_id"], frame["timestamp"])), expected, split)
        if len(frame):
            same(Dataset(schema, interactions=frame).interactions.shape[0], len(expected), "rows")
            first, second = TimeSplitter(0.5, query_column="query_id").split(frame)
            same(len(first) + len(second), len(frame), "rows of RePlay's split")


def check_numpy(truth):
    import numpy

    number = dense(truth)
    for split, rows in truth.splits.items():
        with numpy.load(os.path.join(truth.folder, "numpy", split + ".npz")) as arrays:
            ends = numpy.cumsum(arrays["lengths"])
            items = [v.tolist() for v in numpy.split(arrays["items"], ends[:-1])] if len(ends) else []
            same(items, [r["item_numbers"] for r in rows], "items")
            same(arrays["times_us"].tolist(), [micros(t) for r in rows for t in r["times"]], "times")
            same(arrays["weights"].tolist(), [float(w) for r in rows for w in r["weights"]], "weights")
        with numpy.load(os.path.join(truth.folder, "numpy", split + "-padded.npz")) as arrays:
            width = arrays["items"].shape[1]
            for found, row in zip(arrays["items"].tolist(), rows):
                inputs = [number(n) for n, t in zip(row["item_numbers"], row["targets"]) if not t]
                inputs = inputs[-width:]
                same(found, [0] * (width - len(inputs)) + inputs, "padded items")


def check_torch(truth):
    import numpy
    import torch

    class Examples(torch.utils.data.Dataset):
        def __init__(self, path):
            with numpy.load(path) as arrays:
                self.items = torch.from_numpy(arrays["items"])
                self.targets = torch.from_numpy(arrays["targets"])

        def __len__(self):
            return len(self.items)

        def __getitem__(self, index):
            return self.items[index], self.targets[index]

    for split, rows in truth.splits.items():
        examples = Examples(os.path.join(truth.folder, "numpy", split + "-padded.npz"))
        batches = list(torch.utils.data.DataLoader(examples, batch_size=3)) if rows else []
        same(sum(len(items) for items, _ in batches), len(rows), "rows")
        for items, targets in batches:
            embedded = torch.nn.Embedding(vocabulary_size(truth) + 2, 4, padding_idx=0)(items.long())
            assert embedded.shape == (*items.shape, 4) and targets.dtype == torch.int32


TYPES = {"view": "clicks", "cart_add": "carts", "purchase": "orders"}


def otto_labels(events):
    """OTTO's rule, from its description: the next click, and all carts and orders to come."""
    labels = {}
    for event in events:
        if event["type"] == "clicks":
            labels.setdefault("clicks", event["aid"])
        else:
            labels.setdefault(event["type"], set()).add(event["aid"])
    return labels


def check_otto(truth):
    folder = os.path.join(truth.folder, "otto")
    for split, rows in truth.splits.items():
        sessions, labels = [], []
        for row in rows:
            events = [
                {"aid": n, "ts": micros(t) // 1000, "type": TYPES[a], "target": f}
                for n, t, a, f in zip(row["item_numbers"], row["times"], row["actions"], row["targets"])
                if n > 0 and a in TYPES]
            if split == "train":
                if len(events) >= 2:
                    sessions.append((row["unit"], events))
                continue
            past = [e for e in events if not e["target"]]
            future = [e for e in events if e["target"]]
            if past and future:
                sessions.append((row["unit"], past))
                labels.append((row["unit"], otto_labels(future)))
        with open(os.path.join(folder, split + ".jsonl")) as file:
            found = [json.loads(line) for line in file]
        plain = [(u, [{k: e[k] for k in ("aid", "ts", "type")} for e in events]) for u, events in sessions]
        same([(s["session"], s["events"]) for s in found], plain, "sessions of " + split)
        if split != "train":
            with open(os.path.join(folder, split + "_labels.jsonl")) as file:
                found = [json.loads(line) for line in file]
            read = [
                (s["session"], {k: v if k == "clicks" else set(v) for k, v in s["labels"].items()})
                for s in found]
            same(read, labels, "labels of " + split)


def check_hstu(truth):
    """As the loader does: pandas, then Python's eval of each cell, the last element being the target."""
    import pandas

    number = dense(truth)
    for split, rows in truth.splits.items():
        frame = pandas.read_csv(os.path.join(truth.folder, "hstu", split + ".csv"))
        expected = []
        for row in rows:
            items = []
            for n, target in zip(row["item_numbers"], row["targets"]):
                if n != 0:
                    items.append(number(n))
                    if target:
                        break
            if len(items) >= 2:
                expected.append(items)
        cells = [eval(v) for v in frame["sequence_item_ids"]]
        same([list(v) for v in cells], expected, "items")
        for name in ("sequence_ratings", "sequence_timestamps"):
            same([len(eval(v)) for v in frame[name]], [len(v) for v in expected], name)


def check_kuairand(truth):
    import pandas

    for split, rows in truth.splits.items():
        frame = pandas.read_csv(os.path.join(truth.folder, "kuairand", split + ".csv"))
        times = [json.loads(v) for v in frame["time_ms"]]
        expected = [
            [micros(t) // 1000 for t, n in zip(r["times"], r["item_numbers"]) if n != 0][-200:] for r in rows]
        same([t[-200:] for t in times], expected, "times")


def check_gru4rec(truth):
    import pandas

    names = {"train_full": ["train", "validation"], "test": ["test"]}
    parts = list(flat(truth))
    for file, splits in names.items():
        frame = pandas.read_csv(
            os.path.join(truth.folder, "gru4rec", f"{truth.name}_{file}.txt"), sep="\t")
        expected = [(row["unit"], item) for split, row, _, item in parts if split in splits]
        same(list(zip(frame["SessionId"], frame["ItemId"])), expected, file)
        times = [micros(row["times"][p]) for split, row, p, _ in parts if split in splits]
        same([round(t * 1e6) for t in frame["Time"]], times, "times")


def check_sasrec(truth):
    """As its own data_partition reads: a line split at a blank, both numbers."""
    found = {}
    with open(os.path.join(truth.folder, "sasrec", truth.name + ".txt")) as file:
        for line in file:
            user, item = line.rstrip().split(" ")
            found.setdefault(int(user), []).append(int(item))
    expected = {}
    for _, row, _, item in flat(truth):
        expected.setdefault(row["user_number"], []).append(item)
    same(found, expected, "sequences")


def check_recommenders(truth):
    import pandas

    for split, rows in truth.splits.items():
        path = os.path.join(truth.folder, "recommenders", split + "_sequence.tsv")
        with open(path) as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        assert all(len(line) == 8 for line in lines)
        for line in lines:
            assert len(line[5].split(",")) == len(line[6].split(",")) == len(line[7].split(",")) > 0
        positive = sum(line[0] == "1" for line in lines)
        same(positive, len(list(recbole_pairs(truth, split))), "positive lines of " + split)
        frame = pandas.read_csv(os.path.join(truth.folder, "recommenders", split + ".csv"))
        same(list(frame["itemID"]), [i for part, _, _, i in flat(truth) if part == split], "items")


def check_personalize(truth):
    import csv

    with open(os.path.join(truth.folder, "personalize", "interactions.avsc")) as file:
        fields = [f["name"] for f in json.load(file)["fields"]]
    with open(os.path.join(truth.folder, "personalize", "interactions.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    same(list(rows[0]), fields, "columns")
    expected = [
        (row["user"], row["items"][p], str(micros(row["times"][p]) // 1_000_000))
        for _, row, p in truth.fresh() if row["item_numbers"][p] > 0]
    same([(r["USER_ID"], r["ITEM_ID"], r["TIMESTAMP"]) for r in rows], expected, "interactions")


def check_google_retail(truth):
    kinds = {"view": "detail-page-view", "cart_add": "add-to-cart", "cart_remove": "remove-from-cart"}
    with open(os.path.join(truth.folder, "google-retail", "user-events.ndjson")) as file:
        found = [json.loads(line) for line in file.read().split("\n") if line]
    simple = [e for e in found if e["eventType"] != "purchase-complete"]
    expected = [
        (kinds[row["actions"][p]], row["items"][p], micros(row["times"][p]))
        for _, row, p in truth.fresh() if row["item_numbers"][p] > 0 and row["actions"][p] in kinds]
    same(
        [(e["eventType"], e["productDetails"][0]["product"]["id"], micros(e["eventTime"])) for e in simple],
        expected, "events")
    for event in found:
        if event["eventType"] == "purchase-complete":
            assert event["purchaseTransaction"]["currencyCode"], event


def check_attribution(truth):
    import pandas

    for split, rows in truth.splits.items():
        folder = os.path.join(truth.folder, "attribution")
        touches = pandas.read_csv(os.path.join(folder, f"touches-{split}.tsv"), sep="\t")
        same(len(touches), sum(len(r["times"]) for r in rows), "touches")
        paths = pandas.read_csv(
            os.path.join(folder, f"paths-{split}.csv"), keep_default_na=False)
        known = [r for r in rows if r["conversion"] is not None]
        same(int(paths["total_conversions"].sum()), sum(r["conversion"] for r in known), "conversions")
        same(int(paths["total_null"].sum()), sum(not r["conversion"] for r in known), "none")
        same(int(paths["total_conversion_value"].sum()),
             sum(r["value"] or 0 for r in known if r["conversion"]), "value")


def check_otto_file(truth, sessions, end, days, items):
    """Labels from the published sessions themselves: nothing of ours but the words of the items.

    OTTO's rule: the test is the last days; what a session did before is its input; labels are the
    next click and all later carts and orders. With `known`, items that training lacks are left out.
    """
    end = int(end)
    with open(sessions) as file:
        raw = {
            str(s["session"]): [e for e in s["events"] if e["ts"] <= end]
            for s in map(json.loads, file)}
    cut = end - int(days) * 86_400_000
    known = {
        e["aid"] for events in raw.values() for e in events if e["ts"] < cut or items == "all"}
    expected = {}
    for session, events in raw.items():
        past = [e for e in events if e["ts"] < cut and e["aid"] in known]
        future = [e for e in events if e["ts"] >= cut and e["aid"] in known]
        if past and future:
            expected[session] = otto_labels(future)
    words, users = {}, {}
    for _, row in truth.rows():
        users[row["unit"]] = row["user"].split(":")[-1]
        words.update((n, int(w)) for n, w in zip(row["item_numbers"], row["items"]) if n > 0)
    found = {}
    with open(os.path.join(truth.folder, "otto", "test_labels.jsonl")) as file:
        for line in map(json.loads, file):
            found[users[line["session"]]] = {
                k: words[v] if k == "clicks" else {words[n] for n in v} for k, v in line["labels"].items()}
    same(found, expected, "labels")
    assert expected, "no session goes on after the cut"
    return f"{len(expected)} sessions, {sum(map(len, expected.values()))} kinds of labels"


# name, format's folder, group, check
CHECKS = [
    ("pyarrow reads Parquet", "parquet", "readers", check_parquet_pyarrow),
    ("pandas reads Parquet", "parquet", "readers", check_parquet_pandas),
    ("Polars reads Parquet", "parquet", "readers", check_parquet_polars),
    ("DuckDB reads Parquet", "parquet", "readers", check_parquet_duckdb),
    ("pandas reads CSV", "csv", "readers", check_csv_pandas),
    ("DuckDB reads CSV", "csv", "readers", check_csv_duckdb),
    ("Polars reads NDJSON", "ndjson", "readers", check_ndjson_polars),
    ("Polars reads RePlay's lists", "replay", "readers", check_replay_polars),
    ("RecBole loads and trains SASRec, its own split", "recbole", "trainers", check_recbole_plain),
    ("RecBole loads and trains SASRec, our split", "recbole", "trainers", check_recbole_sasrec),
    ("RecBole loads and trains GRU4Rec, our split", "recbole", "trainers", check_recbole_gru4rec),
    ("datasets loads", "huggingface", "trainers", check_datasets),
    ("mlcroissant validates and reads", "croissant", "trainers", check_mlcroissant),
    ("merlin-core reads the schemas", "merlin", "trainers", check_merlin),
    ("tfrecord parses, checksums hold", "tfrecord", "trainers", check_tfrecord),
    ("RecTools loads and splits", "rectools", "trainers", check_rectools),
    ("RePlay loads and splits", "replay", "trainers", check_replay),
    ("numpy loads", "numpy", "trainers", check_numpy),
    ("PyTorch's DataLoader and Embedding take the arrays", "numpy", "trainers", check_torch),
    ("OTTO's rule gives our labels", "otto", "trainers", check_otto),
    ("HSTU's way of reading", "hstu", "trainers", check_hstu),
    ("KuaiRand's way of reading", "kuairand", "trainers", check_kuairand),
    ("GRU4Rec's way of reading", "gru4rec", "trainers", check_gru4rec),
    ("SASRec's way of reading", "sasrec", "trainers", check_sasrec),
    ("Recommenders' eight columns", "recommenders", "trainers", check_recommenders),
    ("Personalize's columns and schema", "personalize", "trainers", check_personalize),
    ("Google's events", "google-retail", "trainers", check_google_retail),
    ("pandas reads touches and paths", "attribution", "trainers", check_attribution),
]


def main():
    group, folder = sys.argv[1:3]
    truth = Truth(folder)
    if group == "otto":
        print("ok    OTTO's rule on its own file:", check_otto_file(truth, *sys.argv[3:7]))
        print("1 passed, 0 failed")
        return
    passed = failed = skipped = 0
    for name, needs, belongs, check in CHECKS:
        if belongs != group:
            continue
        if not os.path.isdir(os.path.join(folder, needs)):
            skipped += 1
            continue
        try:
            note = check(truth)
            passed += 1
            print(f"ok    {name}" + (f" ({note})" if note else ""))
        except Exception as error:
            failed += 1
            if "-v" in sys.argv:
                import traceback

                traceback.print_exc()
            print(f"FAIL  {name}: {type(error).__name__}: {str(error)[:600]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or passed == 0 else 0)


if __name__ == "__main__":
    main()
