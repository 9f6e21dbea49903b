# The whole vocabulary of this repository. Every target first says what it will do; the commands are then shown as they run.
# What a machine must have is found out in deploy/ensure-packages; nothing else here touches the machine outside .build.

SWIFT ?= swift
SOURCES = Sources Tests Package.swift
BENCH = .build/release/lianxin-bench

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test bench build format format-check clean toolchain packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo KEEP=1            leave hub and agents running afterwards, and print how to look around"
	@echo "  make test FILTER=CoreTests  only the tests whose name matches"

demo: build ## set up, build for release, run the handling loop on 2,000 real requests and prove the result
	@echo "==> demo: hub and agents as processes, with cuts and kills; report in .build/demo/report.json"
	$(BENCH) demo$(if $(filter-out 0,$(KEEP)), --keep)

test: toolchain packages ## set up, build for debug and run the tests
	@echo "==> test: building for debug, then running $(if $(FILTER),the tests that match '$(FILTER)',all tests)"
	$(SWIFT) test$(if $(FILTER), --filter '$(FILTER)')

bench: build ## set up, build for release, run every benchmark
	@echo "==> bench: all benchmarks, each with its floor on this machine"
	$(BENCH) all

build: toolchain packages ## set up and build for release
	@echo "==> build: all programs for release, into .build/release (the first time takes some minutes)"
	$(SWIFT) build -c release

format: toolchain ## rewrite the sources in the house's format
	@echo "==> format: rewriting $(SOURCES) in place"
	$(SWIFT) format -i -r --parallel $(SOURCES)

format-check: toolchain ## fail where the sources are not in the house's format
	@echo "==> format-check: reading $(SOURCES), changing nothing"
	$(SWIFT) format lint --strict -r --parallel $(SOURCES)

clean: toolchain ## remove what was built, and the demo's data; fetched dependencies stay
	@echo "==> clean: removing build products and .build/demo (stop a demo that was kept running first)"
	$(SWIFT) package clean

toolchain:
	@command -v '$(SWIFT)' >/dev/null || { \
	  echo "'$(SWIFT)' is not on the PATH. Install Swift 6.2 or later (https://www.swift.org/install/linux/)," >&2; \
	  echo "or name it: make SWIFT=/path/to/usr/bin/swift ..." >&2; exit 1; }

packages:
	@deploy/ensure-packages
