# Hotline. "make help" lists the targets. Native parts, models and tools are kept in the
# user's cache folder; scripts/setup.sh brings them.

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hotline
LINT  := $(CACHE)/bin/golangci-lint
FUZZTIME ?= 5s
# Packages whose tests measure time, infer, or start a browser.
ALONE := /(api|api/peertest|asr/whisper|call|cmd/hotline|desk|media/(mix|pace|rtp)|sip|sip/peertest|speech|tts/kokoro|web|webrtc)$$

.DEFAULT_GOAL := help
.PHONY: help setup build native test peers bench demo fuzz clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

setup: build ## fetch and build everything that is missing, models too
	@bin/hotline models pull

build: native ## build bin/hotline
	go build -o bin/hotline ./cmd/hotline

native:
	@scripts/setup.sh

peers:
	@scripts/setup.sh tests

test: peers setup ## set up, vet, lint and run every test with the race detector
	go vet ./...
	$(LINT) run ./...
	go test -race -timeout 20m $$(go list ./... | grep -vE '$(ALONE)')
	# One at a time: inference in one must not starve the timing of another.
	go test -race -p 1 -timeout 20m $$(go list ./... | grep -E '$(ALONE)')

bench: setup ## measure latency, barge-in, pacing, call set-up and relaying
	-@scripts/setup.sh rtpengine
	bin/hotline bench all

demo: setup ## place real calls on loopback and print what was said
	-@scripts/setup.sh browser
	bin/hotline demo

fuzz: native ## run every fuzz target for FUZZTIME
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

clean: ## remove what was built in the checkout; caches and data stay
	rm -rf bin coverage.txt
