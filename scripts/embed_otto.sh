#!/bin/sh
# Writes the OTTO sample into the source, so that the demo has real data wherever it runs.
# Run it after changing the file in examples/data; a test says when it was forgotten.
set -eu
cd "$(dirname "$0")/.."
target=Sources/daybook/Generated/OTTOSample.swift
mkdir -p "$(dirname "$target")"
{
  echo '// Written by scripts/embed_otto.sh from examples/data/otto-sessions.jsonl, which is part of'
  echo '// github.com/otto-de/recsys-dataset, MIT licence, (c) Otto (GmbH & Co KG).'
  echo
  echo "/// Eleven shoppers' sessions of OTTO, one JSON object a line, in base64."
  echo 'let ottoSampleInBase64 = """'
  base64 < examples/data/otto-sessions.jsonl | tr -d '\n' | fold -w 96 | sed -e 's/^/  /'
  echo
  echo '  """'
} > "$target"
