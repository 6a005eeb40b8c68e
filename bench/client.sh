#!/usr/bin/env bash
# Measures goterra-cli beside curl: whole processes, in turn, the median of 40; http and https, --version, resident memory. Prints a table.
#   bench/client.sh PROGRAM        PROGRAM is what deploy/client/build.sh makes. Needs curl, hyperfine, openssl, socat, jq and GNU time (Debian: time).
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

# measured COMMAND...: of each, the whole process without a shell between, 8 rounds of 5 in turn; the median of its wall-clock times in milliseconds goes into median-1, median-2...
measured() {
  rm -f round-*.json
  for round in $(seq 8); do hyperfine -N --style none --warmup 1 --runs 5 --export-json "round-$round.json" "$@" 2> hyperfine.log || { cat hyperfine.log; exit 1; }; done
  for index in $(seq $#); do jq -s "[.[].results[$((index - 1))].times[] * 1000] | sort | (.[19] + .[20]) / 2 * 100 | round / 100" round-*.json > "median-$index"; done
}
compare() {
  local what=$1 cacert=${3:-}
  export GOT_URL=$2
  unset GOT_CACERT
  [ -z "$cacert" ] || export GOT_CACERT=$cacert
  local by_curl="curl -q -sS -f -K curlrc ${cacert:+--cacert $cacert} $2$path"
  [ "$("$program" get k)" = value ]
  [ "$($by_curl)" = value ]
  measured "$program get k" "$by_curl"
  echo "| get, $what | $(cat median-1) ms | $(cat median-2) ms | $(jq -n "$(cat median-1) / $(cat median-2) * 100 | round / 100") |"
}
resident() { env GOT_URL="$http" /usr/bin/time -f %M "$@" 2>&1 > out | tail -n 1; }

measured "$program --version" true
echo "$(basename "$program"), $(stat -c %s "$program") bytes; $(curl --version | head -n 1 | cut -d ' ' -f 1-2); load average $(cut -d ' ' -f 1 /proc/loadavg)"
echo
echo '| what | goterra-cli | curl | ratio |'
echo '| --- | --- | --- | --- |'
echo "| --version | $(cat median-1) ms | (an empty process, true: $(cat median-2) ms) | |"
compare http "$http"
compare 'https, one CA' "$https" ca.pem
compare 'https, the CAs of a system' "$https" bundle.pem
unset GOT_CACERT
echo "| resident memory, get over http | $(awk "BEGIN { printf \"%.1f\", $(resident "$program" get k) / 1024 }") MB | $(awk "BEGIN { printf \"%.1f\", $(resident curl -q -sS -f -K curlrc "$http$path") / 1024 }") MB | |"
