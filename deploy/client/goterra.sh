#!/bin/sh
# goterra.sh: hands small values between machines, by way of a goterra server. For machines on which goterra-cli can't run:
# needs a POSIX shell and curl, GNU wget 1.14 or nc (http only). Environment and exit codes are those of goterra-cli.
set -u
LC_ALL=C
export LC_ALL
umask 077

usage() {
  cat <<'EOF'
goterra.sh [--url URL] [--deployment ID] [--timeout TIME] COMMAND
  get KEY [--no-wait] [-n]       print a value; waits for it (30m). -n: no newline after it
  put KEY VALUE                  store a text, @FILE or - (stdin). Options stand before KEY
  wait --prefix P --count N [--fail-prefix F]
                                 wait (30m) until N keys begin with P; print their values, a line each
  fail REASON                    everybody who waits in the deployment stops with exit code 6
  status                         what is there, and who waits for what
TIME is 90s, 20m, 1h, or a number of minutes.
Environment: GOT_URL, GOT_DEPLOYMENT, GOT_TOKEN, GOT_TOKEN_FILE, GOT_APIKEY, GOT_CACERT (a file of authorities to trust)
Exit codes: 0 done, 1 other error, 2 usage, 3 timed out or absent, 4 not authorised, 5 deployment gone, 6 deployment failed, 7 unreachable
EOF
}

say() { printf '%s: %s\n' "${0##*/}" "$(printf '%s' "$1" | tr -c '\040-\176\200-\377' ' ')" >&2; }
die() { say "$2"; exit "$1"; }

# Not `date`: the clock of a new machine jumps when it is set for the first time.
now() { if read -r up _ < /proc/uptime; then echo "${up%%.*}"; else date +%s; fi 2> /dev/null; }
left() { echo $((deadline - $(now))); }

seconds() {
  case $1 in *s) n=${1%s} unit=1 ;; *m) n=${1%m} unit=60 ;; *h) n=${1%h} unit=3600 ;; *d) n=${1%d} unit=86400 ;; *) n=$1 unit=60 ;; esac
  case $n in '' | *[!0-9]* | ????????*) die 2 '--timeout must be a number of minutes, or a time like 90s, 20m or 1h' ;; esac
  while [ "${n#0}" != "$n" ] && [ "$n" != 0 ]; do n=${n#0}; done # 08 is no octal number
  limit=$((n * unit))
}

# Percent-encodes, but for the slash.
encode() {
  case $1 in *[!A-Za-z0-9._~/-]*) ;; *) printf %s "$1"; return ;; esac
  printf %s "$1" | od -An -v -tx1 | sed 's/ \(..\)/%\1/g; s/%2f/\//g' | tr -d '\n '
}

check_key() {
  [ -n "$1" ] || die 2 'the KEY is empty (an unset shell variable?)'
  [ ${#1} -le 512 ] || die 2 'the KEY is longer than 512 bytes'
  case /$1/ in *//* | */./* | */../*) die 2 'the KEY must not begin or end with a slash, nor contain //, or . or .. between slashes' ;; esac
  case $1 in *[[:cntrl:]]*) die 2 'the KEY contains a control character' ;; esac
}

# The text of a JSON string without its quotes.
unescape() {
  text=$1 plain=''
  while :; do
    case $text in *\\*) ;; *) break ;; esac
    plain=$plain${text%%\\*} text=${text#*\\}
    case $text in
      u[dD][89abAB]??\\u????*) high=${text#u} text=${text#???????} low=${text%"${text#????}"} text=${text#????}
        rune $((0x10000 + ((0x${high%"${high#????}"} & 0x3ff) << 10) + (0x$low & 0x3ff))) ;;
      u????*) text=${text#u} low=${text%"${text#????}"} text=${text#????}; rune $((0x$low)) ;;
      [bfnrt]*) plain="$plain " text=${text#?} ;;
      *) plain=$plain${text%"${text#?}"} text=${text#?} ;;
    esac
  done
  plain=$plain$text
}

