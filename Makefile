# What people type. `make` alone lists the targets.
#
#   make run     build everything and start Parley
#   make test    every test there is; installs what it needs

GO      ?= go
NODE    ?= node
NPM     ?= npm
FUZZTIME ?= 5m
VERSION ?= $(shell git describe --tags --dirty 2>/dev/null || echo 0.1.0-dev+$$(git rev-parse --short HEAD 2>/dev/null || echo unknown))

# Flags for `make run`, as in: make run ARGS='--log-level debug'
ARGS ?=

PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

LDFLAGS  = -s -w -X main.version=$(VERSION)
GOBUILD  = CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)'

WEB_SOURCES = $(shell find web -type d \( -name node_modules -o -name dist -o -name build \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help run build web test check generate bpf fuzz lab bench screenshots release clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' Makefile | expand -t 16

run: build ## build everything and start Parley; flags in ARGS
	./bin/parley serve $(ARGS)

build: web ## the web app and bin/parley
	@$(GOBUILD) -o bin/parley ./cmd/parley

web: web/app/dist/index.html ## the web app, into web/app/dist

web/app/dist/index.html: $(WEB_SOURCES) | web/node_modules/.package-lock.json
	cd web && $(NODE) build.mjs
	@touch $@

# npm writes this file last, so it is there only after a complete installation.
web/node_modules/.package-lock.json: web/package-lock.json web/package.json web/app/package.json web/sdk/package.json
	cd web && $(NPM) ci --no-audit --no-fund
	@touch $@

test: ## every test; installs what it needs (as root on Debian)
	@scripts/test.sh

check: web/node_modules/.package-lock.json ## static checks: format, vet, staticcheck, types, cross-compiling, known vulnerabilities
	@PLATFORMS='$(PLATFORMS)' scripts/check.sh

generate: ## write again what is generated from Go types
	$(GO) generate ./...

bpf: ## compile the kernel path again; needs clang and the kernel's headers (Debian: clang, linux-libc-dev)
	cd internal/edge/offload && GOPACKAGE=offload $(GO) run github.com/cilium/ebpf/cmd/bpf2go -tags linux -target bpfel \
		program bpf/relay.c -- -O2 -g -fno-strict-aliasing -Wall -Wextra -Werror -mcpu=v3 -I/usr/include/$$(uname -m)-linux-gnu
	cat internal/edge/offload/bpf/*.[ch] | sha256sum | cut -d' ' -f1 >internal/edge/offload/bpf/compiled.sha256

fuzz: ## every fuzz target for FUZZTIME (5m each)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

lab: build ## real browsers behind real NATs (Linux, root)
	@scripts/test.sh lab

bench: build ## measure; the table is printed and kept under bench/results
	@scripts/bench.sh

screenshots: build ## take the pictures under docs/screenshots again
	PARLEY_BINARY=$(CURDIR)/bin/parley $(NODE) web/app/screenshots.mjs

release: web ## archives with checksums for all platforms, under dist
	@PLATFORMS='$(PLATFORMS)' VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' scripts/release.sh

clean: ## remove what was built
	rm -rf bin build dist web/build web/sdk/dist web/node_modules
	find web/app/dist -mindepth 1 ! -name .gitkeep -delete
