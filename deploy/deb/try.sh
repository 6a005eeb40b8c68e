#!/usr/bin/env bash
# Installs the package on this machine, which must be Debian without it: uses it as the unit would, upgrades and removes it.
#   deploy/deb/try.sh [FOLDER]      as root; with the packages in FOLDER, or else with new ones
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
state=/var/lib/goterra-store config=/etc/goterra-store/goterra-store.yml

die() { echo "try.sh: $1" >&2; [ ! -s "${log:-}" ] || tail -n 20 "$log" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die 'needs root: it installs a package.'
! dpkg-query -W goterra-store > /dev/null 2>&1 || die 'goterra-store is installed. Run this on another machine.'
[ ! -e $state ] || die "$state exists. Move it away."

work=$(mktemp -d)
chmod 755 "$work"
log=$work/log server='' watcher=''
clean_up() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  [ -z "$watcher" ] || kill "$watcher" 2> /dev/null || true
  dpkg -P goterra-store > /dev/null 2>&1 || true
  if getent passwd goterra-store > /dev/null; then userdel goterra-store; fi
  rm -rf $state "$work"
}
trap clean_up EXIT

until_true() { for _ in $(seq 600); do ! "$@" > /dev/null 2>&1 || return 0; sleep 0.1; done; die "not true within a minute: $*"; }
has() { grep -qE -- "$1" "$2" || die "'$1' is missing in: $(cat "$2")"; }
as_service() { setpriv --reuid goterra-store --regid goterra-store --clear-groups --no-new-privs -- "$@"; }

# start_server [COMMAND...]: the command line of the unit, as its user, under COMMAND.
start_server() {
  : > "$log"
  : > "$work/notified"
  socat -u "UNIX-RECV:$work/notify" "OPEN:$work/notified,append" & watcher=$!
  until_true test -S "$work/notify"
  chmod 777 "$work/notify"
  local line
  line=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/goterra-store.service)
  # shellcheck disable=SC2086 # a command line
  (cd $state && NOTIFY_SOCKET=$work/notify exec "$@" setpriv --reuid goterra-store --regid goterra-store --clear-groups \
    --no-new-privs --bounding-set=-all -- $line) > "$log" 2>&1 & server=$!
  until_true grep -q 'READY=1' "$work/notified"
  until_true grep -q 'Now listening on' "$log"
  url=$(sed -nE 's/.*Now listening on: \\?"?(http[^"\\]*).*/\1/p' "$log" | head -n 1)
}

# The process of the server itself, which strace starts as its child.
server_process() {
  local child
  child=$(tr -d ' ' < "/proc/$server/task/$server/children")
  echo "${child:-$server}"
}

stop_server() {
  kill -TERM "$(server_process)"
  wait "$server" || die "the server ended with $?"
  has STOPPING=1 "$work/notified"
  kill "$watcher" 2> /dev/null || true
  rm -f "$work/notify"
  server='' watcher=''
}

