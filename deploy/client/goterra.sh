#!/bin/sh
# goterra.sh: exchanges small values between machines through a goterra server, for machines that goterra-cli does not support.
# Needs a POSIX shell, and curl or GNU wget 1.14. Uses the environment variables and exit codes of goterra-cli.
set -u
export LC_ALL=C
umask 077
usage() { cat <<'END'
goterra.sh [--url URL] [--deployment ID] [--timeout TIME] COMMAND
  get KEY [--no-wait] [-n] [--out FILE] [--fail-prefix F]   print a value, or write it to FILE; waits for it (30m). -n: no newline
  put [--if-absent] KEY VALUE   store text, @FILE or - (stdin). --if-absent: exit code 8 if the key exists. Options must precede KEY
  wait --prefix P --count N [--fail-prefix F]   wait (30m) until N keys start with P; print their values, one per line
  fail [--source NAME] REASON   declare the deployment failed: all waits in it end with exit code 6. NAME: who reports it
  resume [--source NAME]        take back all failures, or that of NAME
  status            show the state, the keys and the waiting clients
TIME is 90s, 20m, 1h, or a number of minutes.
Environment: GOT_URL, GOT_DEPLOYMENT, GOT_TOKEN, GOT_TOKEN_FILE, GOT_TICKET, GOT_TICKET_FILE, GOT_APIKEY, GOT_STATE_DIR, GOT_FENCE,
  GOT_CACERT (PEM file of trusted CAs), GOT_TRIM (put: only the last GOT_TRIM bytes of a file or stdin)
Exit codes: 0 success, 1 other error, 2 usage, 3 timed out or key not found, 4 not authorized, 5 deployment gone, 6 deployment failed, 7 unreachable, 8 condition not met, or lost the lease
END
}
say() { printf '%s: %s\n' "${0##*/}" "$(printf '%s' "$1" | tr -c '\040-\176\200-\377' ' ')" >&2; }
die() { say "$2"; exit "$1"; }
# Not `date`: the clock of a new machine jumps when it is first set.
now() { if read -r up _ < /proc/uptime; then echo "${up%%.*}"; else date +%s; fi 2> /dev/null; }
left() { echo $((deadline > $(now) ? deadline - $(now) : 0)); }
start() { deadline=$(($(now) + (limit > 0 ? limit : 60))); }
seconds() {
  case $1 in *s) n=${1%s} unit=1 ;; *m) n=${1%m} unit=60 ;; *h) n=${1%h} unit=3600 ;; *d) n=${1%d} unit=86400 ;; *) n=$1 unit=60 ;; esac
  case $n in '' | *[!0-9]* | ????????*) die 2 '--timeout must be a number of minutes, or a time such as 90s, 20m or 1h' ;; esac
  while [ "${n#0}" != "$n" ] && [ "$n" != 0 ]; do n=${n#0}; done # 08 is not an octal number
  limit=$((n * unit))
}

# Spaces, line breaks and a byte order mark at either end, as editors and Windows leave them.
space=$(printf ' \t\r\n.') space=${space%.} mark_utf8=$(printf '\357\273\277')
trim_space() {
  trimmed=${1#"$mark_utf8"}
  while :; do case $trimmed in ["$space"]*) trimmed=${trimmed#?} ;; *["$space"]) trimmed=${trimmed%?} ;; *) return 0 ;; esac; done
}
read_secret() { secret=$(cat -- "$1" 2> /dev/null) || return 1; trim_space "$secret"; secret=$trimmed; }

# Percent-encodes, except for slashes.
encode() { case $1 in *[!A-Za-z0-9._~/-]*) printf %s "$1" | od -An -v -tx1 | sed 's/ \(..\)/%\1/g; s/%2f/\//g' | tr -d '\n ' ;; *) printf %s "$1" ;; esac; }
check_key() {
  [ -n "$1" ] || die 2 'the KEY is empty (is a shell variable unset?)'
  case /$1/ in *//* | */./* | */../*) die 2 'the KEY must not begin or end with a slash, nor contain //, or . or .. between slashes' ;; esac
}

