# Every target works on a fresh Debian or macOS with Go 1.26, a C compiler and make;
# what else it needs it installs, or says in one line what to install.

GO       ?= go
BIN      := bin
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod
TESTFLAGS ?= -race -shuffle=on -timeout 20m
FUZZTIME ?= 2m
# The secret managers to link, parted by commas: with_vault, with_aws, with_gcp.
TAGS     ?=
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -X main.version=$(VERSION)

.PHONY: console help build demo test test-matrix packaging upgrade lint fmt bench fuzz scoreboard mutants proto proto-check console-check setup setup-demo drill clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: ## install what the tests need and is missing
	@.ci/setup test

build: ## build bin/sqlpreview
	@.ci/setup build
	@echo "building (the first build compiles PostgreSQL's parser: about a minute)"
	@.ci/progress building $(GO) build -trimpath -tags '$(TAGS)' -ldflags '$(LDFLAGS)' -o $(BIN)/sqlpreview ./cmd/sqlpreview

demo: setup-demo build ## a throw-away PostgreSQL, the sidecar and sample previews over gRPC
	@$(BIN)/sqlpreview demo

# What is missing is found before anything is built.
setup-demo:
	@.ci/setup demo

test: setup ## all tests, with the race detector
	@.ci/progress testing $(GO) test $(TESTFLAGS) ./...

.PHONY: temporal test-worker demo-worker bench-worker
temporal: ## build bin/temporal, Temporal's own server for tests (the first time some 6 minutes on two cores)
	@.ci/progress "building Temporal's server" $(GO) build -C .ci/tools/temporal -trimpath -o "$(CURDIR)/$(BIN)/temporal" .

test-worker: setup temporal ## the worker's tests with Temporal's own server, which make test leaves out
	@OP_PREVIEW_TEST_TEMPORAL="$(CURDIR)/$(BIN)/temporal" \
	  .ci/progress testing $(GO) test $(TESTFLAGS) ./preview/worker/... ./cmd/sqlpreview-worker/...

demo-worker: setup-demo build temporal ## previews over Temporal: its server, PostgreSQL, the sidecar, two workers
	@$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/sqlpreview-worker ./cmd/sqlpreview-worker
	@$(GO) build -trimpath -o $(BIN)/demo-worker ./cmd/sqlpreview-worker/demo
	@$(BIN)/demo-worker

bench-worker: setup temporal ## how previews over Temporal scale, and 1,000 of them while workers and server are killed (Linux)
	OP_PREVIEW_TEST_TEMPORAL="$(CURDIR)/$(BIN)/temporal" $(GO) test -count=1 -timeout 60m -v -run 'TestScale' ./cmd/sqlpreview-worker -scale

test-matrix: ## the integration tests on PostgreSQL 14, 15, 16, 17 and 18
	.ci/test-matrix

lint: proto-check console-check ## gofmt, vet, golangci-lint (import direction included), buf
	$(TOOL) golangci-lint run ./...
	$(TOOL) golangci-lint run --build-tags with_vault,with_aws,with_gcp ./cmd/...

fmt: ## format the code
	$(TOOL) golangci-lint fmt ./...

bench: ## the benchmarks; ratios are against a baseline in the same run
	$(GO) test -run '^$$' -bench . -benchmem -count 5 ./...

fuzz: ## try to break the promise for FUZZTIME (default 2m)
	@.ci/setup demo
	$(GO) run ./fuzz/cmd/sqlpreview-fuzz -time $(FUZZTIME) -corpus testdata

scoreboard: ## attacks and honest queries by technique, beside a gateway that checks nothing (a fixed seed)
	@.ci/setup demo
	$(GO) run ./fuzz/cmd/sqlpreview-fuzz -seed 1 -cases 3200 -corpus testdata -scoreboard -no-shrink -compare 1000

mutants: ## switch defences off one at a time and show what notices (about 30 minutes)
	@.ci/setup demo
	$(GO) run ./fuzz/cmd/sqlpreview-mutants

proto: ## generate proto/gen anew
	cd proto && $(GO) tool -modfile=../.ci/tools/go.mod buf format -w && $(GO) tool -modfile=../.ci/tools/go.mod buf generate

console-check: ## check the types of the console's page, and that its bundle is fresh
	@.ci/console-check

proto-check: ## lint the proto files and prove that proto/gen is fresh
	@.ci/proto-check

console: ## bundle the console's page anew (without Node)
	cd .ci/tools/console && $(GO) run . -page ../../../preview/console/page -out ../../../preview/console/dist

drill: ## both commands in bare Debian roots (as root; needs debootstrap)
	.ci/drill

packaging: ## check what is deployed with the tools that will read it
	cmd/sqlpreview/deploy/verify
	.ci/release-tool actionlint
	.ci/licences -list
	.ci/chart
	.ci/mcp/verify

upgrade: setup ## compare with the last version: protocol, Go API, clients and sidecars of both
	.ci/upgrade/run

clean: ## remove what was built
	rm -rf $(BIN) dist coverage.out
