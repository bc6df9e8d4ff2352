# The commands of Hawker. `make` prints the list; each may be run again at any time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

SWIFT_FLAGS := --disable-index-store
BIN := .build/release
SECONDS ?= 30
SWIFT_FOLDERS := Sources signaling Tests turn
K ?=

.PHONY: help run build test long asan tsan bench fuzz mutants lint format interop screenshots clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## set up, build, and serve on http://127.0.0.1:8080 (LAN=1: HTTPS on this machine's addresses; SHOP=0: without the demo shop; HLS=0: without hawker-hls)
	@LAN=$(LAN) SHOP=$(SHOP) HLS=$(HLS) exec scripts/run $(ARGS)

build: ## install what building needs, and make the release binaries
	@scripts/setup build
	@swift build -c release $(SWIFT_FLAGS)

test: ## set up and run everything a change must pass: lint, unit tests, fuzz corpora, web, interop
	@scripts/test

long: ## what takes longer, its results into docs/long.md: simulations, fuzzing, sanitizers, mutants, slow interop
	@scripts/setup test
	@SECONDS_EACH=$(SECONDS) scripts/long

asan: ## the unit tests with the address sanitizer
	@scripts/setup build
	@scripts/long asan

tsan: ## the unit tests with the thread sanitizer
	@scripts/setup build
	@scripts/long tsan

bench: ## measure packet path, server (against Janus), store and rooms; prints JSON lines
	@scripts/setup bench
	@swift build -c release $(SWIFT_FLAGS) 1>&2
	@scripts/bench

fuzz: ## grow a fuzz corpus: make fuzz T=stun [SECONDS=30]
	@scripts/setup build
	@scripts/fuzz "$(T)" "$(SECONDS)"

mutants: ## plant known faults and check that the tests notice each: make mutants [K="sent ice"]
	@scripts/setup build
	@$(if $(K),scripts/mutants $(K),scripts/long mutants)

lint: ## check formatting and the types of web/
	@scripts/lint

format: ## rewrite the Swift sources in the project's format
	@swift format -i -r --configuration .swift-format $(wildcard $(SWIFT_FOLDERS)) Package.swift

interop: ## real browsers and clients against the release build: make interop [K=expression]
	@scripts/setup test
	@$(MAKE) build
	@Tests/Interop/run -m 'not slow' $(if $(K),-k "$(K)")

screenshots: ## make the pictures of docs/images with a real browser and a synthetic host
	@scripts/setup test
	@$(MAKE) build
	@Tests/Interop/run screenshots.py -s

clean: ## remove what was built; installed packages stay
	@rm -rf .build .venv