# Prints the scalars of a JSON body, one per line: `.keys.key nodes/a`. Replaces control characters by spaces.
scalars() {
  grep -o '"\([^"\\]\|\\.\)*"\|[][{}:,]\|[^][{}:," ]\{1,\}' "$tmp/body" 2> /dev/null | awk '
    function hex(s, n, i) { n = 0; for (i = 1; i <= 4; i++) n = n * 16 + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1; return n }
    function utf8(n) {
      if (n < 128) return n < 32 ? " " : sprintf("%c", n)
      if (n < 2048) return sprintf("%c%c", 192 + int(n / 64), 128 + n % 64)
      if (n < 65536) return sprintf("%c%c%c", 224 + int(n / 4096), 128 + int(n / 64) % 64, 128 + n % 64)
      return sprintf("%c%c%c%c", 240 + int(n / 262144), 128 + int(n / 4096) % 64, 128 + int(n / 64) % 64, 128 + n % 64)
    }
    function plain(s, out, c, i, n) {
      for (out = ""; (i = index(s, "\\")) > 0; out = out c) {
        out = out substr(s, 1, i - 1); c = substr(s, i + 1, 1); s = substr(s, i + 2)
        if (c ~ /[bfnrt]/) c = " "; else if (c == "u") {
          n = hex(s); s = substr(s, 5)
          if (n >= 55296 && n < 56320) { n = 65536 + (n - 55296) * 1024 + hex(substr(s, 3)) - 56320; s = substr(s, 7) }
          c = utf8(n)
        }
      }
      return out s
    }
    function path() { return kind[depth] == "{" ? at[depth] "." name[depth] : at[depth] }
    /^[[{]$/ { inner = path(); kind[++depth] = $0; at[depth] = inner; named = 0; next }
    /^[]}]$/ { depth--; next }
    $0 == "," || $0 == ":" { named = $0 == ":"; next }
    kind[depth] == "{" && !named { name[depth] = plain(substr($0, 2, length($0) - 2)); next }
    $0 != "null" { print path() " " (/^"/ ? plain(substr($0, 2, length($0) - 2)) : $0) }'
}
member() { scalars | sed -n "s/^\.$1 //p" | head -n 1; }
header() { tr -d '\r' < "$tmp/head" | sed -n "s/^ *$1: *//p" | tail -n 1; }
# genuine METHOD PATH: whether the response is from a goterra server. Portals, CDNs and proxies answer any request with 200, or with an error
# that would have a meaning here.
genuine() {
  type=$(header '[Cc]ontent-[Tt]ype') tag=$(header '[Ee][Tt]ag') tag=${tag#W/}; type=${type%%;*}
  # A revision and a nonce, "7.0123456789abcdef", or the nonce alone.
  case $tag in \"*\") mark=${tag#\"} mark=${mark%\"} ;; *) mark='' ;; esac
  case $mark in *.*) case ${mark%%.*} in '' | *[!0-9]*) mark='' ;; *) mark=${mark#*.} ;; esac ;; esac
  case $mark in *[!0-9a-f]*) mark='' ;; ????????????????) ;; *) mark='' ;; esac
  case $1:$status:$type in
    GET:200:application/octet-stream) [ "$accept" = "$type" ] && [ -n "$mark" ] ;;
    GET:200:application/json) [ "$accept" = "$type" ] && [ -n "$(member state)" ] ;;
    PUT:200:application/json) [ "$(member message)" = "done" ] && [ -n "$mark" ] ;;
    POST:200:application/json) [ "$2:$(member message)" = /fail:failed ] || [ "$2:$(member message)" = /resume:resumed ] || [ -n "$(member token)" ] ;;
    # A goterra server says that of a path outside of its API: --url has a path too many.
    *:404:application/problem+json) case $(member detail) in 'Path not found'* | '') false ;; esac ;;
    *:404:* | *:410:* | *:412:* | *:424:*) [ "$type" = application/problem+json ] && [ -n "$(member detail)" ] ;;
    # Retrying cannot change these, unlike other errors of a proxy.
    *:2* | *:501:* | *:505:* | *:511:* | *:[06-9]??:*) false ;;
  esac
}
explain() {
  plain=$(member detail); plain=${plain:-$(member message)}; [ -z "$plain" ] || return 0
  case $status in
    405) plain='HTTP status 405: the server does not support this: it is the original goterra-store, or --url (GOT_URL) is wrong' ;;
    413) plain='HTTP status 413: a proxy in front of the server limits the size of requests' ;;
    *) plain="HTTP status $status" ;;
  esac
}
# In the background: a shell only handles signals while it waits.
attend() { child=$!; wait "$child"; result=$?; child=''; return "$result"; }
nap() { sleep "$1" & attend; }
# foreign MESSAGE: ends the command; but once goterra has answered, a proxy cannot reach it for the moment.
foreign() { plain=$1; [ -n "$reached" ] || die 1 "$doing: $plain"; }
# send METHOD URL SECONDS: sends one request and sets status. False if there was no complete response. The time-out counts silence: a large
# value may take its time.
send() {
  rm -f "$tmp/head" "$tmp/body" "$tmp/error"
  case $1:$accept in GET:*json) most=300000000 ;; GET:*) most=64000000 ;; *) most=1000000 ;; esac
  "send_$tool" "$@"
  sent=$?
  status=$(sed -n 's/^ *HTTP[^ ]* \([0-9][0-9][0-9]\).*/\1/p' "$tmp/head" 2> /dev/null | tail -n 1)
  [ -n "$status" ] && [ "$sent" = 0 ] && return
  plain=$(sed -n 's/^curl: ([0-9]*) //p' "$tmp/error" 2> /dev/null | head -n 1)
  plain=${plain:-$(grep -s . "$tmp/error" | tail -n 1)} plain=${plain:-no complete answer}
  [ ! -s "$tmp/body" ] || [ "$(wc -c < "$tmp/body")" -lt "$most" ] || plain='it is too long' result=63
  case $tool:$result:$plain in
    curl:1:*HTTP/0.9*)
      foreign 'the server does not speak HTTP on this port: should --url (GOT_URL) begin with https://, or use another port?' ;;
    curl:1:*rotocol*) die 1 "$doing: this curl does not support the protocol of --url (GOT_URL)" ;;
    curl:1:* | *:63:*) foreign "the response is not from a goterra server: $plain; is --url (GOT_URL) right?" ;;
    # The message quotes the URL, which may contain a password.
    *'roxy syntax'* | *'roxy scheme'* | *'roxy URL'*)
      die 2 'http_proxy or https_proxy is not the URL of a proxy, such as http://proxy.example.org:3128' ;;
    curl:3:*) die 2 "--url (GOT_URL): $plain" ;;
    curl:35:*'wrong version number'* | curl:35:*'unexpected TLS packet'* | \
      wget:*'wrong version number'* | wget:*'unexpected TLS packet'*)
      foreign 'TLS: the server does not use TLS on this port: should --url (GOT_URL) begin with http://, or use another port?' ;;
    curl:56:*CONNECT*40[37]* | curl:56:*40[37]*CONNECT*) die 1 "$doing: the proxy refuses to connect to the server: $plain" ;;
    # The clock of a new machine may be behind.
    curl:*'not yet'* | wget:*'not yet'*) ;;
    curl:51:* | curl:60:* | curl:77:* | wget:5:*) die 1 "$doing: TLS: $plain. For a private CA, set GOT_CACERT to a PEM file with its certificate" ;;
  esac
  return 1
}

