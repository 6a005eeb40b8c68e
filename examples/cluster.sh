#!/bin/sh
# A cluster that installs itself: one master and two workers (each a process) exchange a join token and their addresses.
# Needs a running server, and a client:
#
#   GOT_URL=http://localhost:8000 GOTERRA_CLI=goterra-cli sh examples/cluster.sh
#
#   GOT_URL       URL of the server
#   GOT_APIKEY    API key for creating the deployment, if the server requires one
#   GOTERRA_CLI   the client (default: goterra-cli)
#   PATIENCE      how long each machine waits for the others (default: 60s)
set -eu

cli=${GOTERRA_CLI:-goterra-cli}
patience=${PATIENCE:-60s}
work=''
machines=''
deployed=''

say() { printf '%s\n' "$*"; }

fail() {
  printf 'cluster.sh: %s\n' "$*" >&2
  exit 1
}

# However this script ends: stop all machines, and delete the deployment and temporary files.
clean_up() {
  code=$?
  trap '' INT TERM HUP
  for machine in $machines; do kill "$machine" 2>/dev/null || true; done
  wait
  [ -z "$deployed" ] || "$cli" delete --timeout 10s || say "cluster.sh: the deployment $GOT_DEPLOYMENT may still be there" >&2
  [ -z "$work" ] || rm -rf "$work"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- A machine. Its only input is its environment: GOT_URL, GOT_DEPLOYMENT, GOT_TOKEN. ----------------------------------

# A shell only handles signals between commands or in `wait`, so the client runs in the background.
boot() {
  trap - EXIT HUP INT
  waiting=''
  trap '[ -z "$waiting" ] || kill "$waiting" 2>/dev/null; exit 143' TERM
}

# Waits for a key and writes its value to a file with mode 0600.
await() {
  "$cli" get --timeout "$patience" --out "$2" "$1" &
  waiting=$!
  wait "$waiting"
  waiting=''
}

master() {
  boot
  sleep 1 # installing the control plane; both workers are already waiting
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n' >"$work/token"
  "$cli" put join_token "@$work/token"
  say "master: stored the join token"
  for name in worker1 worker2; do
    await "nodes/$name" "$work/$name.address"
    say "master: $name is at $(cat "$work/$name.address")"
  done
}

worker() {
  boot
  say "$1: waiting for the join token"
  await join_token "$work/$1.token"
  say "$1: got the join token, $(wc -c <"$work/$1.token" | tr -d ' ') bytes"
  "$cli" put "nodes/$1" "$2"
}

# --- The operator. ------------------------------------------------------------------------------------------------------

command -v "$cli" >/dev/null || fail "program '$cli' not found: set GOTERRA_CLI to the path of goterra-cli"
[ -n "${GOT_URL:-}" ] || fail "GOT_URL is not set: set it to the URL of a running server, such as http://localhost:8000"
work=$(mktemp -d)

created=$("$cli" create --ttl 1h --name cluster.sh) || fail "the deployment was not created, see above"
# Parsed as data, not executed.
field() { printf '%s\n' "$created" | sed -n "s/^$1=//p"; }
GOT_DEPLOYMENT=$(field id)
GOT_TOKEN=$(field token)
[ -n "$GOT_DEPLOYMENT" ] || fail "'$cli create' printed no id= line"
[ -n "$GOT_TOKEN" ] || fail "'$cli create' printed no token= line"
export GOT_URL GOT_DEPLOYMENT GOT_TOKEN
unset GOT_APIKEY GOT_TOKEN_FILE
deployed=yes
say "operator: created the deployment $GOT_DEPLOYMENT"

worker worker1 10.0.0.11 &
worker1=$!
worker worker2 10.0.0.12 &
worker2=$!
master &
master=$!
machines="$worker1 $worker2 $master"

wait "$worker1" || fail "worker1 failed"
wait "$worker2" || fail "worker2 failed"
wait "$master" || fail "the master failed"
machines=''
for name in worker1 worker2; do
  cmp -s "$work/token" "$work/$name.token" || fail "$name has another token than the master"
done
say "operator: both workers have the master's token; these keys are there:"
"$cli" list

"$cli" delete
deployed=''
code=0
"$cli" get --timeout 10s join_token >/dev/null 2>"$work/refusal" || code=$?
[ "$code" -eq 5 ] || fail "after the deletion, get ended with exit code $code and not with 5: $(cat "$work/refusal")"
say "operator: deleted the deployment; a get now ends with exit code 5"
