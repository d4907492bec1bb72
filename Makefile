# The commands of this project. Each installs what is missing and is quick the second time.
SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help setup build demo test check bench bench-live soak soak-live clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## install the system packages and check the Swift toolchain
	@scripts/setup.sh system

build: setup ## build the release executable (.build/release/daybook)
	@scripts/build.sh

demo: build ## take bundled real events and a simulated shop down the whole road
	@.build/release/daybook demo

test: setup ## run every test: Swift, differential, trainers, notebooks, a short kill -9 soak
	@scripts/setup.sh python
	@scripts/setup.sh trainers
	@scripts/test.sh

check: setup ## copies, deployed files, and a warning-free build
	@scripts/check.sh

bench: build ## the bench job beside DuckDB, Polars and chDB (EVENTS=3000000)
	@scripts/setup.sh python
	@benchmarks/run.sh

bench-live: build ## subscribe to a local nats-server beside a consumer that discards (MESSAGES=1000000)
	@scripts/setup.sh python
	@benchmarks/live/run.sh

soak: build ## kill -9 the real process KILLS=200 times, then verify
	@scripts/setup.sh python
	@scripts/kill_soak.sh

soak-live: build ## kill publishers, subscriber and nats-server KILLS=200 times, then count (SEED=1)
	@scripts/setup.sh python
	@python3 scripts/live_soak.py .build/release/daybook .venv/bin/nats-server $(or $(KILLS),200) $(or $(SEED),1)

clean: ## remove build products (keeps downloads)
	rm -rf .build .bench