# A page may be endless, which neither wget nor curl before 8.4 limits if it has no length. Writing beyond the limit fails.
bound() { trap '' XFSZ; ulimit -f $((most / 512 + 1)); }
# The token is passed through stdin or a private file: all users can see arguments.
send_curl() {
  printf 'header = "%s"\n' "$credential" "Accept: $accept" "X-Wait-Id: $wait_id" ${rest:+"X-Wait-Left: ${rest}s"} 'Content-Type: application/json' 'Expect:' ${fence:+"Goterra-Fence: $(printf %s "$fence" | sed 's/"/\\"/g')"} ${condition:+"If-None-Match: *" "Idempotency-Key: $wait_id"} |
    { bound; exec curl -q -sS --config - --max-filesize "$most" ${GOT_CACERT:+--cacert "$GOT_CACERT"} --connect-timeout 15 \
      --speed-limit 1 --speed-time "$3" -X "$1" -D "$tmp/head" -o "$tmp/body" ${put_body:+-T "$put_body"} "$2" 2> "$tmp/error"; } &
  attend
}

send_wget() {
  printf 'header = %s\n' "$credential" "Accept: $accept" "X-Wait-Id: $wait_id" ${rest:+"X-Wait-Left: ${rest}s"} 'Content-Type: application/json' ${fence:+"Goterra-Fence: $fence"} ${condition:+"If-None-Match: *" "Idempotency-Key: $wait_id"} > "$tmp/wgetrc"
  { bound; exec wget --config="$tmp/wgetrc" ${GOT_CACERT:+--ca-certificate="$GOT_CACERT"} -nv -S --tries=1 --timeout="$3" --connect-timeout=$(($3 < 10 ? $3 : 10)) --max-redirect=0 \
    --content-on-error --method="$1" ${put_body:+--body-file="$put_body"} -O "$tmp/body" "$2" 2> "$tmp/head"; } &
  attend && return
  { grep -v '^ ' "$tmp/head"; grep ERROR "$tmp/head"; grep 'not yet\|unexpected TLS packet\|wrong version number' "$tmp/head"; } > "$tmp/error"
  # 8 is an HTTP error; 6 is a 401, whose body wget does not show.
  case $result in 6 | 8) ;; *) return 1 ;; esac
}