rune() {
  if [ "$1" -lt 32 ]; then plain="$plain "
  elif [ "$1" -lt 128 ]; then bytes "$1"
  elif [ "$1" -lt 2048 ]; then bytes $((192 | $1 >> 6)) $((128 | $1 & 63))
  elif [ "$1" -lt 65536 ]; then bytes $((224 | $1 >> 12)) $((128 | $1 >> 6 & 63)) $((128 | $1 & 63))
  else bytes $((240 | $1 >> 18)) $((128 | $1 >> 12 & 63)) $((128 | $1 >> 6 & 63)) $((128 | $1 & 63)); fi
}

bytes() { for byte; do plain=$plain$(printf %b "\\0$(printf %o "$byte")"); done; }

# Members of a JSON body: a quote inside of a string has a backslash before it, so "name": is surely a name.
member() { sed -n 's/.*"'"$1"'":"\(\([^"\\]\|\\.\)*\)".*/\1/p' "$tmp/body" 2> /dev/null | head -n 1; }
keys() { { sed -n 's/.*"keys":\[\(.*\)\],"id":.*/\1/p' "$tmp/body"; echo; } | sed 's/{"key":"/\
/g' | sed -n 's/^\(\([^"\\]\|\\.\)*\)","size":\([0-9]*\).*/\3 \1/p'; }

explain() {
  unescape "$(member detail)"
  [ -n "$plain" ] || unescape "$(member message)"
  [ -n "$plain" ] || plain="HTTP status $status"
}

# In the background: a shell attends to signals only while it waits.
attend() { child=$!; wait "$child"; result=$?; child=''; return "$result"; }
nap() { [ "$1" -le 0 ] || { sleep "$1" & attend; }; }

choose_tool() {
  if command -v curl > /dev/null 2>&1; then tool=curl
  elif wget --version 2> /dev/null | grep -q 'GNU Wget'; then tool=wget
  else
    tool=nc nc=nc
    command -v nc > /dev/null 2>&1 || nc='busybox nc'
    # shellcheck disable=SC2086 # the program and its first argument
    $nc --help > /dev/null 2>&1 || command -v nc > /dev/null 2>&1 || die 1 'needs curl, GNU wget or nc'
    # The wget of busybox takes headers as arguments only, which all users see, can't PUT, and doesn't check certificates.
    case $url in https:*) die 1 'https needs curl or GNU wget: the tools of busybox do not check who the server is' ;; esac
  fi
}

# send METHOD URL SECONDS: one request; $tmp/request is its body. False where no complete answer came, else sets status.
send() {
  rm -f "$tmp/head" "$tmp/body" "$tmp/answer"
  : > "$tmp/error"
  "send_$tool" "$@"
  sent=$?
  if [ -f "$tmp/answer" ]; then
    size=0
    while IFS= read -r line && size=$((size + ${#line} + 1)) && [ "$line" != "$cr" ]; do printf '%s\n' "$line"; done < "$tmp/answer" > "$tmp/head"
    tail -c +$((size + 1)) "$tmp/answer" > "$tmp/body"
  fi
  status=$(sed -n 's/^HTTP[^ ]* \([0-9][0-9][0-9]\).*/\1/p' "$tmp/head" 2> /dev/null | tail -n 1)
  [ -f "$tmp/body" ] || : > "$tmp/body"
  length=$(header content-length)
  if [ -n "$status" ] && [ -n "$length" ]; then [ "$length" = "$(($(wc -c < "$tmp/body")))" ] && return; sent=1 plain='the answer was cut'; return 1; fi
  [ -n "$status" ] && [ "$sent" = 0 ] && return
  plain=$(grep . "$tmp/error" | tail -n 1)
  [ -n "$plain" ] || plain='no complete answer'
  return 1
}

header() { tr '[:upper:]' '[:lower:]' < "$tmp/head" | sed -n "s/^$1: *\([0-9]*\).*/\1/p" | tail -n 1; }

# The token goes by stdin or by a file of our own: arguments are everybody's to read.
send_curl() {
  printf 'header = "%s"\n' "$credential" "Accept: $accept" "X-Wait-Id: $wait_id" 'Content-Type: application/json' 'Expect:' |
    curl -q -sS --config - ${GOT_CACERT:+--cacert "$GOT_CACERT"} --connect-timeout 15 --max-time "$3" -X "$1" \
      -D "$tmp/head" -o "$tmp/body" ${put_body:+-T "$put_body"} "$2" 2> "$tmp/error" &
  attend
}

send_wget() {
  printf 'header = %s\n' "$credential" "Accept: $accept" "X-Wait-Id: $wait_id" 'Content-Type: application/json' > "$tmp/wgetrc"
  wget --config="$tmp/wgetrc" ${GOT_CACERT:+--ca-certificate="$GOT_CACERT"} -nv --tries=1 --timeout="$3" --max-redirect=0 \
    --content-on-error --save-headers --method="$1" ${put_body:+--body-file="$put_body"} -O "$tmp/answer" "$2" 2> "$tmp/error" &
  attend
  # 6: it wants a password, and keeps the server's words to itself.
  case $? in 0 | 8) ;; 6) printf 'HTTP/1.1 401\r\n\r\n' > "$tmp/answer" ;; *) return 1 ;; esac
}

