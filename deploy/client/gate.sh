#!/bin/sh
# gate.sh PROGRAM: fails unless it needs no library and no loader, and is small enough to be fetched at every boot.
set -eu
program=$1
if readelf -ld "$program" | grep -E '\(NEEDED\)|INTERP'; then
  echo "$program is not static: see the lines above." >&2
  exit 1
fi
size=$(wc -c < "$program")
if [ "$size" -gt 13631488 ]; then
  echo "$program has $size bytes; 13 MB (13631488 bytes) is the limit." >&2
  exit 1
fi
echo "$program: static, $size bytes"
