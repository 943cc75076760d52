# Two commands: `make run` shows the server, `make test` runs what continuous integration runs.

DEMO_DIR ?= demo
DEMO_ARGS ?=
PREFIX ?= /usr/local
DESTDIR ?=

RIALTO = target/release/rialto

.PHONY: help run build test install install-files deb

help:
	@echo "make run      build the server and start a demonstration in $(DEMO_DIR)/"
	@echo "make test     everything that must pass before a change is taken"
	@echo "make install  the program, its manual, completions and systemd unit, below $(PREFIX)"
	@echo "make deb      a Debian package of them, in target/debian"

run: build
	exec $(RIALTO) demo --dir $(DEMO_DIR) $(DEMO_ARGS)

build:
	scripts/check-rust
	scripts/install-packages build
	CARGO_TARGET_DIR=target cargo build --release --locked --package rialto

test:
	scripts/check-rust rustfmt clippy
	scripts/install-packages build test
	cargo xtask ci

install: build install-files

# target/debian/rialto_VERSION_ARCHITECTURE.deb
deb: build
	scripts/make-deb $(RIALTO) target/debian

# For packages, and for tests: a program that is built already.
install-files:
	scripts/install-files $(RIALTO) $(PREFIX) $(DESTDIR)