send_nc() {
  rest=${2#*://}
  authority=${rest%%/*}
  host=$authority port=80
  case $authority in *:*[!0-9]*) ;; *:*) host=${authority%:*} port=${authority##*:} ;; esac
  case $authority in \[*\]:*) host=${authority%:*} port=${authority##*:} ;; esac
  host=${host#\[} host=${host%\]}
  rm -f "$tmp/pipe"
  mkfifo "$tmp/pipe" || return 1
  # shellcheck disable=SC2086 # nc may be two words
  # Open at both ends: the server would take the end of our half for our going away.
  { timeout "$3" $nc "$host" "$port" 3<> "$tmp/pipe" <&3 > "$tmp/answer" 2> "$tmp/error"; } &
  child=$!
  {
    printf '%s\r\n' "$1 /${rest#*/} HTTP/1.0" "Host: $authority" "$credential" "Accept: $accept" "X-Wait-Id: $wait_id" 'Content-Type: application/json'
    if [ -n "$put_body" ]; then printf 'Content-Length: %s\r\n\r\n' "$(($(wc -c < "$put_body")))"; cat "$put_body"; else printf '\r\n'; fi
  } > "$tmp/pipe" &
  writer=$!
  wait "$child"
  result=$? child=''
  kill "$writer" 2> /dev/null
  return "$result"
}

# ask METHOD PATH WAIT: repeats until the server has answered for good, or the time is over (false).
ask() {
  while :; do
    left=$(left)
    [ "$left" -ge 0 ] || left=0
    waits=$3 query=''
    [ "$waits" -le "$left" ] || waits=$left
    case $2 in *\?*) mark='&' ;; *) mark='?' ;; esac
    [ "$waits" = 0 ] || query="${mark}wait=${waits}s"
    most=$((waits + 15))
    [ "$most" -le $((left + 2)) ] || most=$((left + 2))
    asked=$(now)
    pause=0
    if send "$1" "$url/store/$deployment$2$query" "$most"; then
      case $status in
        5?? | 408 | 429) explain; pause=$(header retry-after) ;;
        2??) return 0 ;;
        3??) die 1 "$doing: the server redirects, and the token stays with the host it was given for: correct --url (GOT_URL)" ;;
        401 | 403) explain; die 4 "$doing: not authorised: $plain" ;;
        410) explain; die 5 "$doing: the deployment is gone: $plain" ;;
        424) explain; die 6 "$doing: the deployment has failed: $plain" ;;
        404) return 0 ;;
        *) explain; die 1 "$doing: $plain" ;;
      esac
    fi
    [ "$(left)" -gt 0 ] || return 1
    [ -n "$told" ] || say "$doing: $plain; trying again"
    told=1
    backoff=$((backoff < 5 ? backoff + 1 : 5))
    [ "${pause:-0}" -gt "$backoff" ] || pause=$backoff
    [ "$pause" -le "$(left)" ] || pause=$(left)
    nap "$pause"
  done
}

