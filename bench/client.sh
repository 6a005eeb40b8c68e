#!/usr/bin/env bash
# Measures goterra-cli beside curl: whole processes, one after the other in turn, the median of 40; http and https, --version, resident memory. Prints a table.
#   bench/client.sh PROGRAM        PROGRAM is what deploy/client/build.sh makes. Needs curl, openssl, socat, jq and GNU time (Debian: time).
set -euo pipefail
program=$(readlink -f "${1:?which program? deploy/client/build.sh makes it}")
cd "$(dirname "$0")/.."
. deploy/client/trial-server.sh
trial_server Release

# One CA of our own; and that CA behind all of the system's, as where the system trusts it.
cat /etc/ssl/certs/ca-certificates.crt ca.pem > bundle.pem
created=$(curl -sS -X POST "$http/store")
GOT_DEPLOYMENT=$(jq -r .id <<< "$created") GOT_TOKEN=$(jq -r .token <<< "$created")
export GOT_DEPLOYMENT GOT_TOKEN
printf 'header = "Authorization: Bearer %s"\n' "$GOT_TOKEN" > curlrc
path="/store/$GOT_DEPLOYMENT/k?raw"
curl -sS -K curlrc -X PUT -d value "$http/store/$GOT_DEPLOYMENT/k" > answer

with_cli() { env GOT_URL="$1" ${2:+GOT_CACERT="$2"} "$program" get k; }
with_curl() { env curl -q -sS -f -K curlrc ${2:+--cacert "$2"} "$1$path"; }
version() { env "$program" --version; }
[ "$(with_cli "$http")" = value ] && [ "$(with_curl "$http")" = value ] && [ "$(with_cli "$https" ca.pem)" = value ] && [ "$(with_curl "$https" ca.pem)" = value ]

# took COMMAND...: milliseconds.
took() { local start=$EPOCHREALTIME; "$@" > out; local end=$EPOCHREALTIME; awk "BEGIN { printf \"%.2f\n\", ($end - $start) * 1000 }"; }
median() { sort -n "$1" | awk '{ line[NR] = $1 } END { print (line[int((NR + 1) / 2)] + line[int((NR + 2) / 2)]) / 2 }'; }
compare() {
  local what=$1; shift
  rm -f cli curl
  for _ in $(seq 45); do took with_cli "$@" >> cli; took with_curl "$@" >> curl; done
  # The first ones warm up.
  for file in cli curl; do tail -n 40 "$file" > last; mv last "$file"; done
  echo "| get, $what | $(median cli) ms | $(median curl) ms | $(awk "BEGIN { printf \"%.2f\", $(median cli) / $(median curl) }") |"
}
resident() { env GOT_URL="$http" /usr/bin/time -f %M "$@" 2>&1 > out | tail -n 1; }

echo "$(basename "$program"), $(stat -c %s "$program") bytes; $(curl --version | head -n 1 | cut -d ' ' -f 1-2); load average $(cut -d ' ' -f 1 /proc/loadavg); an empty process (true): $(for _ in $(seq 40); do took env true; done > none; median none) ms"
echo
echo '| what | goterra-cli | curl | ratio |'
echo '| --- | --- | --- | --- |'
compare http "$http"
compare 'https, one CA' "$https" ca.pem
compare 'https, the CAs of a system' "$https" bundle.pem
for _ in $(seq 45); do took version; done | tail -n 40 > versions
echo "| --version | $(median versions) ms | | |"
echo "| resident memory, get over http | $(awk "BEGIN { printf \"%.1f\", $(resident "$program" get k) / 1024 }") MB | $(awk "BEGIN { printf \"%.1f\", $(resident curl -q -sS -f -K curlrc "$http$path") / 1024 }") MB | |"
