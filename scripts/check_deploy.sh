#!/usr/bin/env bash
# The files that are deployed, checked by those who will read them: the units by systemd-analyze,
# the alert rules by promtool. What could not be checked is said; it is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if command -v systemd-analyze >/dev/null 2>&1; then
  # The executable is not installed where these are checked.
  for unit in deploy/*.service deploy/*.timer; do
    sed 's#^Exec\(.*\)=/usr/local/bin/daybook#Exec\1=/bin/true#' "$unit" > "$folder/${unit##*/}"
  done
  # It also talks about units of the machine itself; what it says of ours is a failure.
  code=0
  systemd-analyze verify "$folder"/*.service "$folder"/*.timer 2> "$folder/said" || code=$?
  if [ $code != 0 ] || grep -q 'daybook' "$folder/said"; then
    cat "$folder/said" >&2
    exit 1
  fi
  echo "systemd-analyze verify: $(ls deploy/*.service deploy/*.timer | wc -l) units are right"
else
  echo "NOT CHECKED: the units in deploy/ (no systemd-analyze: apt-get install systemd)" >&2
fi

promtool=$(command -v promtool || true)
[ -n "$promtool" ] || { [ -x .venv/bin/promtool ] && promtool=.venv/bin/promtool; }
if [ -n "$promtool" ]; then
  "$promtool" check rules deploy/prometheus-alerts.yaml
else
  echo "NOT CHECKED: deploy/prometheus-alerts.yaml (no promtool: scripts/setup.sh python)" >&2
fi
