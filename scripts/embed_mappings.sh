#!/bin/sh
# Writes the shipped mappings into the source, so that the executable knows them by name.
# Run it after changing a file in examples/mappings; a test says when it was forgotten.
set -eu
cd "$(dirname "$0")/.."
target=Sources/Mappings/Generated/BuiltInMappings.swift
mkdir -p "$(dirname "$target")"
{
  echo '// Written by scripts/embed_mappings.sh from examples/mappings: change those, then run it.'
  echo
  echo '/// The shipped mappings, by name.'
  echo 'let builtInMappings: [(name: String, text: String)] = ['
  for file in examples/mappings/*.yaml; do
    echo '  ('
    echo "    \"$(basename "$file" .yaml)\","
    echo '    #"""'
    sed -e 's/^\(..*\)$/    \1/' "$file"
    echo
    echo '    """#'
    echo '  ),'
  done
  echo ']'
} > "$target"
