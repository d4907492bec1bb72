#!/usr/bin/env bash
# Builds the release executable: static Swift runtime, static codecs, so that one file can be copied.
set -euo pipefail
cd "$(dirname "$0")/.."

flags=(-c release --product daybook)
if [ "$(uname)" = Linux ]; then
  flags+=(--static-swift-stdlib)
  # The linker takes a library from the first folder that has it. This folder has only archives, so
  # the codecs, SQLite and libcrypto end up inside the executable.
  folder=".build/static-libraries"
  mkdir -p "$folder"
  for library in zstd z snappy lz4 sqlite3 crypto; do
    archive=$(gcc -print-file-name="lib$library.a")
    [ -f "$archive" ] && ln -sf "$archive" "$folder/lib$library.a"
  done
  flags+=(-Xlinker "-L$PWD/$folder" -Xlinker -s)
fi
swift build "${flags[@]}"