# ask METHOD PATH WAIT: retries until there is a final response. Returns 1 on 404, or if the deadline passes after a 404.
ask() {
  while :; do
    left=$(left) asked=$(now) pause=0 query='' rest=''
    waits=$(($3 < left ? $3 : left))
    case $2 in *\?*) mark='&' ;; *) mark='?' ;; esac
    [ "$waits" = 0 ] || query="${mark}wait=${waits}s" rest=$((left - waits))
    if send "$1" "$url/store/$deployment$2$query" $(((waits + 15 < left + 2 ? waits + 15 : left + 2) + upload)); then
      if genuine "$1" "$2"; then
        case $status in 2??) reached=1; return 0 ;; esac
        explain
      else
        foreign "the response (HTTP status $status, ${type:-no Content-Type}) is not from a goterra server; is --url (GOT_URL) right?"
        status=503
      fi
      case $status in
        404)
          seen=1 reached=1
          # The last response, after a request that does not wait, has no hint.
          case $pending in "$plain"*) ;; *) pending=$plain ;; esac
          return 1 ;;
        5?? | 408 | 429) pause=$(sed -n 's/^ *[Rr]etry-[Aa]fter: *\([0-9]\{1,6\}\).*/\1/p' "$tmp/head" | tail -n 1) ;;
        3??) die 1 "$doing: the server redirects, but the token is only sent to the configured host: correct --url (GOT_URL)" ;;
        401 | 403)
          # A command may outlive its token: the file may have a renewed one.
          if [ "$status" = 401 ] && [ -n "$token_file" ] && read_secret "$token_file" && [ -n "$secret" ] && [ "$secret" != "$token" ]; then
            token=$secret credential="Authorization: Bearer $token"
            continue
          fi
          [ "$status" = 403 ] || rm -f "$kept"; die 4 "$doing: not authorized: $plain" ;;
        410) [ "$2" = /redeem ] && die 4 "$doing: $plain"; die 5 "$doing: the deployment is gone: $plain" ;;
        412) [ -z "$condition" ] || [ -n "$fence" ] || plain='the key exists already (--if-absent); nothing was written'; die 8 "$doing: $plain" ;;
        424) die 6 "$doing: the deployment has failed: $plain" ;;
        *) die 1 "$doing: $plain" ;;
      esac
    fi
    left=$(left) backoff=$((backoff < 5 ? backoff + 1 : 5))
    [ "$left" -gt 0 ] || { [ -n "$seen" ] && return 1; [ -n "$status" ] || plain="the server could not be reached: $plain"; die 7 "$doing: gave up: $plain"; }
    [ -n "$told" ] || say "$doing: $plain; retrying"
    told=1 pause=$((${pause:-0} > backoff ? pause : backoff))
    nap $((pause < left ? pause : left))
  done
}

# await PATH: repeats until the response is not 404. False at the deadline.
await() {
  until ask GET "$1" $((limit > 0 ? 25 : 0)); do
    [ "$limit" -gt 0 ] && [ "$(left)" -gt 0 ] || return 1
    case $hinted:$pending in :*nearest*) hinted=1; say "$doing: waiting: $pending" ;; esac
    # An early 404 is from a server that does not support `wait`.
    [ $(($(now) - asked)) -ge 5 ] || nap 1
  done
}
once() { seen=''; ask "$1" "$2" 0 || die 1 "$doing: $plain"; }

# Writes stdin to a file, and to the disk: a file that a power cut leaves empty would lock the machine out.
keep() { dd of="$1" conv=fsync 2> /dev/null || cat > "$1"; }

