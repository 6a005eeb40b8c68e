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
mkdir -p "$GOTERRA_ROOT/var/log" "$GOTERRA_ROOT/bin"
# A machine has a host name of its own.
printf '#!/bin/sh\necho "%s"\n' "$(basename "$GOTERRA_ROOT")" >"$GOTERRA_ROOT/bin/hostname"
chmod 700 "$GOTERRA_ROOT/bin/hostname"
PATH=$GOTERRA_ROOT/bin:$PATH
export PATH
GOT_STATE_DIR=$GOTERRA_ROOT/state
export GOT_STATE_DIR
unset USER_DATA GOT_APIKEY
exec "$GOTERRA_ROOT/usr/local/sbin/goterra-start"
