#!/usr/bin/env bash
# Runs a command next to a Kafka broker of its own, on a free port of loopback:
#
#   with-kafka.sh COMMAND [ARGUMENT...]
#
# The command finds the broker's address in $VIGIL_KAFKA. The broker and its data are
# gone afterwards; its log is shown if it could not be started or the command failed.
set -euo pipefail

(($# > 0)) || { printf 'with-kafka.sh: COMMAND: missing\n' >&2; exit 2; }
kafka=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/kafka.sh
dir=$(mktemp -d)

finish() {
  local code=$?
  if ((code != 0)) && [[ -f $dir/kafka.log ]]; then
    printf '\nThe end of the log of the broker:\n' >&2
    tail -n 40 "$dir/kafka.log" >&2
  fi
  "$kafka" stop "$dir" || true
  rm -rf "$dir"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing reserves a port between the choice and the broker taking it, so a choice
# that fails is made again. Below 32768 no outgoing connection gets in the way.
for try in 1 2 3; do
  port=$((20000 + (RANDOM % 6000) * 2))
  if VIGIL_KAFKA=$("$kafka" start "$dir" "$port"); then break; fi
  ((try < 3)) || exit 1
done
export VIGIL_KAFKA
"$@"
