# shellcheck shell=bash
# Sourced by matrix.sh and bench/client.sh: runs the server of this source tree over http, and over https with a certificate of a
# private CA. Its data is in a temporary directory, which is removed when the script ends.
#   trial_server CONFIGURATION     sets work (the directory, with ca.pem; also the working directory), http and https (URLs)
trial_server() {
  local source_tree=$PWD
  work=$(mktemp -d)
  trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
  dotnet build "$source_tree/Goterra.Api" -c "$1" -v q -clp:NoSummary > "$work/build.log" || { cat "$work/build.log"; exit 1; }
  cd "$work" || exit
  (GOT_FEAT_ANONYMOUS=1 GOT_WEB_PORT=0 exec dotnet "$source_tree/Goterra.Api/bin/$1/net10.0/goterra-store.dll" > log 2>&1) &
  http=http://localhost:$(found log 'http://127.0.0.1:\([0-9]*\)')

  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=a private CA' 2> /dev/null
  openssl req -newkey rsa:2048 -nodes -keyout host.key -out host.csr -subj /CN=localhost 2> /dev/null
  printf 'subjectAltName=DNS:localhost\n' > names
  openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out host.crt 2> /dev/null
  cat host.key host.crt > host.pem
  socat -d -d OPENSSL-LISTEN:0,bind=127.0.0.1,cert=host.pem,verify=0,reuseaddr,fork "TCP:${http#http://}" 2> tls.log &
  # shellcheck disable=SC2034 # used by the scripts that source this
  https=https://localhost:$(found tls.log 'listening on .*:\([0-9]*\)')
}

# found FILE PATTERN: waits for a line that matches, and prints the first group.
found() { until sed -n "s|.*$2.*|\1|p" "$1" 2> /dev/null | grep -m 1 .; do sleep 0.2; done; }
