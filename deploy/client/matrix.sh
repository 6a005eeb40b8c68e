#!/usr/bin/env bash
# Tests a static goterra-cli in the root file systems of other distributions, as root. Without a ROOT, in an empty one.
#   deploy/client/matrix.sh PROGRAM [ROOT]...
# ROOT is a directory made by debootstrap: debootstrap --variant=minbase bullseye /tmp/bullseye. Programs for another
# architecture run under qemu-user-static.
# In each: --version; http by address and by name; a wait; storing and reading a file; https with a private CA (GOT_CACERT and
# SSL_CERT_FILE), and rejected without it.
set -euo pipefail
program=$(readlink -f "$1")
shift
roots=()
for root; do roots+=("$(readlink -m "$root")"); done
cd "$(dirname "$0")/../.."
. deploy/client/trial-server.sh

emulator=''
if readelf -h "$program" | grep -q AArch64 && [ "$(uname -m)" != aarch64 ]; then emulator=qemu-aarch64-static; fi
command -v socat > /dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends socat > /dev/null; }
trial_server Debug

[ ${#roots[@]} -gt 0 ] || roots=("$work/empty")
for root in "${roots[@]}"; do
  mkdir -p "$root/etc" "$root/tmp" "$root/dev"
  # As in any container.
  [ -e "$root/dev/urandom" ] || mknod -m 666 "$root/dev/urandom" c 1 9
  cp "$program" "$root/tmp/goterra-cli"
  cp ca.pem "$root/tmp/ca.pem"
  [ -e "$root/etc/hosts" ] || printf '127.0.0.1 localhost\n' > "$root/etc/hosts"
  head -c 100000 /dev/urandom > "$root/tmp/file"
  [ -z "$emulator" ] || cp "$(command -v "$emulator")" "$root/tmp/"
  inside() { env -i "${vars[@]}" "$(command -v chroot)" "$root" ${emulator:+"/tmp/$emulator"} /tmp/goterra-cli "$@"; }

  vars=(GOT_URL="${http/localhost/127.0.0.1}")
  inside --version
  created=$(inside create --ttl 1h)
  vars+=(GOT_DEPLOYMENT="$(sed -n 's/^id=//p' <<< "$created")" GOT_TOKEN="$(sed -n 's/^token=//p' <<< "$created")")
  inside put file @/tmp/file
  vars[0]=GOT_URL=$http
  inside get --out /tmp/back file
  cmp "$root/tmp/file" "$root/tmp/back"
  inside get later > "$work/later" &
  waiter=$!
  until inside status --json | grep -q '"key":"later"\|"key": "later"'; do sleep 0.2; done
  inside put later woken
  wait "$waiter"
  grep -qx woken "$work/later"
  # The numbers of closed streams must not be reused for connections.
  result=0; inside get --no-wait nobody 2>&- || result=$?; [ "$result" = 3 ]
  result=0; inside put closed - <&- 2> /dev/null || result=$?; [ "$result" = 1 ]
  result=0; inside get later <&- >&- 2>&- || result=$?; [ "$result" = 1 ]
  vars[0]=GOT_URL=$https
  if inside get --no-wait --timeout 20s later > "$work/refused" 2>&1; then echo "$root: an unknown CA was taken for good" >&2; exit 1; fi
  vars+=(SSL_CERT_FILE=/tmp/ca.pem)
  [ "$(inside get --no-wait later)" = woken ]
  vars[-1]=GOT_CACERT=/tmp/ca.pem
  [ "$(inside get --no-wait later)" = woken ]
  inside delete
  echo "$root: version, http by address and name, file, wait, https: passed"
done
