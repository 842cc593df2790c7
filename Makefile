# Vigil. `make help` lists the targets; `make demo` and `make test` need only Go and make.

export CGO_ENABLED ?= 0
GO      ?= go
CACHE   := $(CURDIR)/.cache
TOOLS   := $(CACHE)/tools
LINT    := $(TOOLS)/golangci-lint
LINT_VERSION := v2.15.0
KAFKA_PORT ?= 9092

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## run everything on a small made-up world, up to an alert in a centre's inbox
	@bin/vigil demo --once

.PHONY: build
build: ## build bin/vigil
	@$(GO) build -trimpath -o bin/vigil ./cmd/vigil

.PHONY: test
test: ## run the tests; needs only Go
	$(GO) test ./...

.PHONY: check
check: test demo lint purego contract ontology race real postgres pages ## everything that CI does: the above, lint, the contract, race detector, tests on real parts

.PHONY: lint
lint: $(LINT) ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l . | tee /dev/stderr)"
	$(LINT) run

$(LINT):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

.PHONY: purego
purego: ## the tests of what has assembly, without it
	$(GO) test -tags purego ./hashdb/...

CONTRACT := $(CACHE)/contract

.PHONY: contract
contract: build $(CONTRACT)/done ## hold the HTTP services against their OpenAPI documents; needs Python 3.11
	hashdb/service/contract.sh bin/vigil $(CONTRACT)/bin/schemathesis
	detect/service/contract.sh $(CONTRACT)/bin/schemathesis
	payments/service/contract.sh $(CONTRACT)/bin/schemathesis
	review/service/contract.sh $(CONTRACT)/bin/schemathesis

$(CONTRACT)/done: hashdb/service/contract-requirements.txt
	python3 -m venv $(CONTRACT)
	$(CONTRACT)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

ONTOLOGY := $(CACHE)/ontology

.PHONY: ontology
ontology: $(ONTOLOGY)/done ## hold the CASE/UCO of a bundle and of an inbox's export against the ontology's SHACL shapes; needs Python 3.11
	review/bundle/ontology.sh $(ONTOLOGY)/bin/case_validate
	$(ONTOLOGY)/bin/case_validate --built-version case-1.5.0 report/inbox/export/testdata/alert.case.jsonld

$(ONTOLOGY)/done: review/bundle/ontology-requirements.txt
	python3 -m venv $(ONTOLOGY)
	$(ONTOLOGY)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

.PHONY: race
race: ## the tests under the race detector; needs a C compiler
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./...

.PHONY: real
real: ## the tests on real Kafka, ffmpeg and the reference media
	VIGIL_REAL=1 deploy/kafka/with-kafka.sh $(GO) test -count=1 -timeout 30m ./internal/stream/... ./internal/app/... ./detect/...

.PHONY: postgres
postgres: ## the tests of the case store, and of what stands on it, on a real PostgreSQL of their own
	deploy/postgres/with-postgres.sh $(GO) test -count=1 -timeout 20m ./review/... ./report
	deploy/postgres/with-postgres.sh $(GO) test -count=1 -run 'AKillBetween|TwoProcesses' ./internal/app

AXE := $(CACHE)/axe/axe-core-4.14.1/package/axe.min.js

.PHONY: pages
pages: $(AXE) ## the pages of the console and of the inbox in a real Chromium, with axe, people signing in with a real Keycloak; needs Chromium, npm, Java 17 and Maven; VIGIL_SHOTS=docs/console keeps pictures, and those of the inbox in docs/inbox
	VIGIL_AXE=$(AXE) VIGIL_SHOTS=$(abspath $(VIGIL_SHOTS)) deploy/oidc/with-keycloak.sh $(GO) test -tags chromium -count=1 -timeout 10m ./review/console
	VIGIL_AXE=$(AXE) VIGIL_SHOTS=$(if $(VIGIL_SHOTS),$(abspath docs/inbox)) deploy/oidc/with-keycloak.sh $(GO) test -tags chromium -count=1 -timeout 5m ./report/inbox/pages

$(AXE):
	mkdir -p $(CACHE)/axe/axe-core-4.14.1
	cd $(CACHE)/axe && npm pack --silent axe-core@4.14.1
	tar xzf $(CACHE)/axe/axe-core-4.14.1.tgz -C $(CACHE)/axe/axe-core-4.14.1
	@touch $@

.PHONY: kafka
kafka: ## fetch Kafka with Maven and start a broker on loopback
	deploy/kafka/kafka.sh start $(CACHE)/kafka $(KAFKA_PORT)

.PHONY: kafka-stop
kafka-stop: ## stop that broker
	deploy/kafka/kafka.sh stop $(CACHE)/kafka $(KAFKA_PORT)

BENCH_N ?= 10000000
BENCH_STREAMS ?= 50
BENCH_ACCOUNTS ?= 10000,1000000,10000000

.PHONY: bench
bench: build ## measure, as ratios within one run; BENCH_N entries in the index (10 M take 1.5 GB); live streams need Linux and ffmpeg; BENCH_ACCOUNTS of payments (10 M take 10 GB of disk and 6 GB of memory)
	VIGIL_BENCH_N=$(BENCH_N) $(GO) test -run '^$$' -bench . -benchtime 1s -timeout 60m ./hashdb/... ./detect/... ./payments/... ./correlate ./signal
	$(GO) test -run '^$$' -bench 'CorrelateStream|BusySubject|ToCases' -benchtime 1x -timeout 30m ./internal/app
	bin/vigil hashes bench --n $(BENCH_N)
	$(GO) run ./bench/payments -accounts $(BENCH_ACCOUNTS)
	$(GO) run ./bench/live -vigil bin/vigil -streams $(BENCH_STREAMS)

PEERS := $(CACHE)/peers

.PHONY: bench-peers
bench-peers: $(PEERS)/done ## measure beside faiss and pdqhash; needs Python 3.11 and 8 GB for 10 M entries
	$(GO) run ./bench/peer -python $(PEERS)/bin/python -n $(BENCH_N)

.PHONY: bench-worker
bench-worker: $(PEERS)/done ## measure frames to signals beside a worker of parts from PyPI, on a real Kafka; needs Linux and Python 3.11
	deploy/kafka/with-kafka.sh $(GO) run ./bench/stream -python $(PEERS)/bin/python -profile $(CACHE)/profiles

$(PEERS)/done: bench/peer/requirements.txt
	python3 -m venv $(PEERS)
	$(PEERS)/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

.PHONY: clean
clean: ## remove what was built and the demo's data
	rm -rf bin data/demo
