#!/usr/bin/env python3
"""Validates NDJSON rows against a JSON Schema: schema_check.py SCHEMA FILE... (exit 1 on a breach)."""
import json
import sys

import jsonschema

schema = json.load(open(sys.argv[1], encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
count = 0
for path in sys.argv[2:]:
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        if not line.strip():
            continue
        count += 1
        error = next(validator.iter_errors(json.loads(line)), None)
        if error:
            sys.exit(f"{path}:{number}: {error.json_path}: {error.message[:300]}")
print(f"{count} rows are valid")
