#!/usr/bin/env bash
# Builds goterra-cli, or the Terraform provider, as a static program for each architecture, into artifacts/clients (or
# FOLDER). For Debian; installs the packages that it needs.
#   deploy/client/build.sh [--provider] [--arch x64|arm64]... [FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_tree=$(cd "$here/../.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

arches=() output=$source_tree/artifacts/clients project=Goterra.Cli name=goterra-cli
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arches+=("${2:?}"); shift 2 ;;
    --provider) project=Goterra.Terraform name=terraform-provider-goterra; shift ;;
    *) output=$1; shift ;;
  esac
done
[ ${#arches[@]} -gt 0 ] || arches=(x64 arm64)
as_root=$([ "$(id -u)" = 0 ] || echo sudo)

missing=()
for package in clang lld llvm cmake make libssl-dev zlib1g-dev; do
  dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$output"

# Unpacks the arm64 libraries to link with, without installing their packages.
arm64_sysroot() {
  local apt=(-o "Dir::State=$work/apt/state" -o "Dir::State::status=$work/apt/status" -o "Dir::Cache=$work/apt/cache"
    -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User=root)
  mkdir -p "$work/apt/state/lists/partial" "$work/apt/cache/archives/partial" "$work/debs" "$work/arm64"
  : > "$work/apt/status"
  apt-get "${apt[@]}" update -qq
  (cd "$work/debs" && apt-get "${apt[@]}" download -qq libc6 libc6-dev libgcc-s1 libgcc-12-dev linux-libc-dev libssl3 libssl-dev)
  for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/arm64"; done
  # Absolute links would point to libraries of this machine.
  find "$work/arm64" -type l -lname '/*' | while read -r link; do ln -snfr "$work/arm64$(readlink "$link")" "$link"; done

  # cmake passes neither target nor sysroot to the native part of .NET. The name must contain "clang".
  printf '#!/bin/sh\nexec clang --target=aarch64-linux-gnu --sysroot="%s" -fuse-ld=lld -Wno-unused-command-line-argument "$@"\n' "$work/arm64" > "$work/clang-arm64"
  chmod +x "$work/clang-arm64"
}

# lean_openssl ROOT TRIPLE FOLDER: copies OpenSSL's archives without unwind tables.
lean_openssl() {
  mkdir -p "$3"
  for library in libssl libcrypto; do
    llvm-objcopy --remove-section .eh_frame --remove-section .rela.eh_frame "$1/usr/lib/$2/$library.a" "$3/$library.a"
  done
}

for arch in "${arches[@]}"; do
  extra=() root='' triple=x86_64-linux-gnu
  [ "$arch" = x64 ] || triple=aarch64-linux-gnu
  if [ "$arch" = arm64 ] && [ "$(uname -m)" != aarch64 ]; then
    arm64_sysroot
    root=$work/arm64
    export OPENSSL_ROOT_DIR=$root/usr
    extra=(-p:SysRoot="$root" -p:CppCompilerAndLinker="$work/clang-arm64" -p:ObjCopyName=llvm-objcopy)
  fi
  lean_openssl "$root" "$triple" "$work/openssl-$arch"
  dotnet publish "$source_tree/$project" -c Release -r "linux-$arch" -p:StaticExecutable=true -p:LeanOpenSsl="$work/openssl-$arch" -v q --artifacts-path "$work/build" -o "$work/out-$arch" "${extra[@]}"

  program=$work/out-$arch/$name
  "$here/gate.sh" "$program"
  install -m 755 "$program" "$output/$name-linux-$arch"
done
(cd "$output" && sha256sum "$name"-linux-*)
