#!/bin/sh
# A cluster of six machines (each a process), three of which can become its leader, as with k3s or kubeadm: exactly one of these
# installs the control plane (once), all wait for six nodes (a barrier), one leads (elect) and publishes the address of the API,
# and another takes over when that one dies.
# Needs a running server, and a client:
#
#   GOT_URL=http://localhost:8000 GOTERRA_CLI=goterra-cli sh examples/three-candidates.sh
#
#   GOT_URL       URL of the server
#   GOT_APIKEY    API key for creating the deployment, if the server requires one
#   GOTERRA_CLI   the client (default: goterra-cli)
#   PATIENCE      how long each machine waits for the others (default: 60s)
set -eu

cli=${GOTERRA_CLI:-goterra-cli}
patience=${PATIENCE:-60s}
deployed=''
machines=''

say() { printf '%s\n' "$*"; }

fail() {
  printf 'three-candidates.sh: %s\n' "$*" >&2
  exit 1
}

# --- The commands that a candidate's client runs: this script, with other arguments. ------------------------------------

# Simulates `kubeadm init`: slow, must not run twice, and prints what the others need to join.
install_control_plane() {
  say "$1: installs the control plane" >&2
  say "$1" >>"$WORK/installed"
  sleep 1
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Runs while this machine leads. GOT_FENCE is in its environment: once another machine leads, the put is rejected.
lead() {
  say "$$" >"$WORK/$1.command"
  say "$1: leads"
  "$cli" put api_address "$2"
  exec sleep 3600
}

case ${1-} in
  install) install_control_plane "$2"; exit ;;
  lead) lead "$2" "$3" ;;
esac

# --- A machine. Its only input is its environment: GOT_URL, GOT_DEPLOYMENT, GOT_TOKEN. ----------------------------------

# A shell only handles signals between commands or in `wait`, so the client runs in the background.
boot() {
  trap - EXIT HUP INT
  waiting=''
  trap '[ -z "$waiting" ] || kill "$waiting" 2>/dev/null; exit 143' TERM
}

client() {
  "$cli" "$@" &
  waiting=$!
  wait "$waiting"
  waiting=''
}

all_nodes() { client wait --timeout "$patience" --prefix nodes/ --count 6 >/dev/null; }

candidate() {
  boot
  client once --timeout "$patience" join_token -- sh "$0" install "$1" >"$WORK/$1.token"
  "$cli" put "nodes/$1" "$2"
  all_nodes
  # With the token: the leader writes.
  exec "$cli" elect leader --value "$1" --ttl 6s --pass-credentials -- sh "$0" lead "$1" "$2"
}

worker() {
  boot
  client get --timeout "$patience" --out "$WORK/$1.token" join_token
  "$cli" put "nodes/$1" "$2"
  all_nodes
  client get --timeout "$patience" --out "$WORK/$1.first" --etag-save "$WORK/$1.etag" api_address
  "$cli" put "joined/$1" ""
  client get --timeout "$patience" --out "$WORK/$1.second" --changed-from "$(cat "$WORK/$1.etag")" api_address
  say "$1: moved from one API to another"
}

# --- The operator. ------------------------------------------------------------------------------------------------------

WORK=''

# However this script ends: stop all machines, and delete the deployment and temporary files.
clean_up() {
  code=$?
  trap '' INT TERM HUP
  for machine in $machines; do kill "$machine" 2>/dev/null || true; done
  wait
  [ -z "$deployed" ] || "$cli" delete --timeout 10s || say "three-candidates.sh: the deployment $GOT_DEPLOYMENT may still be there" >&2
  [ -z "$WORK" ] || rm -rf "$WORK"
  exit "$code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

command -v "$cli" >/dev/null || fail "program '$cli' not found: set GOTERRA_CLI to the path of goterra-cli"
[ -n "${GOT_URL:-}" ] || fail "GOT_URL is not set: set it to the URL of a running server, such as http://localhost:8000"
WORK=$(mktemp -d)
export WORK

created=$("$cli" create --ttl 1h --name three-candidates.sh) || fail "the deployment was not created, see above"
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

for number in 1 2 3; do
  candidate "candidate$number" "10.0.0.1$number" 2>"$WORK/candidate$number.log" &
  machines="$machines $!"
  eval "candidate$number=$!"
done
for number in 1 2 3; do
  worker "worker$number" "10.0.0.2$number" &
  machines="$machines $!"
  eval "worker$number=$!"
done

"$cli" wait --timeout "$patience" --prefix joined/ --count 3 >/dev/null || fail "the workers did not join: $(cat "$WORK"/*.log)"
leader=$("$cli" get --timeout "$patience" leader)
say "operator: the workers have joined, and $leader dies"
eval "process=\$$leader"
# shellcheck disable=SC2154 # eval sets it
kill -KILL "$process" "$(cat "$WORK/$leader.command")"
wait "$process" 2>/dev/null || true

# shellcheck disable=SC2154
for process in "$worker1" "$worker2" "$worker3"; do
  wait "$process" || fail "a worker failed: $(cat "$WORK"/*.log)"
done
[ "$(wc -l <"$WORK/installed" | tr -d ' ')" -eq 1 ] || fail "the control plane was installed by more than one: $(cat "$WORK/installed")"
for name in candidate1 candidate2 candidate3 worker1 worker2 worker3; do
  [ -s "$WORK/$name.token" ] || fail "$name has no join token"
  cmp -s "$WORK/$name.token" "$WORK/worker1.token" || fail "$name has another join token than worker1"
done
successor=$("$cli" get --timeout "$patience" leader)
[ "$successor" != "$leader" ] || fail "$leader is dead and leads"
for name in worker1 worker2 worker3; do
  [ "$(cat "$WORK/$name.first")" = "10.0.0.1${leader#candidate}" ] || fail "$name first had another address than that of $leader"
  [ "$(cat "$WORK/$name.second")" = "10.0.0.1${successor#candidate}" ] || fail "$name then had another address than that of $successor"
done
say "operator: one installation, one join token on six machines, and $successor has taken over from $leader"