# Exchanges the ticket for a token, which is stored like that of goterra-cli; again only if the server has rejected it.
redeem() {
  state=${GOT_STATE_DIR:-/var/lib/goterra}
  mkdir -p "$state" 2> /dev/null && [ -w "$state" ] || [ -n "${GOT_STATE_DIR-}" ] || state=${XDG_STATE_HOME:-${HOME-}/.local/state}/goterra
  hash=$(printf %s "$ticket" | sha256sum) hash=${hash%% *} kept=$state/token-$(printf %.16s "$hash").json doing='redeem the ticket' put_body=$tmp/request
  # If two processes start at once, one creates the link, and both use its target.
  # An empty file is from a power cut: that id was never sent.
  { [ ! -e "$state/machine" ] && [ ! -L "$state/machine" ]; } || [ -s "$state/machine" ] || rm -f "$state/machine"
  mkdir -p "$state" && { [ -s "$state/machine" ] || { od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n' | keep "$state/machine.$wait_id" && { ln -s "machine.$wait_id" "$state/machine" || rm "$state/machine.$wait_id"; }; }; }
  [ -s "$state/machine" ] || die 1 "cannot store the machine's id, which its ticket needs after a restart: set GOT_STATE_DIR to a writable directory"
  ! cp "$kept" "$tmp/body" 2> /dev/null || token=$(member token)
  [ -z "$token" ] || return
  printf '{"ticket":"%s","machine":"%s"}' "$ticket" "$(cat "$state/machine")" > "$put_body" && once POST /redeem && token=$(member token)
  [ -n "$token" ] || die 1 "$doing: the response is not from a goterra server; is --url (GOT_URL) right?"
  { printf '{"ticket_sha256":"%s","id":"%s","token":"%s"}' "$hash" "$deployment" "$token" | keep "$kept.$wait_id" && mv "$kept.$wait_id" "$kept"; } || say "$kept cannot be written, so the next start redeems the ticket again"
}

do_get() { # --out: devices, pipes and links are written to in place
  check_key "$1"; doing="get $1" accept=application/octet-stream
  await "/$(encode "$1")${fail_prefix:+?fail=$(encode "$fail_prefix")}" || { [ "$limit" = 0 ] && die 3 "$doing: key not found"; hint=${pending%.}; die 3 "$doing: timed out after ${limit}s: key not found${hint#Key not found}"; }
  [ -z "$out" ] || { file=$out.$wait_id; [ ! -L "$out" ] && { [ ! -e "$out" ] || [ -f "$out" ]; } || file=$out; cat "$tmp/body" > "$file" && { [ "$file" = "$out" ] || mv "$file" "$out"; } && return; [ "$file" = "$out" ] || rm -f "$file"; die 1 "$doing: $out cannot be written"; }
  # 141: SIGPIPE, the reader closed the pipe.
  cat "$tmp/body" || { [ $? != 141 ] || exit 141; die 1 "$doing: the value cannot be written"; }
  [ -n "$bare" ] || echo
}

do_put() {
  check_key "$1"
  doing="put $1" put_body=$tmp/request fence=${GOT_FENCE-} condition=$if_absent
  case $2 in -) cat ;; @*) cat -- "${2#@}" ;; *) trim='' && printf %s "$2" ;; esac > "$put_body" || die 1 "$doing: the value cannot be read, or not stored in $tmp"
  [ -z "$trim" ] || { tail -c "$trim" "$put_body" > "$tmp/last" && put_body=$tmp/last; } || die 1 "$doing: the value cannot be stored in $tmp"
  # What curl has sent may still be in buffers of the system, on its way through a slow link.
  upload=$(($(wc -c < "$put_body") / 50000))
  start
  once PUT "/$(encode "$1")"
}

do_wait() {
  case ${prefix:+$count} in '' | *[!0-9]* | 0*) die 2 'wait needs --prefix PREFIX and --count N, a number, at least 1' ;; esac
  doing="wait $prefix"
  await "?filter=$(encode "$prefix")&count=$count&values=false${fail_prefix:+&fail=$(encode "$fail_prefix")}" || die 3 "$doing: timed out after ${limit}s: $pending"
  scalars | sed -n 's/^\.keys\.key //p' | sort > "$tmp/keys"
  [ "$(wc -l < "$tmp/keys")" -ge "$count" ] || die 1 "$doing: the response is not from a goterra server; is --url (GOT_URL) right?"
  accept=application/octet-stream
  while IFS= read -r key; do
    once GET "/$(encode "$key")" < /dev/null
    { cat "$tmp/body" && echo; } >> "$tmp/values" || die 1 "$doing: the values cannot be stored in $tmp"
  done < "$tmp/keys"; cat "$tmp/values"
}

