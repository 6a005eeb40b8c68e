#!/bin/sh
# What cloud-init does on a machine with its user-data: writes the files, here below $GOTERRA_ROOT, and runs the command.
set -eu
rm -rf "$GOTERRA_ROOT"
printf '%s\n' "$USER_DATA" | while read -r first second third; do
  case "$first $second" in
    "- path:")
      path=$GOTERRA_ROOT$third
      mkdir -p "$(dirname "$path")"
      ;;
    "content: "*)
      printf '%s' "$second" | base64 -d >"$path"
      chmod 700 "$path"
      ;;
  esac
done
mkdir -p "$GOTERRA_ROOT/var/log"
GOT_STATE_DIR=$GOTERRA_ROOT/state
export GOT_STATE_DIR
unset USER_DATA GOT_APIKEY
exec "$GOTERRA_ROOT/usr/local/sbin/goterra-start"
