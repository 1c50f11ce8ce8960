# What people and CI run. `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# How the demo and the platform are built. What takes its time there is ffmpeg; `make demo BUILD=release` compiles for
# longer.
BUILD ?= dev

install := .ci/install
export PATH := $(shell $(install) --bin):$(PATH)
# Each is built by itself; the first is none.
features := '' telemetry otlp prometheus prometheus-registry ffmpeg object-store background http gpu profiling testing cli

# `make demo ONCE=1` runs one round and ends; so does `make platform ONCE=1`, when everything has moved.
export ONCE

# `make platform PROFILE=vlog` has the names of examples/profiles/vlog.yaml; OPTIONS are any of the example's.
PROFILE ?=
OPTIONS ?=

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## Run a media pipeline on real ffmpeg, Prometheus and collector; ONCE=1 ends after one round
	@$(MAKE) -j2 demo-parts demo-build
	cargo run --quiet --profile $(BUILD) --example demo

.PHONY: demo-parts
demo-parts:
	@$(install) ffmpeg prometheus collector

.PHONY: demo-build
demo-build:
	cargo build --profile $(BUILD) --example media_worker --example demo

.PHONY: platform
platform: ## Run an API and its workers on real parts, busy; PROFILE=vlog for its names, ONCE=1 ends when all has moved
	@$(MAKE) -j2 platform-parts platform-build
	cargo run --quiet --profile $(BUILD) --features gpu --example platform -- $(addprefix --profile ,$(PROFILE)) $(OPTIONS)

.PHONY: platform-parts
platform-parts:
	@$(install) ffmpeg speech prometheus collector s3 redis

.PHONY: platform-build
platform-build:
	cargo build --profile $(BUILD) --features gpu $(addprefix --example ,http_api media_worker transcriber converter platform)

.PHONY: test
test: ## Lint, run every test against the real parts, then one round of the demo
	@$(MAKE) -j2 test-parts lint
	cargo test --workspace --all-features
	@$(MAKE) demo ONCE=1

.PHONY: test-parts
test-parts:
	@$(install) ffmpeg speech prometheus alertmanager collector collector-full s3 postgresql redis exporters python go

.PHONY: lint
lint: ## Check format, clippy, the API documentation, each feature by itself, and the package
	@$(install) rust-components
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	for feature in $(features); do \
		cargo clippy --quiet --lib --no-default-features --features "$$feature" -- -D warnings; \
	done
	RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps --all-features
	cargo package --quiet --package telecine --no-verify --allow-dirty

.PHONY: msrv
msrv: ## Check that the oldest Rust that is stated compiles it (Debian 12); all but the command, whose parser of PromQL needs 1.87
	@$(install) rust-oldest
	RUSTC="$$($(install) --bin)/rustc-oldest" cargo check --lib --features "$(filter-out '' cli,$(features))" --target-dir target/msrv

.PHONY: bench
bench: ## Run the benchmarks
	cargo bench --manifest-path benches/Cargo.toml

.PHONY: docs
docs: ## Write docs/metrics.md from the catalogue, docs/coverage.md from what the tests see, and alerts/slo-*.yaml from the objectives, and build the API documentation
	cargo run --features cli --bin telecine -- catalog --format markdown > docs/metrics.md.new || { rm -f docs/metrics.md.new; exit 1; }
	mv docs/metrics.md.new docs/metrics.md
	cargo run --features cli --bin telecine -- slo alerts/slo/objectives.yaml --into alerts
	TELECINE_WRITE=1 cargo test --quiet --all-features --test coverage the_page_is_not_stale
	cargo doc --no-deps --all-features