do_fail() {
  doing=fail put_body=$tmp/request
  reason=$(printf %s "$*" | head -c 2000 | tr '[:cntrl:]' ' ' | sed 's/[\\"]/\\&/g')
  case $reason in *[!\ ]*) ;; *) reason='no reason given' ;; esac
  # A part of a log may start or end within a character; the server rejects JSON that is not UTF-8, and the failure would not be reported.
  ! printf %s "$reason" | od -An -v -tx1 | tr -d '\n' | sed 's/ [0-7]./-/g; s/ c[2-9a-f] [89ab]./-/g; s/ d. [89ab]./-/g; s/ e. [89ab]. [89ab]./-/g; s/ f[0-4] [89ab]. [89ab]. [89ab]./-/g' | grep -q ' ' || reason=$(printf %s "$reason" | tr '\200-\377' '?')
  printf '{"reason":"%s"%s}' "$reason" "${source:+,$(source_member)}" > "$put_body"
  once POST /fail
}

source_member() { printf '"source":"%s"' "$(printf %s "$source" | sed 's/[\\"]/\\&/g')"; }

do_resume() {
  doing=resume
  [ -z "$by_source" ] || [ -n "$source" ] || die 2 '--source is empty (is a shell variable unset?)'
  [ -z "$source" ] || { put_body=$tmp/request; printf '{%s}' "$(source_member)" > "$put_body"; }
  once POST /resume
}

do_status() {
  doing=status; once GET '?values=false'
  printf '%s  %s\n' "$deployment" "$(member state)"
  scalars | sed -n 's/^\.reason /FAILED: /p; s/^\.hints /hint: /p; /^\.keys\.key /{s///;h;}; /^\.keys\.size /{s///;G;s/\n/  /;s/^/  /p;}'
}

url=${GOT_URL-} deployment=${GOT_DEPLOYMENT-} trim=${GOT_TRIM-} token='' limit='' no_wait='' prefix='' count='' fail_prefix='' if_absent='' source='' by_source='' bare='' out='' command='' key=''
told='' seen='' reached='' pending='' hinted='' upload=0 token_file='' backoff=0 child='' put_body='' plain='' fence='' condition='' ticket='' kept='' accept=application/json
while [ $# -gt 0 ]; do
  case $1 in -[a-z]?*) option=-$1 ;; *) option=$1 ;; esac
  case $option in
    -h | --help) usage; exit ;; --version) echo 'goterra.sh 0.2.0'; exit ;;
    -n | --no-newline) bare=1; shift; continue ;; --no-wait) no_wait=1; shift; continue ;;
    --if-absent) if_absent=1; shift; continue ;;
    --*=*) argument=${option#*=} option=${option%%=*}; shift ;;
    -?*) [ $# -gt 1 ] || die 2 "$option: missing value, or unknown option"; argument=$2; shift 2 ;;
    *) if [ -z "$command" ]; then command=$1; elif [ "$command" = get ] && [ -z "$key" ]; then key=$1; else break; fi; shift; continue ;;
  esac
  case $option in
    --url) url=$argument ;; --deployment) deployment=$argument ;; --token) token=$argument ;; --timeout) seconds "$argument" ;;
    --prefix) prefix=$argument ;; --count) count=$argument ;; --fail-prefix) fail_prefix=$argument ;; --out) out=$argument ;; --source) source=$argument by_source=1 ;;
    *) die 2 "unknown option $option. See ${0##*/} -h" ;;
  esac
done

case $command:$# in
  get:0 | put:2 | wait:0 | status:0 | resume:0 | fail:[1-9]*) ;;
  :*) usage >&2; exit 2 ;;
  get:* | put:* | wait:* | status:* | resume:* | fail:*) die 2 "$command: too few or too many arguments. See ${0##*/} -h" ;;
  *) die 2 "unknown command $command (goterra.sh supports fewer commands than goterra-cli)" ;;
esac
trim_space "$url"; url=$trimmed
while [ "${url%/}" != "$url" ]; do url=${url%/}; done
case $url in
  */store) die 2 '--url (GOT_URL) must not end with /store, which the client appends' ;;
  *[\?#]*) die 2 '--url (GOT_URL) must not contain ? or #' ;;
  *[!\!-~]*) die 2 '--url (GOT_URL) contains spaces, line breaks or non-ASCII characters' ;;
  http://?* | https://?*) authority=${url#*://} authority=${authority%%/*} ;;
  *) die 2 '--url (GOT_URL) must begin with http:// or https://, such as https://goterra.example.org' ;;
