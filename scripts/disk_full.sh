#!/usr/bin/env bash
# A full disk, with the real program, on a small file system of its own: an intake fails and says so,
# and the same intake completes the ledger once there is room; a subscriber waits and goes on by
# itself, both when its writes fail and when the floor of free space is reached.
# usage: disk_full.sh DAYBOOK      (exit 77 where mounting is not allowed)
set -euo pipefail

tool=$(realpath "$1")
if [ "${2:-}" != inside ]; then
  unshare -m true 2>/dev/null || { echo "mounting is not allowed here"; exit 77; }
  exec unshare -m "$0" "$tool" inside
fi
folder=$(mktemp -d)
small=$folder/small
mkdir "$small"
mount -t tmpfs -o size=9m tmpfs "$small"
subscriber=
trap '[ -z "$subscriber" ] || kill -9 "$subscriber" 2>/dev/null || true; umount "$small"; rm -rf "$folder"' EXIT

events() { "$tool" status --json --ledger "$1" | sed 's/.*"path":"[^"]*","events":\([0-9]*\).*/\1/;q'; }
fail() { echo "$*"; cat "$folder/said"; exit 1; }
# Waits for a condition; each look asks another process, so this does not spin.
await() {
  for _ in $(seq 600); do
    eval "$2" && return
    kill -0 "$subscriber" 2>/dev/null || fail "the subscriber ended before: $1"
    sleep 0.1
  done
  fail "it never came: $1"
}

"$tool" simulate --events 300000 --seed 7 > "$folder/events.ndjson"
"$tool" ingest --quiet --ledger "$folder/whole" "$folder/events.ndjson"
wanted=$(events "$folder/whole")

# The intake.
head -n 20000 "$folder/events.ndjson" > "$folder/first.ndjson"
"$tool" ingest --quiet --ledger "$small/ledger" "$folder/first.ndjson"
before=$(events "$small/ledger")
code=0
"$tool" ingest --quiet --ledger "$small/ledger" "$folder/events.ndjson" 2> "$folder/said" || code=$?
[ "$code" != 0 ] || fail "the intake did not fail: the disk was not full"
[ "$code" -lt 128 ] || fail "the program died with $code"
grep -qi "no space" "$folder/said" || fail "it does not say why"
"$tool" verify --quiet --ledger "$small/ledger"
[ "$(events "$small/ledger")" -ge "$before" ] || fail "events are gone"
mount -o remount,size=200m "$small"
"$tool" ingest --quiet --ledger "$small/ledger" "$folder/events.ndjson"
"$tool" verify --quiet --ledger "$small/ledger"
[ "$(events "$small/ledger")" = "$wanted" ] || fail "$(events "$small/ledger") events, not $wanted"
rm -rf "$small/ledger"

# The subscriber: first the disk fails it, then its own floor holds it back.
"$tool" publish --quiet --bus "$folder/bus" "$folder/events.ndjson"
for floor in 1B 50%; do
  [ $floor = 1B ] && word="cannot be written" || word="disk nearly full"
  mount -o remount,size=9m "$small"
  [ $floor = 1B ] || head -c 6000000 /dev/zero > "$small/ballast"
  "$tool" subscribe --ledger "$small/ledger" --disk-floor $floor --max-delay 100ms \
    "file:$folder/bus" > "$folder/said" 2>&1 &
  subscriber=$!
  await "$word" "grep -q '$word' '$folder/said'"
  mount -o remount,size=400m "$small"
  await "all events" '[ "$(events "$small/ledger")" = "$wanted" ]'
  kill -TERM $subscriber
  wait $subscriber || fail "SIGTERM: exit $?"
  subscriber=
  "$tool" verify --quiet --ledger "$small/ledger"
  rm -rf "$small/ledger" "$small/ballast"
  echo "subscribe with the floor $floor: '$word', then all $wanted events by itself"
done
echo "disk full: the intake ended with $code, and completed the ledger when there was room"
