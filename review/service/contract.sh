#!/usr/bin/env bash
# Holds the service of platforms against review/service/openapi.yaml: requests that the document
# allows and such that it does not are made up, and every answer must be one that it
# declares. The handler serves on a free port of loopback, keeps nothing, and needs no
# broker.
#
#   contract.sh SCHEMATHESIS
#
# That is the path of a program.
set -euo pipefail

(($# == 1)) || { printf 'want: contract.sh SCHEMATHESIS\n' >&2; exit 2; }
VIGIL_CONTRACT=$(realpath -s "$1")
export VIGIL_CONTRACT
cd "$(dirname "${BASH_SOURCE[0]}")"
go test -count=1 -timeout 15m -run '^TestContract$' -v .
