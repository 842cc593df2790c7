#!/usr/bin/env bash
# Runs a command next to a PostgreSQL of its own, on a free port of loopback:
#
#   with-postgres.sh COMMAND [ARGUMENT...]
#
# The command finds the URL of its database, with a password, in $VIGIL_POSTGRES. The
# server and its data are gone afterwards; its log is shown if it could not be started or
# the command failed. Needs PostgreSQL 14 or newer: `apt-get install postgresql`. The
# server refuses to run as root and is then run as the user postgres.
set -euo pipefail

(($# > 0)) || { printf 'with-postgres.sh: COMMAND: missing\n' >&2; exit 2; }
fail() { printf 'with-postgres.sh: %s\n' "$*" >&2; exit 1; }

# Debian keeps the server's programs off the path, a folder for each version.
bin=$(dirname "$(readlink -f "$(command -v initdb || true)")")
if [[ ! -x $bin/postgres ]]; then
  bin=$(for d in /usr/lib/postgresql/*/bin; do printf '%s\n' "$d"; done | sort -V | tail -n 1)
fi
[[ -x $bin/initdb && -x $bin/pg_ctl ]] || fail "no PostgreSQL server here; on Debian: apt-get install postgresql"

dir=$(mktemp -d)
as=()
if ((EUID == 0)); then
  id postgres >/dev/null 2>&1 || fail "the server does not run as root, and there is no user postgres"
  chown postgres "$dir"
  as=(setpriv --reuid postgres --regid postgres --init-groups)
fi

finish() {
  local code=$?
  if ((code != 0)); then
    printf '\nThe end of the log of PostgreSQL:\n' >&2
    cat "$dir"/*.log 2>/dev/null | tail -n 20 >&2
  fi
  (cd / && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -s stop >/dev/null 2>&1) || true
  rm -rf "$dir"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$password" >"$dir/password"
((EUID != 0)) || chown postgres "$dir/password"
chmod 600 "$dir/password"
# As in most deployments, text is not in the order of its bytes.
order=()
if "$bin/initdb" --help | grep -q icu-locale; then order=(--locale-provider=icu --icu-locale=en-US); fi
(cd / && "${as[@]}" "$bin/initdb" -D "$dir/data" -U vigil --pwfile="$dir/password" -A scram-sha-256 \
  -E UTF8 --locale=C "${order[@]}" >"$dir/initdb.log" 2>&1) || fail "initdb failed"

# Nothing reserves a port between the choice and the server taking it, so a choice
# that fails is made again. Below 32768 no outgoing connection gets in the way.
for try in 1 2 3; do
  port=$((20000 + RANDOM % 12000))
  if (cd / && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -s \
    -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c max_connections=200" start); then break; fi
  ((try < 3)) || exit 1
done
export VIGIL_POSTGRES=postgres://vigil:$password@127.0.0.1:$port/postgres
"$@"
