#!/usr/bin/env bash
# Holds the look-up service against hashdb/service/openapi.yaml: requests that the
# document allows and such that it does not are made up, and every answer must be one
# that it declares. Made-up lists, a server of its own on a free port of loopback;
# nothing is left over but the log of a failed run.
#
#   contract.sh VIGIL SCHEMATHESIS
#
# Both are paths of programs.
set -euo pipefail

(($# == 2)) || { printf 'want: contract.sh VIGIL SCHEMATHESIS\n' >&2; exit 2; }
vigil=$(realpath "$1")
schemathesis=$(realpath -s "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(mktemp -d)
server=

finish() {
  local code=$?
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  if ((code != 0)) && [[ -s $dir/log ]]; then
    printf '\nThe end of the log of the service:\n' >&2
    tail -n 40 "$dir/log" >&2
  fi
  rm -rf "$dir"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whatever is set for another run must not lead this one to its brokers and folders.
cd "$dir"
printf 'data: %s\nlisten: none\n' "$dir/data" >vigil.yaml

# A list of every kind, so that none is refused as unlisted. The hash of zeros is what
# is made up most often: with it, answers have matches.
digits=(pdq 64 phash 16 dhash 16 ahash 16 md5 32 sha1 40 sha256 64)
for ((i = 0; i < ${#digits[@]}; i += 2)); do
  kind=${digits[i]} n=${digits[i + 1]}
  {
    printf '%0*d\n' "$n" 0
    for k in {1..50}; do
      printf '%s' "$kind $k" | sha256sum | cut -c "1-$n"
    done
  } >"$kind.txt"
  for source in made-up others; do
    "$vigil" hashes import --source "$source" --kind "$kind" --format lines "$kind.txt" >/dev/null
  done
done
key=$("$vigil" hashes key --name contract --per-minute 1000000000 --per-day 1000000000 --see-hash --see-shadow)

"$vigil" hashes serve --listen 127.0.0.1:0 >"$dir/log" 2>&1 &
server=$!
address=
for ((i = 0; i < 300; i++)); do
  address=$(sed -n 's/.*serving look-ups.*"addr": *"\([0-9.:]*\)".*/\1/p' "$dir/log")
  [[ -n $address ]] && break
  kill -0 "$server" || exit 1
  sleep 0.1
done
[[ -n $address ]] || { printf 'contract.sh: the service does not start\n' >&2; exit 1; }

# The key goes by a file's name and not by an argument, which every user could see.
export VIGIL_CONTRACT_KEY=$key VIGIL_CONTRACT_HOOKS=$here/contract_hooks.py
"$schemathesis" --config-file "$here/../../api/apitest/contract.toml" run "http://$address/v1/openapi.yaml"