# await PATH: asks again and again until the answer is another than 404. False when the time is over.
await() {
  longest=25 seen='' polling=0
  [ "$limit" -gt 0 ] || longest=0
  while :; do
    if ask GET "$1" "$longest"; then seen=1; elif [ -n "$seen" ]; then return 1; else die 7 "$doing: the server could not be reached: $plain"; fi
    [ "$status" = 404 ] || return 0
    explain
    [ "$longest" -gt 0 ] && [ "$(left)" -gt 0 ] || return 1
    # A 404 that comes early is that of a server which doesn't know `wait`.
    if [ $(($(now) - asked)) -ge 5 ]; then polling=0; else polling=$((polling < 5 ? polling + 1 : 5)); nap "$polling"; fi
  done
}

once() {
  ask "$1" "$2" 0 || die 7 "$doing: the server could not be reached: $plain"
  [ "$status" != 404 ] || { explain; die 1 "$doing: $plain"; }
}

value() {
  cat "$tmp/body" || die 1 "$doing: the value can't be written"
  [ -n "$bare" ] || echo
}

do_get() {
  check_key "$1"
  doing="get $1" accept=application/octet-stream
  await "/$(encode "$1")${fail_prefix:+?fail=$(encode "$fail_prefix")}" || {
    [ "$longest" -gt 0 ] || die 3 "$doing: there is no such key"
    die 3 "$doing: timed out after ${limit}s: nobody has put it"
  }
  value
}

do_put() {
  check_key "$1"
  doing="put $1" put_body=$tmp/request
  case $2 in
    -) cat > "$put_body" ;;
    @*) cat -- "${2#@}" > "$put_body" 2> /dev/null || die 1 "$doing: the file ${2#@} can't be read" ;;
    *) printf %s "$2" > "$put_body" ;;
  esac || die 1 "$doing: the value can't be kept in $tmp"
  start
  once PUT "/$(encode "$1")"
}

do_wait() {
  [ -n "$prefix" ] || die 2 'wait needs --prefix PREFIX'
  case $count in '' | *[!0-9]* | 0*) die 2 'wait needs --count N, a number from 1 up' ;; esac
  doing="wait $prefix"
  await "?filter=$(encode "$prefix")&count=$count&values=false${fail_prefix:+&fail=$(encode "$fail_prefix")}" || die 3 "$doing: timed out after ${limit}s: $plain"
  keys > "$tmp/keys"
  [ "$(($(wc -l < "$tmp/keys")))" -ge "$count" ] || die 1 "$doing: the answer is none of a goterra server; is --url (GOT_URL) right?"
  accept=application/octet-stream
  : > "$tmp/values"
  while read -r size key; do unescape "$key"; printf '%s\n' "$plain"; done < "$tmp/keys" | sort > "$tmp/sorted"
  while IFS= read -r key; do
    once GET "/$(encode "$key")" < /dev/null
    value >> "$tmp/values"
  done < "$tmp/sorted"
  cat "$tmp/values"
}

do_fail() {
  doing=fail put_body=$tmp/request
  reason=$(printf %s "$*" | tr '[:cntrl:]' ' ' | sed 's/[\\"]/\\&/g')
  case $reason in *[!\ ]*) ;; *) reason='no reason given' ;; esac
  printf '{"reason":"%s"}' "$reason" > "$put_body"
  once POST /fail
}

