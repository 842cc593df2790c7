#!/usr/bin/env bash
# One Apache Kafka broker on loopback, for trying Vigil and for its tests.
#
#   kafka.sh start  [DIR [PORT]]   start it in the background, wait until it answers
#   kafka.sh run    [DIR [PORT]]   run it in the foreground
#   kafka.sh status [DIR [PORT]]   exit 0 if it answers, 3 if not
#   kafka.sh stop   [DIR [PORT]]   stop it
#
# start and status print its address. DIR (.cache/kafka) keeps its data, settings,
# log and process id; what is in it outlasts stop and kill -9, though after the latter
# Kafka takes some 10 s to let the broker in again. PORT ($VIGIL_KAFKA_PORT
# or 9092) is for clients, the one after it for Kafka's own controller. Needs Java 17,
# and Maven the first time.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
jars=$repo/.cache/kafka/jars-$(cksum <"$here/pom.xml" | cut -d' ' -f1)
ready_within=60 # seconds
stop_within=30

fail() { printf 'kafka.sh: %s\n' "$*" >&2; exit 1; }

# fetch has Maven copy the broker's jars, once for each state of pom.xml. A broker
# that is running keeps those it was started with.
fetch() {
  [[ -d $jars ]] && return
  command -v mvn >/dev/null || fail "Maven is needed to fetch Kafka the first time, and mvn is not on the path"
  printf 'fetching Kafka with Maven\n' >&2
  mkdir -p "${jars%/*}"
  local new
  new=$(mktemp -d "$jars.XXXXXX")
  local said
  if ! said=$(mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$new" 2>&1); then
    rm -rf "$new"
    printf '%s\n' "$said" >&2
    fail "Maven could not fetch Kafka's jars"
  fi
  if [[ -d $jars ]]; then rm -rf "$new"; else mv "$new" "$jars"; fi # somebody else was faster
}

# settings writes server.properties for one node that is broker and controller.
settings() {
  local controller=$((port + 1))
  cat >"$props" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
log.dirs=$dir/data

# There is no second node to keep copies on, and no fifty consumers either.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1

# A misspelt topic should be an error, and vigil topics create says how each is to be.
auto.create.topics.enable=false

# Consumers come one at a time, and nobody wants to wait for the next.
group.initial.rebalance.delay.ms=0

# With nobody to keep in step, there is no need to write to the quorum's log twice
# a second.
metadata.max.idle.interval.ms=0

# A dead consumer may be declared so after a second, where a test asks for it.
group.min.session.timeout.ms=1000

# Sized for the heap of 512 MiB: the cleaner alone takes 128 MiB otherwise.
log.cleaner.dedupe.buffer.size=16777216
num.io.threads=4
num.network.threads=2
PROPERTIES
}

java_kafka() {
  exec java -Xms128m -Xmx512m -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true \
    -Dlog4j2.configurationFile="$here/log4j2.xml" -cp "$jars/*" "$@"
}

# format prepares the data folder, unless it has been. A format that was cut short
# leaves no meta.properties and is done again.
format() {
  [[ -s $dir/data/meta.properties ]] && return
  local id
  id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-22)
  (java_kafka kafka.tools.StorageTool format --ignore-formatted \
    --cluster-id "${id/#-/A}" --config "$props") >"$dir/format.log" 2>&1 ||
    fail "could not format $dir/data: see $dir/format.log"
}

# pid prints the process id of DIR's broker. The file outlives a kill -9, and the
# number may be another process's by then, so the process has to name our settings.
pid() {
  local p
  p=$(cat "$dir/kafka.pid" 2>/dev/null) || return 1
  [[ $p =~ ^[0-9]+$ && $(ps -p "$p" -o args= -ww 2>/dev/null) == *"kafka.Kafka $props" ]] || return 1
  printf '%s\n' "$p"
}

taken() { { (: <>"/dev/tcp/127.0.0.1/$1"); } 2>/dev/null; }

# answers asks the broker for the cluster's metadata, over Kafka's protocol, and
# succeeds if the answer lists a live broker: Metadata (3) version 1, request id 7,
# no client id, no topics. The answer is its length, the id, and the brokers' count.
answers() {
  local answer
  answer=$({
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf '\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x07\xff\xff\x00\x00\x00\x00' >&3
    timeout 5 head -c 12 <&3 | od -An -v -tx1 | tr -d ' \n'
  } 2>/dev/null) || return 1
  [[ ${answer:8} == 0000000700000001 ]]
}

# configured prints the port that DIR's broker was last started with.
configured() { sed -n 's|^advertised.listeners=PLAINTEXT://127.0.0.1:||p' "$props"; }

prepare() {
  if pid >/dev/null; then
    fail "the broker in $dir is running already, on 127.0.0.1:$(configured)"
  fi
  for p in "$port" $((port + 1)); do
    if taken "$p"; then fail "port $p on 127.0.0.1 is taken; choose another with VIGIL_KAFKA_PORT"; fi
  done
  command -v java >/dev/null || fail "Java 17 or later is needed, and java is not on the path"
  fetch
  settings
  format
}

run() {
  prepare
  printf '%s\n' "$$" >"$dir/kafka.pid"
  java_kafka kafka.Kafka "$props"
}

start() {
  if pid >/dev/null && [[ $(configured) == "$port" ]]; then
    await "$(pid)"
    return
  fi
  prepare
  (
    trap '' HUP INT # Ctrl-C is for what is being run next to the broker
    java_kafka kafka.Kafka "$props"
  ) </dev/null >>"$dir/kafka.log" 2>&1 &
  printf '%s\n' "$!" >"$dir/kafka.pid"
  await "$!"
}

await() {
  local until=$((SECONDS + ready_within))
  until answers "$port"; do
    kill -0 "$1" 2>/dev/null || fail "the broker ended while starting: see $dir/kafka.log"
    ((SECONDS < until)) || fail "the broker does not answer after $ready_within s: see $dir/kafka.log"
    sleep 0.2
  done
  printf '127.0.0.1:%s\n' "$port"
}

status() {
  if ! pid >/dev/null; then
    printf 'not running\n'
    exit 3
  fi
  port=$(configured)
  if ! answers "$port"; then
    printf 'running as process %s, but not answering on 127.0.0.1:%s\n' "$(pid)" "$port"
    exit 3
  fi
  printf '127.0.0.1:%s\n' "$port"
}

stop() {
  local p
  if p=$(pid); then
    kill "$p"
    local until=$((SECONDS + stop_within))
    while kill -0 "$p" 2>/dev/null; do
      if ((SECONDS >= until)); then
        printf 'kafka.sh: the broker does not stop within %s s: killed\n' "$stop_within" >&2
        kill -9 "$p"
        break
      fi
      sleep 0.2
    done
  fi
  rm -f "$dir/kafka.pid"
}

case ${1:-} in
start | run | status | stop) ;;
*)
  sed -n '2,14s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac

dir=${2:-$repo/.cache/kafka}
case $1 in start | run) mkdir -p "$dir" ;; esac
[[ ! -d $dir ]] || dir=$(cd "$dir" && pwd -P) # one spelling: pid compares it
props=$dir/server.properties
port=${3:-${VIGIL_KAFKA_PORT:-9092}}
[[ $port =~ ^[1-9][0-9]{0,4}$ ]] && ((port < 65535)) || fail "PORT: \"$port\" is not a number from 1 to 65534"

"$1"
