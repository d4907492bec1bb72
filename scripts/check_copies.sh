#!/bin/sh
# The contract and its cases are kept beside the code as copies. Where the originals are at hand,
# this says whether the copies are still equal to them: exit 1 and a list of differences if not.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
shared="$root/../shared"

if [ ! -d "$shared" ]; then
  echo "skipped: ../shared is not here"
  exit 0
fi

stale=0
diff -rq "$shared/cases" "$root/Tests/Fixtures/cases" || stale=1
diff -q "$shared/spec/semantics.md" "$root/docs/semantics.md" || stale=1
for script in peers.py generate.py; do
  diff -q "$shared/bench/$script" "$root/benchmarks/$script" || stale=1
done

if [ "$stale" -ne 0 ]; then
  echo "stale: copy ../shared/cases to Tests/Fixtures/cases, ../shared/spec/semantics.md to docs/" >&2
  echo "and ../shared/bench/*.py to benchmarks/, then look at what changed" >&2
  exit 1
fi
echo "the copies are equal to ../shared"