do_status() {
  doing=status
  once GET '?values=false'
  unescape "$(member state)"
  printf '%s  %s\n' "$deployment" "$plain"
  unescape "$(member reason)"
  [ -z "$plain" ] || printf 'FAILED: %s\n' "$plain"
  keys | while read -r size key; do unescape "$key"; printf '%10s  %s\n' "$size" "$plain"; done
  sed -n 's/.*"hints":\["\(.*\)"\],"security":.*/\1/p; t
s/.*"hints":\["\(.*\)"\]}.*/\1/p' "$tmp/body" | sed 's/","/\
/g' | while IFS= read -r hint; do unescape "$hint"; printf 'hint: %s\n' "$plain"; done
}

start() { deadline=$(($(now) + (limit > 0 ? limit : 60))); }

url=${GOT_URL-} deployment=${GOT_DEPLOYMENT-} token='' limit='' prefix='' count='' fail_prefix='' bare='' command='' key='' no_wait=''
told='' backoff=0 child='' put_body='' plain='' accept=application/json cr=$(printf '\r')
while [ $# -gt 0 ]; do
  case $1 in -[a-z]?*) option=-$1 ;; *) option=$1 ;; esac
  case $option in
    -h | --help) usage; exit ;;
    --version) echo 'goterra.sh 0.1.0'; exit ;;
    -n | --no-newline) bare=1; shift; continue ;;
    --no-wait) no_wait=1; shift; continue ;;
    --*=*) argument=${option#*=} option=${option%%=*}; shift ;;
    -?*) [ $# -gt 1 ] || die 2 "$option: its value is missing, or there is no such option"; argument=$2; shift 2 ;;
    *)
      if [ -z "$command" ]; then command=$1; elif [ "$command" = get ] && [ -z "$key" ]; then key=$1; else break; fi
      shift
      continue ;;
  esac
  case $option in
    --url) url=$argument ;;
    --deployment) deployment=$argument ;;
    --token) token=$argument ;;
    --timeout) seconds "$argument" ;;
    --prefix) prefix=$argument ;;
    --count) count=$argument ;;
    --fail-prefix) fail_prefix=$argument ;;
    *) die 2 "there is no option $option. See ${0##*/} -h" ;;
  esac
done

case $command:$# in
  get:0 | put:2 | wait:0 | status:0 | fail:[1-9]*) ;;
  :*) usage >&2; exit 2 ;;
  get:* | put:* | wait:* | status:* | fail:*) die 2 "$command: too few or too many arguments. See ${0##*/} -h" ;;
  *) die 2 "goterra.sh does not know $command: goterra-cli, the program, may" ;;
esac
case $url in http://?* | https://?*) url=${url%/} ;; *) die 2 '--url (GOT_URL) must be an address like https://goterra.example.org' ;; esac
case $deployment in '' | *[!A-Za-z0-9_-]*) die 2 '--deployment (GOT_DEPLOYMENT) is missing, or not the id of a deployment' ;; esac
[ -n "$token" ] || token=${GOT_TOKEN-}
[ -n "$token" ] || [ -z "${GOT_TOKEN_FILE-}" ] || token=$(cat -- "$GOT_TOKEN_FILE" 2> /dev/null) || die 2 'the file that GOT_TOKEN_FILE names can not be read'
credential="Authorization: Bearer $token"
[ -n "$token" ] || { token=${GOT_APIKEY-} credential="X-API-Key: $token"; }
case $token in '') die 2 'no token: set GOT_TOKEN or GOT_TOKEN_FILE' ;; *[!\!-~]* | *[\"\\]*) die 2 'the token contains blanks, line breaks, quotes or characters beyond ASCII' ;; esac
case $command in get | wait) [ -n "$limit" ] || limit=1800 ;; *) [ -n "$limit" ] || limit=60 ;; esac
[ -z "$no_wait" ] || limit=0

tmp=$(mktemp -d) || die 1 'no folder for temporary files'
trap 'rm -rf "$tmp"' EXIT
trap '[ -z "$child" ] || kill "$child" 2> /dev/null; exit 130' INT
trap '[ -z "$child" ] || kill "$child" 2> /dev/null; exit 143' TERM
choose_tool
wait_id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
start
case $command in get) do_get "$key" ;; *) "do_$command" "$@" ;; esac
