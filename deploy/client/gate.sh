#!/bin/sh
# gate.sh PROGRAM: fails if the program needs a library or a loader, or if it is goterra-cli and too large to be downloaded
# at each boot.
set -eu
program=$1
if readelf -ld "$program" | grep -E '\(NEEDED\)|INTERP'; then
  echo "$program is not static: see the lines above." >&2
  exit 1
fi
size=$(wc -c < "$program")
if [ "${program##*/}" = goterra-cli ] && [ "$size" -gt 13631488 ]; then
  echo "$program has $size bytes; 13 MB (13631488 bytes) is the limit." >&2
  exit 1
fi
echo "$program: static, $size bytes"
