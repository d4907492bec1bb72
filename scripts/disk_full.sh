#!/usr/bin/env bash
# A full disk, with the real program: an intake into a small file system (or, where mounting is not allowed, under a
# limit on the size of files) fails and says so; the ledger is sound; with room again the same intake completes it.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=.build/release/daybook
folder=$(mktemp -d)
small=$folder/small
mkdir "$small"
is_mounted=0
mount -t tmpfs -o size=9m tmpfs "$small" 2>/dev/null && is_mounted=1
trap '[ $is_mounted = 0 ] || umount "$small"; rm -rf "$folder"' EXIT

"$tool" simulate --events 300000 --seed 7 > "$folder/events.ndjson"
"$tool" ingest --quiet --json --ledger "$folder/whole" "$folder/events.ndjson" > "$folder/whole.json"
wanted=$("$tool" inspect --json --ledger "$folder/whole" | sed 's/.*"events":\([0-9]*\).*/\1/;q')

# A first part fits.
head -n 20000 "$folder/events.ndjson" > "$folder/first.ndjson"
"$tool" ingest --quiet --ledger "$small/ledger" "$folder/first.ndjson"
before=$("$tool" inspect --json --ledger "$small/ledger" | sed 's/.*"events":\([0-9]*\).*/\1/;q')

code=0
if [ $is_mounted = 1 ]; then
  "$tool" ingest --quiet --ledger "$small/ledger" "$folder/events.ndjson" 2> "$folder/said" || code=$?
else
  (trap '' XFSZ; ulimit -f 4096; exec "$tool" ingest --quiet --ledger "$small/ledger" "$folder/events.ndjson") \
    2> "$folder/said" || code=$?
fi
cat "$folder/said"
[ "$code" != 0 ] || { echo "the intake did not fail: the disk was not full"; exit 1; }
[ "$code" -lt 128 ] || { echo "the program died with $code"; exit 1; }
grep -Eqi "no space|too large" "$folder/said" || { echo "it does not say why"; exit 1; }

"$tool" verify --quiet --ledger "$small/ledger"
after=$("$tool" inspect --json --ledger "$small/ledger" | sed 's/.*"events":\([0-9]*\).*/\1/;q')
[ "$after" -ge "$before" ] || { echo "$before events before, $after after"; exit 1; }

[ $is_mounted = 0 ] || mount -o remount,size=200m "$small"
"$tool" ingest --quiet --ledger "$small/ledger" "$folder/events.ndjson"
"$tool" verify --quiet --ledger "$small/ledger"
got=$("$tool" inspect --json --ledger "$small/ledger" | sed 's/.*"events":\([0-9]*\).*/\1/;q')
[ "$got" = "$wanted" ] || { echo "$got events, expected $wanted"; exit 1; }
echo "disk full: exit $code, $before events stayed, $got after there was room (mounted: $is_mounted)"
