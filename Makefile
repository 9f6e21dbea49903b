# The whole vocabulary of this repository. Every target first says what it will do; the commands are then shown as they run.
# What a machine must have is found out in deploy/ensure-packages; nothing else here touches the machine outside .build.

SWIFT ?= swift
SOURCES = Sources Tests Package.swift
BENCH = .build/release/lianxin-bench
# Tests in a release build see the internals of the programs only where this is given.
TESTS = $(SWIFT) test -c release -Xswiftc -enable-testing --scratch-path .build/long

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test browser screenshots pages bench soak grid replay mutants fuzz kills year build format format-check clean toolchain packages test-packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  make demo KEEP=1            leave all running, print how to look around and how to sign in to the console"
	@echo "  make test FILTER=CoreTests  only the tests whose name matches"

demo: build ## set up, build for release, run the handling loop on 2,000 real requests and prove the result
	@echo "==> demo: hub and agents as processes, with cuts and kills; report in .build/demo/report.json"
	$(BENCH) demo$(if $(filter-out 0,$(KEEP)), --keep)

test: toolchain packages ## set up, build for debug and run the tests
	@echo "==> test: building for debug, then running $(if $(FILTER),the tests that match '$(FILTER)',all tests)"
	$(SWIFT) test$(if $(FILTER), --filter '$(FILTER)')

browser: toolchain test-packages ## set up, build for debug and try the console in a real browser
	@echo "==> browser: the console of a real hub in a headless Chromium"
	LIANXIN_BROWSER=1 $(SWIFT) test --filter '^ConsoleTests\.'

screenshots: toolchain test-packages ## the pictures of docs/console anew, of an invented town
	@echo "==> screenshots: every page of the console in both languages, into docs/console"
	LIANXIN_BROWSER=1 LIANXIN_SCREENSHOTS=1 $(SWIFT) test --filter '^ConsoleTests\..*Pages'

bench: build ## set up, build for release, run every benchmark, or one: ONLY=ingest|drain|latency|resync|console
	@echo "==> bench: $(or $(ONLY),all benchmarks); figures for programs in .build/bench/report.json"
	$(BENCH) $(or $(ONLY),all)

pages: toolchain packages ## the console's pages with 50,000 orders in a debug build, in four times the time that is promised
	@echo "==> pages: building for debug, making a year of 50,000 orders in .build/pages, asking for every page"
	$(SWIFT) build --build-tests
	.build/debug/lianxin-bench console --year .build/pages --orders 50000 --pairs 0 --times 20 --slack 4

soak: toolchain packages ## simulated worlds: SEEDS=… and/or MINUTES=…; goes on where the last soak ended
	@echo "==> soak: simulated worlds, $(or $(SEEDS),as many seeds as fit), $(or $(MINUTES),no limit of) minutes; report in .build/soak/report.json"
	LIANXIN_SOAK_SEEDS=$(or $(SEEDS),100000000) LIANXIN_SOAK_MINUTES=$(or $(MINUTES),1000000) $(if $(FROM),LIANXIN_SOAK_FROM=$(FROM)) \
	  $(TESTS) --filter SimulatedWorldTests

grid: toolchain packages ## hub and agent restored from each pair of 20 backups: SEEDS=3, or one world: CELL=agent,hub,seed
	@echo "==> grid: 400 pairs of backups, $(or $(SEEDS),3) worlds each; report in .build/soak/grid.json"
	$(if $(CELL),LIANXIN_GRID_CELL=$(CELL),LIANXIN_GRID_SEEDS=$(or $(SEEDS),3)) $(TESTS) --filter RestoreGridTests

replay: toolchain packages ## one simulated world again: PLAN='…' as a failure printed it, or a seed
	@echo "==> replay: the world '$(PLAN)', with the end of its trace"
	LIANXIN_SIM_PLAN='$(PLAN)' $(TESTS) --filter SimulatedWorldTests

mutants: toolchain packages ## seeded bugs, one by one, against the simulation; goes on where it was stopped
	@echo "==> mutants: each bug of Tests/Mutants in a copy of the sources; report in .build/mutants/report.json"
	Tests/Mutants/run

fuzz: toolchain packages ## every decoder in child processes: INPUTS=1000000 SEED=1
	@echo "==> fuzz: $(or $(INPUTS),1000000) inputs of seed $(or $(SEED),1); report in .build/fuzz/report.json"
	LIANXIN_FUZZ_INPUTS=$(or $(INPUTS),1000000) LIANXIN_FUZZ_SEED=$(or $(SEED),1) $(TESTS) --filter FuzzTests.FuzzTests/noDecoderTraps

kills: build ## real processes killed at random under load: N=200
	@echo "==> kills: $(or $(N),200) kills of hub and agents behind a faulty network; report in .build/kills/report.json"
	$(BENCH) kills --count $(or $(N),200)

year: build ## a hub with a year of a city's orders, for measuring: ORDERS=1390000; goes on where it was stopped
	@echo "==> year: $(or $(ORDERS),1390000) orders through the hub's own store, into .build/year (a whole year takes some 15 GB)"
	.build/release/lianxin-hub year --data .build/year --orders $(or $(ORDERS),1390000)

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

test-packages:
	@deploy/ensure-packages tests
