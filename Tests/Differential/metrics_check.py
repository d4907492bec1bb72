"""Reads Prometheus text from a file with Prometheus' own parser, and checks the conventions."""

import sys

from prometheus_client.parser import text_string_to_metric_families

families = list(text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read()))
names = [family.name for family in families]
assert len(names) == len(set(names)), "a family stands twice"
samples = 0
for family in families:
    assert family.name.startswith("daybook_"), family.name
    assert family.documentation, family.name
    assert family.type in ("counter", "gauge", "histogram"), (family.name, family.type)
    seen = set()
    for sample in family.samples:
        samples += 1
        key = (sample.name, tuple(sorted(sample.labels.items())))
        assert key not in seen, key
        seen.add(key)
        if family.type == "counter":
            assert sample.name.endswith("_total"), sample.name
            assert sample.value >= 0, sample
    if family.type == "histogram":
        counts = [s.value for s in family.samples if s.name.endswith("_bucket")]
        assert counts == sorted(counts), family.name
        total = [s.value for s in family.samples if s.name.endswith("_count")]
        assert total == counts[-1:], family.name
needed = sys.argv[2:]
missing = [name for name in needed if name not in names]
assert not missing, missing
print(f"{len(families)} families, {samples} samples")
