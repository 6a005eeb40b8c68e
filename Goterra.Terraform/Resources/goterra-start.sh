#!/bin/sh
# Written by goterra_user_data: installs goterra-cli, runs goterra-script, and reports its failure.
set -u
umask 077
root=${GOTERRA_ROOT:-} # for tests
set -a
# shellcheck source=/dev/null
. "$root/etc/goterra/env"
set +a
name=$(hostname)
log=$root/var/log/goterra-script.log

fetch() {
  if command -v curl >/dev/null; then
    curl -fsSL ${GOT_CACERT:+--cacert "$GOT_CACERT"} --retry 20 --retry-connrefused --retry-delay 3 "$1"
  else
    wget -qO- ${GOT_CACERT:+"--ca-certificate=$GOT_CACERT"} --tries=20 --retry-connrefused --waitretry=3 "$1"
  fi
}

# Reports with plain curl that the client could not be installed. The ticket is bound to the id of the machine, which the
# client would keep in the same place.
report_without_client() {
  state=${GOT_STATE_DIR:-/var/lib/goterra}
  mkdir -p "$state"
  [ -s "$state/machine" ] || od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' >"$state/machine"
  store=$GOT_URL/store/${GOT_TICKET%%.*}
  token=$(printf '{"ticket":"%s","machine":"%s"}' "$GOT_TICKET" "$(cat "$state/machine")" |
    curl -fsS ${GOT_CACERT:+--cacert "$GOT_CACERT"} --retry 5 -d @- "$store/redeem" |
    sed 's/.*"token":"\([^"]*\)".*/\1/')
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl -fsS ${GOT_CACERT:+--cacert "$GOT_CACERT"} --retry 5 -K - \
      -d '{"reason":"goterra-cli could not be installed","source":"'"$name"'"}' "$store/fail"
}

if ! command -v goterra-cli >/dev/null; then
  installer=$(mktemp)
  if ! fetch "$GOT_URL/store/-/cli/install.sh" >"$installer" || ! sh "$installer"; then
    report_without_client
    exit 1
  fi
fi

"$root/usr/local/sbin/goterra-script" >"$log" 2>&1
code=$?
if [ "$code" -eq 0 ]; then
  goterra-cli resume --source "$name" # a failure of an earlier attempt
else
  goterra-cli fail --source "$name" "$name: exit code $code: $(tail -n 5 "$log" | tail -c 1500)"
fi
exit "$code"
