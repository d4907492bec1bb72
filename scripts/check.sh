#!/usr/bin/env bash
# The checks around the tests: copies of the contract, generated files, a build without warnings.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -x scripts/check_copies.sh ]; then scripts/check_copies.sh; fi
scripts/check_deploy.sh
log=$(mktemp)
trap 'rm -f "$log"' EXIT
swift build 2>&1 | tee "$log"
# Packages of others may have files that they do not list.
if grep -E '(^|[^a-z])warning:' "$log" | grep -vE "warning: '[a-z-]+': found [0-9]+ file"; then
  echo "swift build printed warnings; it must be clean" >&2
  exit 1
fi
# Every hot kernel at small size, twice, so that none rots; fails when two rounds differ.
swift run --skip-build kernel-bench --events 5000 --rounds 2
if git ls-files | grep -E '(^|/)(Package\.resolved|\.build)' ; then
  echo "Package.resolved and build folders are never committed" >&2
  exit 1
fi
