#!/usr/bin/env bash
# Holds the CASE/UCO of a bundle against the ontology's own SHACL shapes, warnings and
# suggestions included, and sees that the check can fail.
#
#   ontology.sh CASE_VALIDATE
set -euo pipefail
(($# == 1)) || { printf 'ontology.sh: CASE_VALIDATE: missing\n' >&2; exit 2; }
cd "$(dirname "$0")"
"$1" --built-version case-1.5.0 testdata/case.jsonld
broken=$(mktemp --suffix .jsonld)
trap 'rm -f "$broken"' EXIT
sed 's/"uco-action:endTime": {/"uco-action:endTime": "soon", "uco-action:startTime": {/' testdata/case.jsonld > "$broken"
if "$1" --built-version case-1.5.0 "$broken" > /dev/null; then
  printf 'ontology.sh: a graph with a time that is none was let through\n' >&2
  exit 1
fi
