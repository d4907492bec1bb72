#!/usr/bin/env bash
# usage: build.sh [PRODUCT]
# Builds a release executable (daybook): static Swift runtime, static codecs, so that one file can be copied.
set -euo pipefail
cd "$(dirname "$0")/.."

flags=(-c release --product "${1:-daybook}")
if [ "$(uname)" = Linux ]; then
  flags+=(--static-swift-stdlib)
  # The linker takes a library from the first folder that has it. This folder has only archives, and
  # these package descriptions put it first: the codecs, SQLite and libcrypto end up inside the
  # executable.
  folder="$PWD/.build/static-libraries"
  mkdir -p "$folder"
  for pair in libzstd:zstd zlib:z snappy:snappy liblz4:lz4 sqlite3:sqlite3 libcrypto:crypto; do
    name=${pair%%:*}
    library=${pair##*:}
    archive=$(gcc -print-file-name="lib$library.a")
    [ -f "$archive" ] || continue
    ln -sf "$archive" "$folder/lib$library.a"
    printf 'Name: %s\nDescription: the archive of %s\nVersion: 1\nLibs: -L%s -l%s\nCflags:\n' \
      "$name" "$library" "$folder" "$library" > "$folder/$name.pc"
  done
  export PKG_CONFIG_PATH="$folder${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
fi
swift build "${flags[@]}"