echo '-- build'
packages=${1:-$work/debs}
[ $# -gt 0 ] || GOTERRA_DEB_COMPRESSION=-Zgzip "$here/build.sh" "$packages" > "$work/build" || die "$(cat "$work/build")"
new=$(echo "$packages"/goterra-store_*_"$(dpkg --print-architecture)".deb)
dpkg-deb --fsys-tarfile "$packages"/*_arm64.deb | tar -xOf - ./usr/lib/goterra-store/goterra-store > "$work/arm64"
# EM_AARCH64 in the ELF header.
[ "$(od -An -tx1 -j18 -N1 "$work/arm64")" = ' b7' ] || die 'the program for arm64 is for another machine'
dpkg-deb -R "$new" "$work/older"
sed -i 's/^Version: .*/Version: 0.1.99/' "$work/older/DEBIAN/control"
dpkg-deb -Zgzip --root-owner-group --build "$work/older" "$work/older.deb" > /dev/null

echo '-- install'
dpkg -i "$work/older.deb" > "$work/out" 2>&1 || die "$(cat "$work/out")"
[ "$(stat -c '%U %G %a' $config)" = 'root goterra-store 640' ] || die "$config: $(stat -c '%U %G %a' $config)"
[ "$(stat -c '%U %a' $state)" = 'goterra-store 700' ] || die "$state: $(stat -c '%U %a' $state)"
systemd-analyze verify goterra-store.service 2>&1 | grep goterra-store > "$work/out" && die "$(cat "$work/out")"
systemd-analyze security --offline=true --threshold=20 goterra-store.service > "$work/out" || die "$(tail -n 1 "$work/out")"
tail -n 1 "$work/out"
groff -man -ww -Tutf8 <(gzip -dc /usr/share/man/man8/goterra-store.8.gz) > /dev/null 2> "$work/out"
[ ! -s "$work/out" ] || die "$(cat "$work/out")"
for script in /usr/share/bash-completion/completions/goterra-store /usr/share/zsh/vendor-completions/_goterra-store; do
  bash -n "$script"
done

echo '-- use'
as_service goterra-store check --config $config > "$work/out" || die "$(cat "$work/out")"
printf 'features: { anonymous: true }\nweb: { port: 0 }\n' >> $config
start_server
token=$(curl -sSf -X POST "$url/store") id=''
id=$(sed -E 's/.*"id":"([^"]*)".*/\1/' <<< "$token") token=$(sed -E 's/.*"token":"([^"]*)".*/\1/' <<< "$token")
curl -sSf -o "$work/out" -X PUT -H "Authorization: Bearer $token" -d kept "$url/store/$id/k"
echo 'limits: { keys: 77 }' >> $config
kill -HUP "$server"
until_true grep -q 'limits.keys default -> 77' "$log"
stop_server
[ "$(stat -c '%U %a' $state/goterra-store.secret)" = 'goterra-store 600' ] || die 'the secret is readable by others'

echo '-- upgrade'
dpkg -i --force-confold "$new" > "$work/out" 2>&1 || die "$(cat "$work/out")"
has 'limits: . keys: 77' $config
as_service goterra-store check --config $config > "$work/out" || die "$(cat "$work/out")"
as_service goterra-store stats --config $config > "$work/out"
has '^keys: 1$' "$work/out"

# Under strace, to compare the system calls with the filter of the unit, which only systemd itself could apply.
start_server strace -f -qq -o "$work/calls"
[ "$(curl -sSf -H "Authorization: Bearer $token" "$url/store/$id/k?raw")" = kept ] || die 'the value is lost'
curl -sSf -o "$work/out" -X PUT -H "Authorization: Bearer $token" --data-binary "@$new" "$url/store/$id/large" || true
kill -HUP "$(server_process)"
until_true grep -q 'nothing changed' "$log"
stop_server
members() { systemd-analyze syscall-filter "$1" | sed -nE 's/^ +([@a-z0-9_]+)$/\1/p' | while read -r name; do case $name in @*) members "$name" ;; *) echo "$name" ;; esac; done; }
members @system-service | sort -u > "$work/allowed"
{ members @privileged; members @resources; } | sort -u | comm -23 "$work/allowed" - > "$work/filtered"
sed -n 's/^SystemCallFilter=\([^@~].*\)/\1/p' /usr/lib/systemd/system/goterra-store.service | tr ' ' '\n' >> "$work/filtered"
sort -u -o "$work/filtered" "$work/filtered"
# Before the server, setpriv gives up what root has.
sed -n '/execve("\/usr\/bin\/goterra-store"/,$p' "$work/calls" | sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' | sort -u > "$work/used"
comm -23 "$work/used" "$work/filtered" > "$work/out"
[ ! -s "$work/out" ] || die "the unit forbids these system calls: $(xargs < "$work/out")"

echo '-- remove'
dpkg -r goterra-store > "$work/out" 2>&1
has "data and secret stay in $state" "$work/out"
[ -e $config ] || die "$config is gone before the purge"
dpkg -P goterra-store > "$work/out" 2>&1
has "data and secret stay in $state" "$work/out"
[ ! -e $config ] || die "$config is still there"
for file in goterra-store.secret data/goterra.db; do
  [ -s "$state/$file" ] || die "$file is gone"
done
echo 'The package works.'
