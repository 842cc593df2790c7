#!/usr/bin/env bash
# Runs a command next to a Keycloak of its own, an OpenID provider, on a free port of
# loopback, with the made-up people of realm.json in it:
#
#   with-keycloak.sh COMMAND [ARGUMENT...]
#
# The command finds the issuer in $VIGIL_OPENID. Keycloak keeps nothing: it is gone
# afterwards; its log is shown if it could not be started or the command failed. Needs
# Java 17, and Maven the first time.
set -euo pipefail

(($# > 0)) || { printf 'with-keycloak.sh: COMMAND: missing\n' >&2; exit 2; }
version=26.7.3
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/keycloak
home=$cache/keycloak-$version-$(cat "$here/realm.json" "${BASH_SOURCE[0]}" | cksum | cut -d' ' -f1)
ready_within=300 # seconds; 20 on a quiet machine
dir=$(mktemp -d)
pid=

fail() { printf 'with-keycloak.sh: %s\n' "$*" >&2; exit 1; }

finish() {
  local code=$?
  if ((code != 0)) && [[ -f $dir/log ]]; then
    printf '\nThe end of the log of Keycloak:\n' >&2
    tail -n 30 "$dir/log" >&2
  fi
  if [[ -n $pid ]]; then
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  fi
  rm -rf "$dir"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# fetch has Maven unpack the distribution and builds it once for what it is started with
# here, so that no start has to do so again.
fetch() {
  [[ -d $home ]] && return
  command -v mvn >/dev/null || fail "Maven is needed to fetch Keycloak the first time, and mvn is not on the path"
  printf 'fetching Keycloak with Maven\n' >&2
  mkdir -p "$cache"
  local new
  new=$(mktemp -d "$cache/new.XXXXXX")
  (cd "$new" && mvn -q -B "$plugin:unpack" -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory="$new") >"$dir/log" 2>&1 ||
    { rm -rf "$new"; fail "Maven could not fetch Keycloak"; }
  mkdir -p "$new/keycloak-$version/data/import"
  cp "$here/realm.json" "$new/keycloak-$version/data/import/"
  bash "$new/keycloak-$version/bin/kc.sh" build --db=dev-mem >"$dir/log" 2>&1 ||
    { rm -rf "$new"; fail "Keycloak could not be built for its settings"; }
  mv -T "$new/keycloak-$version" "$home" 2>/dev/null || true # or somebody else was faster
  rm -rf "$new"
}

# answers asks for the realm's own description.
answers() {
  local first
  first=$({
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'GET /realms/vigil/.well-known/openid-configuration HTTP/1.0\r\nHost: localhost:%s\r\n\r\n' "$1" >&3
    timeout 5 head -n 1 <&3
  } 2>/dev/null) || return 1
  [[ $first == *" 200 "* ]]
}

# start waits until the realm tells about itself. The name is localhost and not 127.0.0.1:
# to a browser those are two sites, as a provider and a console are.
start() {
  export VIGIL_OPENID=http://localhost:$1/realms/vigil
  (
    trap '' INT # Ctrl-C is for what is being run next to it
    export JAVA_OPTS_KC_HEAP='-Xms128m -Xmx512m' JAVA_OPTS_APPEND='-XX:TieredStopAtLevel=1'
    exec bash "$home/bin/kc.sh" start --optimized --import-realm --http-enabled=true --http-host=127.0.0.1 \
      --http-port="$1" --hostname="http://localhost:$1" --http-management-port="$(($1 + 1))" --db=dev-mem --cache=local
  ) </dev/null >"$dir/log" 2>&1 &
  pid=$!
  local until=$((SECONDS + ready_within))
  until answers "$1"; do
    kill -0 "$pid" 2>/dev/null || return 1
    ((SECONDS < until)) || return 1
    sleep 0.2
  done
}

command -v java >/dev/null || fail "Java 17 or later is needed, and java is not on the path"
fetch
# Nothing reserves a port between the choice and Keycloak taking it, so a choice that
# fails is made again.
for try in 1 2 3; do
  if start $((20000 + (RANDOM % 6000) * 2)); then break; fi
  kill "$pid" 2>/dev/null || true
  ((try < 3)) || fail "Keycloak could not be started"
done
"$@"
