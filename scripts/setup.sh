#!/usr/bin/env bash
# Installs what the project needs; says what it does; does nothing when all is there.
# usage: scripts/setup.sh system|python|trainers
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

require_swift() {
  if ! command -v swift >/dev/null 2>&1; then
    say "Swift is not installed. Daybook needs Swift 6.2 or later:"
    say "  Linux: https://www.swift.org/install/linux/   macOS: Xcode 26 or later"
    exit 1
  fi
  local answer version
  if ! answer=$(swift --version 2>&1); then
    say "Swift does not start: $answer"
    say "  Its page names the system packages it needs: https://www.swift.org/install/linux/"
    exit 1
  fi
  version=$(sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' <<< "$answer" | head -1)
  if [ -z "$version" ] || [ "$(printf '6.2\n%s\n' "$version" | sort -V | head -1)" != "6.2" ]; then
    say "Swift ${version:-of unknown version} is too old: Daybook needs 6.2 or later."
    say "  Install a current one from https://www.swift.org/install/ and run this again."
    exit 1
  fi
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing system packages: ${missing[*]}"
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

system() {
  require_swift
  if command -v dpkg-query >/dev/null 2>&1; then
    install_packages build-essential pkg-config libzstd-dev zlib1g-dev libsnappy-dev liblz4-dev \
      libsqlite3-dev libssl-dev zstd libnats-dev librdkafka-dev
  elif [ "$(uname)" = Darwin ]; then
    for formula in zstd snappy lz4 openssl@3 cnats librdkafka; do
      brew list "$formula" >/dev/null 2>&1 || { say "Installing $formula"; brew install "$formula"; }
    done
  else
    say "Not a Debian or macOS system: please install the development packages of zstd, zlib,"
    say "snappy, lz4, sqlite3 and OpenSSL by hand."
  fi
}

python() {
  local wanted
  wanted=$(sha256sum scripts/requirements.txt | cut -c1-16)
  [ -f .venv/installed ] && [ "$(cat .venv/installed)" = "$wanted" ] && return
  command -v python3 >/dev/null 2>&1 || install_packages python3
  say "Making the private Python environment (.venv) for differential tests and benchmarks"
  rm -rf .venv
  if ! python3 -m venv .venv 2>/dev/null; then
    install_packages python3-venv
    rm -rf .venv
    python3 -m venv .venv
  fi
  .venv/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements.txt
  printf '%s' "$wanted" > .venv/installed
}

# Puts one executable of a Debian package into .venv/bin: unpacked, not installed, because the
# package would start a service.
# usage: debian_executable PACKAGE PATH NAME
debian_executable() {
  [ -x ".venv/bin/$3" ] && return
  command -v apt-get >/dev/null 2>&1 || return 0
  say "Fetching $3 from Debian's package $1"
  local folder
  folder=$(mktemp -d)
  chmod 755 "$folder"
  if (cd "$folder" && apt-get download -qq "$1" >/dev/null 2>&1 \
    || { as_root apt-get update -qq && apt-get download -qq "$1" >/dev/null 2>&1; }); then
    dpkg-deb -x "$folder/$1"_*.deb "$folder"
    cp "$folder/$2" ".venv/bin/$3"
  else
    say "  not to be had: what needs it says that it did not run"
  fi
  rm -rf "$folder"
}

# Debian's own nats-server (2.9 in Debian 12) for the tests, beside PyPI's newer one; and promtool,
# which checks the alert rules.
debian_executables() {
  debian_executable nats-server usr/sbin/nats-server nats-server-debian
  debian_executable prometheus usr/bin/promtool promtool
}

# PyTorch for a CPU comes from Debian 12, for its own Python; the rest is pinned beside it.
trainers() {
  local wanted python=/usr/bin/python3
  wanted=$(sha256sum scripts/requirements-trainers.txt | cut -c1-16)
  [ -f .venv-trainers/installed ] && [ "$(cat .venv-trainers/installed)" = "$wanted" ] && return
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "The trainers' libraries are pinned for Debian 12 (Python 3.11, python3-torch)."
    say "  Elsewhere run their tests in a container: docker run -it -v \"\$PWD\":/daybook debian:12"
    exit 1
  fi
  install_packages python3 python3-venv python3-torch
  if ! "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then
    say "The trainers' libraries are pinned for Python 3.11, found $("$python" --version)."
    say "  Use Debian 12, or pin others in scripts/requirements-trainers.txt."
    exit 1
  fi
  say "Making the private Python environment (.venv-trainers) with the trainers' libraries"
  rm -rf .venv-trainers
  "$python" -m venv --system-site-packages .venv-trainers
  .venv-trainers/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-installed \
    -r scripts/requirements-trainers.txt
  printf '%s' "$wanted" > .venv-trainers/installed
}

case "${1:-}" in
  system) system ;;
  python) python; debian_executables ;;
  trainers) trainers ;;
  *) say "usage: scripts/setup.sh system|python|trainers"; exit 2 ;;
esac
