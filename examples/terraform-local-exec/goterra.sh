#!/bin/sh
# Commands that main.tf runs: create, start, ready, delete. Input comes from the environment; the token is read from a file.
#
#   GOT_URL       URL of the server
#   FOLDER        directory for the deployment's id and token and the machines' logs
#   KEY           idempotency key of the deployment, from Terraform's state
#   GOTERRA_CLI   the client (default: goterra-cli)
set -eu
umask 077

cli=${GOTERRA_CLI:-goterra-cli}

# Loads the deployment that `create` has stored.
deployment() {
  GOT_DEPLOYMENT=$(cat "$FOLDER/id")
  GOT_TOKEN_FILE=$FOLDER/token
  export GOT_URL GOT_DEPLOYMENT GOT_TOKEN_FILE
  unset GOT_APIKEY GOT_TOKEN
}

# The key is in the state before the request: a repeated request, after an interruption or on another computer, gets the
# same deployment, and another token. Both end after a day.
create() {
  mkdir -p "$FOLDER"
  GOT_IDEMPOTENCY_KEY=$KEY
  export GOT_IDEMPOTENCY_KEY
  created=$("$cli" create --ttl 24h --name terraform) || return
  printf '%s\n' "$created" | sed -n 's/^token=//p' >"$FOLDER/token"
  printf '%s\n' "$created" | sed -n 's/^id=//p' >"$FOLDER/id"
}

# Starts a machine in the background, with the environment that user-data would provide. Does not wait for it. A machine
# that is installed again begins without its earlier failure.
start() {
  deployment
  "$cli" resume --source "$MACHINE"
  if [ -n "$TICKETS" ]; then
    set -- --read join_token --read 'nodes/*' --write "nodes/$MACHINE"
    # Only the master may write what the others trust.
    [ "$MACHINE" != master ] || set -- "$@" --write join_token --write cluster_address
    GOT_TICKET=$("$cli" ticket create --name "$MACHINE" --ttl 1h "$@")
    GOT_STATE_DIR=$FOLDER/$MACHINE
    export GOT_TICKET GOT_STATE_DIR
    unset GOT_TOKEN_FILE
  fi
  nohup sh "$0" machine >"$FOLDER/$MACHINE.log" 2>&1 </dev/null &
}

# Another machine's failure ends a wait with 6. That machine may be installed again: wait on.
persist() {
  while code=0; "$@" || code=$?; [ "$code" -eq 6 ]; do sleep 2; done
  return "$code"
}

machine() {
  trap '[ "$?" -eq 0 ] || "$cli" fail --source "$MACHINE" "$MACHINE: $(tail -n 1 "$FOLDER/$MACHINE.log")"' EXIT
  if [ -n "$BROKEN" ]; then
    echo "there is no disk"
    exit 1
  fi
  if [ "$MACHINE" = master ]; then
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n' | "$cli" put join_token -
    "$cli" put nodes/master 10.0.0.1
    persist "$cli" wait --prefix nodes/ --count $((WORKERS + 1)) --timeout "$PATIENCE" >/dev/null
    "$cli" put cluster_address https://10.0.0.1:6443
  else
    persist "$cli" get --timeout "$PATIENCE" --out "$FOLDER/$MACHINE.join_token" join_token
    "$cli" put "nodes/$MACHINE" "10.0.0.1${MACHINE#worker-}"
  fi
}

ready() {
  deployment
  "$cli" wait --prefix nodes/ --count "$MACHINES" --timeout "$PATIENCE" >/dev/null
  "$cli" get --timeout "$PATIENCE" --out "$FOLDER/cluster_address" cluster_address
}

# Without the folder, the key finds the deployment. It is not an error if that is already gone (5).
delete() {
  code=0
  if [ ! -s "$FOLDER/id" ]; then
    (create) || code=$?
  fi
  if [ "$code" -eq 0 ]; then
    deployment
    "$cli" delete || code=$?
  fi
  [ "$code" -eq 0 ] || [ "$code" -eq 5 ] || exit "$code"
  rm -rf "$FOLDER"
}

case ${1:-} in
  create | start | machine | ready | delete) "$1" ;;
  *) echo "goterra.sh: give one of create, start, ready, delete; main.tf does" >&2 && exit 2 ;;
esac
