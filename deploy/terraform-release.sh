#!/usr/bin/env bash
# Packs the Terraform provider for a release: a zip for each architecture with SHA256SUMS, and mirror/, which works as a
# filesystem mirror and, on a web server, as a network mirror.
#   deploy/terraform-release.sh VERSION PROGRAMS FOLDER
#     PROGRAMS contains terraform-provider-goterra-linux-x64 and (or) -arm64, from deploy/client/build.sh --provider
set -euo pipefail
[ $# -eq 3 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
version=$1 programs=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)

host=registry.terraform.io/goterra/goterra
mirror=$output/mirror/$host
rm -rf "$output/mirror"
mkdir -p "$mirror"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

archives=()
for pair in x64:amd64 arm64:arm64; do
  program=$programs/terraform-provider-goterra-linux-${pair%:*} platform=linux_${pair#*:}
  [ -e "$program" ] || continue
  zip=terraform-provider-goterra_${version}_$platform.zip
  install -m 755 "$program" "$work/terraform-provider-goterra_v$version"
  touch -d @0 "$work/terraform-provider-goterra_v$version"
  rm -f "$output/$zip"
  (cd "$work" && zip -q -X "$output/$zip" "terraform-provider-goterra_v$version")
  cp "$output/$zip" "$mirror/$zip"
  archives+=("    \"$platform\": { \"url\": \"$zip\" }")
done
[ ${#archives[@]} -gt 0 ] || { echo "terraform-release.sh: $programs contains no provider" >&2; exit 1; }

# What a network mirror is asked for.
printf '{\n  "versions": { "%s": {} }\n}\n' "$version" > "$mirror/index.json"
{
  printf '{\n  "archives": {\n'
  printf '%s' "${archives[0]}"
  [ ${#archives[@]} -eq 1 ] || printf ',\n%s' "${archives[@]:1}"
  printf '\n  }\n}\n'
} > "$mirror/$version.json"
(cd "$output" && sha256sum terraform-provider-goterra_"$version"_*.zip > "terraform-provider-goterra_${version}_SHA256SUMS")
