#!/usr/bin/env bash
# Puts three instances that share a Redis behind nginx and HAProxy, each with its configuration of this folder, and tries
# through both at once: a wait of more than 60 s, a value of 9 MB, a key with an encoded slash, and an instance that is gone.
#   deploy/proxy/try.sh [PROGRAM]      goterra-store; by default the one of a Debug build
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../Goterra.Api/bin/Debug/net10.0/goterra-store}
wait_seconds=${GOTERRA_TRY_WAIT:-65}

work=$(mktemp -d)
chmod 755 "$work"
started=()
trap 'kill "${started[@]}" 2> /dev/null; wait 2> /dev/null; rm -rf "$work"' EXIT
die() { echo "try.sh: $1" >&2; exit 1; }
until_true() { for _ in $(seq 600); do ! "$@" > /dev/null 2>&1 || return 0; sleep 0.1; done; die "not true within a minute: $*"; }
free_port() {
  local port
  for port in $(shuf -i 20000-29999 -n 50); do
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || { echo "$port"; return; }
  done
}

redis=$(free_port)
redis-server --port "$redis" --save '' --dir "$work" > "$work/redis.log" & started+=($!)
instances=() ports=()
for number in 1 2 3; do
  mkdir "$work/$number"
  (cd "$work/$number" && GOT_WEB_PORT=0 GOT_FEAT_ANONYMOUS=1 GOT_REDIS_HOST=127.0.0.1 GOT_REDIS_PORT=$redis GOT_LOG_FORMAT=text \
    GOT_SECRET='a secret of this trial, longer than 32 bytes' exec "$program") > "$work/$number/log" & started+=($!)
  instances+=($!)
  until_true grep -q 'Now listening on' "$work/$number/log"
  ports+=("$(sed -nE 's/.*Now listening on: \W*http:\/\/127\.0\.0\.1:([0-9]+).*/\1/p' "$work/$number/log")")
done

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost -keyout "$work/key.pem" -out "$work/certificate.pem" 2> /dev/null
cat "$work/certificate.pem" "$work/key.pem" > "$work/both.pem"
# The files as they are, but for ports and certificate.
adapt() {
  sed -e "s/127.0.0.1:8000/127.0.0.1:${ports[0]}/; s/127.0.0.1:8001/127.0.0.1:${ports[1]}/; s/127.0.0.1:8002/127.0.0.1:${ports[2]}/" \
    -e "s|/etc/ssl/certs/store.example.org.pem|$work/certificate.pem|; s|/etc/ssl/private/store.example.org.key|$work/key.pem|" \
    -e "s|/etc/haproxy/store.example.org.pem|$work/both.pem|; s|listen 443|listen 127.0.0.1:$2|; s|bind :443|bind 127.0.0.1:$2|" "$1"
}
nginx=$(free_port) haproxy=$(free_port)
{
  echo "daemon off; pid $work/nginx.pid; error_log $work/nginx.log; events {} http { access_log off;"
  for temporary in client_body proxy fastcgi uwsgi scgi; do echo "${temporary}_temp_path $work/$temporary;"; done
  adapt "$here/nginx.conf" "$nginx"
  echo '}'
} > "$work/nginx.conf"
adapt "$here/haproxy.cfg" "$haproxy" > "$work/haproxy.cfg"
nginx -e "$work/nginx.log" -c "$work/nginx.conf" & started+=($!)
haproxy -f "$work/haproxy.cfg" > "$work/haproxy.log" 2>&1 & started+=($!)

head -c 9000000 /dev/urandom > "$work/value"
through() {
  local url=https://localhost:$2 curl=(curl -sS --cacert "$work/certificate.pem" --max-time 300)
  until_true "${curl[@]}" -f "$url/store"
  local created id token
  created=$("${curl[@]}" -f -X POST "$url/store")
  id=$(sed -E 's/.*"id":"([^"]*)".*/\1/' <<< "$created") token=$(sed -E 's/.*"token":"([^"]*)".*/\1/' <<< "$created")
  local store=$url/store/$id
  curl+=(-H "Authorization: Bearer $token")

  "${curl[@]}" -f -o "$work/late-$1" "$store/late?raw&wait=10m" & local waiting=$!
  "${curl[@]}" -f -o "$work/events-$1" -N -H 'Accept: text/event-stream' "$store" & local stream=$!
  local start=$SECONDS
  "${curl[@]}" -f -o /dev/null -T "$work/value" "$store/large"
  "${curl[@]}" -f -o "$work/read-$1" "$store/large?raw"
  cmp "$work/value" "$work/read-$1" || die "$1 changed the value"
  "${curl[@]}" -f -o /dev/null -X PUT -d slash "$store/a%2Fb%20c"
  [ "$("${curl[@]}" -f "$store/a/b%20c?raw")" = slash ] || die "$1 changed the key"
  until_true grep -q '"key":"a/b c"' "$work/events-$1"
  while [ $((SECONDS - start)) -lt "$wait_seconds" ]; do sleep 1; done
  kill -0 $waiting 2> /dev/null || die "$1 ended the wait"
  "${curl[@]}" -f -o /dev/null -X PUT -d arrived "$store/late"
  wait $waiting || die "$1: the wait failed"
  [ "$(cat "$work/late-$1")" = arrived ] || die "$1: the wait got something else"
  kill $stream
  echo "$1: a wait of $((SECONDS - start)) s, a value of 9 MB, and a stream"
  echo "$store $token" > "$work/deployment-$1"
}
through nginx "$nginx" & one=$!
through haproxy "$haproxy" & other=$!
wait $one
wait $other

# One instance is gone: what it answered, the others answer.
kill -9 "${instances[0]}"
wait "${instances[0]}" 2> /dev/null || true
for proxy in nginx haproxy; do
  read -r store token < "$work/deployment-$proxy"
  for _ in $(seq 20); do
    [ "$(curl -sSf --cacert "$work/certificate.pem" -H "Authorization: Bearer $token" --retry 5 "$store/late?raw")" = arrived ] ||
      die "$proxy: the value is gone with an instance"
  done
  echo "$proxy: goes on without an instance"
done