esac
case $authority in *@*) die 2 '--url (GOT_URL) must not contain a user or password' ;; \[*\]*) port=${authority##*\]} ;; *:*) port=:${authority#*:} ;; *) port='' ;; esac
case $port in '' | : | :[1-9] | :[0-9][0-9] | :[0-9][0-9][0-9] | :[0-9][0-9][0-9][0-9] | :[0-6][0-9][0-9][0-9][0-9]) ;; *) die 2 '--url (GOT_URL): what follows the host is not a port (an IPv6 address needs brackets: http://[::1]:8000)' ;; esac
case $url in https://*)
  [ -z "${GOT_CACERT-}" ] || grep -q 'BEGIN CERTIFICATE' -- "$GOT_CACERT" 2> /dev/null || die 2 "GOT_CACERT: $GOT_CACERT cannot be read, or contains no certificate in PEM form" ;;
esac
case $trim in *[!0-9]* | ????????????*) die 2 'GOT_TRIM must be a number of bytes' ;; esac
case ${GOT_FENCE-} in *[!\ -~]*) die 2 'GOT_FENCE contains non-ASCII characters' ;; '' | *?\ \"?*\") ;; *) die 2 "GOT_FENCE must be the key of a lease, a space, and its ETag, as set by goterra-cli elect" ;; esac
trim_space "${token:-${GOT_TOKEN-}}"; token=$trimmed
trim_space "${GOT_TICKET-}"; ticket=$trimmed
if [ -z "$token" ] && [ -n "${GOT_TOKEN_FILE-}" ]; then
  read_secret "$GOT_TOKEN_FILE" || die 2 'the file named by GOT_TOKEN_FILE cannot be read'
  token=$secret token_file=$GOT_TOKEN_FILE
fi
if [ -z "$token$ticket" ] && [ -n "${GOT_TICKET_FILE-}" ]; then
  read_secret "$GOT_TICKET_FILE" || die 2 'the file named by GOT_TICKET_FILE cannot be read'
  ticket=$secret
fi
trim_space "$deployment"; deployment=$trimmed
credential="Authorization: Bearer $token"
if [ -n "$token" ]; then ticket=''
elif [ -n "$ticket" ]; then credential='Accept-Language: en' deployment=${deployment:-${ticket%%.*}}
else trim_space "${GOT_APIKEY-}"; token=$trimmed credential="X-API-Key: $token"; fi
case $token$ticket in '') die 2 'no token: set GOT_TOKEN, GOT_TOKEN_FILE or GOT_TICKET' ;; *[!\!-~]* | *[\"\\]*) die 2 'the token or ticket contains spaces, line breaks, quotes or non-ASCII characters' ;; esac
case $deployment in '' | *[!A-Za-z0-9_-]*) die 2 '--deployment (GOT_DEPLOYMENT) is missing, or not the id of a deployment' ;; esac
case $ticket in '' | *?.?*) ;; *) die 2 'the ticket (GOT_TICKET) is not a ticket: expected the output of goterra-cli ticket create' ;; esac
case $ticket in '' | "$deployment".*) ;; *) die 2 'the ticket belongs to another deployment than --deployment (GOT_DEPLOYMENT), which is not needed with a ticket' ;; esac
case $command in get | wait) limit=${limit:-1800} ;; *) limit=${limit:-60} ;; esac; [ -z "$no_wait" ] || limit=0
if command -v curl > /dev/null 2>&1; then tool=curl
elif wget --version 2> /dev/null | grep -q 'GNU Wget'; then tool=wget
else die 1 'needs curl or GNU wget: the wget of busybox cannot PUT, exposes the token in the process list, and does not verify certificates'; fi
tmp=$(mktemp -d) || die 1 'cannot create a temporary directory'
stop() { [ -z "$child" ] || kill "$child" 2> /dev/null; exit "$1"; }
trap 'rm -rf "$tmp"' EXIT; trap 'stop 130' INT; trap 'stop 143' TERM
wait_id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
start
[ -z "$ticket" ] || { redeem; credential="Authorization: Bearer $token" put_body='' told=''; }
case $command in get) do_get "$key" ;; *) "do_$command" "$@" ;; esac
