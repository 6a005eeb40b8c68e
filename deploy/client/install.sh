#!/bin/sh
# Installs goterra-cli from the goterra server that provides this script: curl -fsSL $GOT_URL/store/-/cli/install.sh | sh
set -eu

say() { printf 'goterra install: %s\n' "$1" >&2; }

fetch() {
  if command -v curl > /dev/null 2>&1; then curl -fsSL -o "$2" "$base/$1" ${GOT_CACERT:+--cacert "$GOT_CACERT"}; else wget -q ${GOT_CACERT:+--ca-certificate="$GOT_CACERT"} -O "$2" "$base/$1"; fi
}

# Whether the file has the checksum in the server's list.
genuine() {
  expected=$(sed -n 's/.*"name":"'"$1"'","size":[0-9]*,"sha256":"\([0-9a-f]*\)".*/\1/p' "$tmp/list")
  [ -n "$expected" ] && [ "$(sha256sum < "$tmp/$1" | cut -d ' ' -f 1)" = "$expected" ]
}

candidate() {
  fetch "$1" "$tmp/$1" 2> "$tmp/error" || { say "cannot download $1 from $url"; return 1; }
  genuine "$1" || { say "the checksum of $1 does not match the server's list: damaged download?"; return 1; }
  chmod 755 "$tmp/$1"
  "$tmp/$1" --version > /dev/null 2>&1 || { say "$1 does not run on this machine"; return 1; }
  chosen=$1
}

folder() {
  if [ -n "${GOT_INSTALL_DIR:-}" ]; then echo "$GOT_INSTALL_DIR"
  elif [ -w /usr/local/bin ]; then echo /usr/local/bin
  else echo "${HOME:?}/.local/bin"; fi
}

main() {
  url=${GOT_URL:-'@GOT_URL@'}
  url=${url%/}
  base=$url/store/-/cli
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
  fetch '' "$tmp/answer" || { say "cannot reach $url: set GOT_URL to the URL of the server"; exit 7; }
  # One client per line.
  sed 's/},{/}\
{/g' "$tmp/answer" > "$tmp/list"

  chosen=''
  case $(uname -m) in
    x86_64 | amd64) candidate linux-x64 || true ;;
    aarch64 | arm64) candidate linux-arm64 || true ;;
    *) say "no program for $(uname -m)" ;;
  esac
  [ -n "$chosen" ] || { say 'installing goterra.sh instead'; candidate goterra.sh || exit 1; }

  into=$(folder)
  mkdir -p "$into"
  # Renamed into place, so that nobody starts an incomplete file.
  cp "$tmp/$chosen" "$into/.goterra-cli.$$"
  chmod 755 "$into/.goterra-cli.$$"
  mv -f "$into/.goterra-cli.$$" "$into/goterra-cli"
  say "$chosen installed as $into/goterra-cli"
  case :$PATH: in *:"$into":*) ;; *) say "$into is not on the PATH" ;; esac
}

# On the last line: a truncated script does nothing.
main
