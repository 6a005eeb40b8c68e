#!/usr/bin/env bash
# Builds goterra-store_VERSION_ARCH.deb for each architecture, into artifacts/deb (or FOLDER): the server with its runtime,
# the systemd unit, the man page and completions; and the client, where deploy/client/build.sh has built it.
#   deploy/deb/build.sh [--arch x64|arm64]... [FOLDER]
# GOTERRA_DEB_COMPRESSION is passed to dpkg-deb (-Zxz).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source_tree=$(cd "$here/../.." && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
umask 022

arches=() output=$source_tree/artifacts/deb
while [ $# -gt 0 ]; do
  case $1 in
    --arch) arches+=("${2:?}"); shift 2 ;;
    *) output=$1; shift ;;
  esac
done
[ ${#arches[@]} -gt 0 ] || arches=(x64 arm64)
mkdir -p "$output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

native=x64
[ "$(uname -m)" != aarch64 ] || native=arm64

# The lock files name no runtime: restoring for one would change them.
dotnet_for() {
  dotnet publish "$source_tree/Goterra.Api" -c Release -r "linux-$1" --self-contained -v quiet --artifacts-path "$work/build" \
    -p:NuGetLockFilePath=obj/packages.deb.lock.json -p:RestoreLockedMode=false -p:DebugType=none -p:RunAnalyzers=false -o "$2"
}

# completions PROGRAM COMMAND ROOT: PROGRAM is the one that runs here.
completions() {
  mkdir -p "$3/usr/share/bash-completion/completions" "$3/usr/share/zsh/vendor-completions" "$3/usr/share/fish/vendor_completions.d"
  "$1" completion bash > "$3/usr/share/bash-completion/completions/$2"
  "$1" completion fish > "$3/usr/share/fish/vendor_completions.d/$2.fish"
  {
    printf '#compdef %s\nautoload -Uz bashcompinit && bashcompinit\n' "$2"
    "$1" completion bash
    printf '_bash_complete -o default -F _%s\n' "${2//-/_}"
  } > "$3/usr/share/zsh/vendor-completions/_$2"
}

man_page() { mkdir -p "$(dirname "$2")"; gzip -9nc "$1" > "$2.gz"; }

dotnet_for "$native" "$work/$native"
program=$work/$native/goterra-store
version=$("$program" --version | cut -d ' ' -f 2 | sed 's/-/~/')

for arch in "${arches[@]}"; do
  [ "$arch" = "$native" ] || dotnet_for "$arch" "$work/$arch"
  debian=amd64
  [ "$arch" = x64 ] || debian=arm64
  root=$work/root-$arch doc=$work/root-$arch/usr/share/doc/goterra-store
  mkdir -p "$root/DEBIAN" "$root/usr/bin" "$root/usr/lib/systemd/system" "$root/usr/lib/sysusers.d" "$root/etc/goterra-store" "$doc"
  cp -r "$work/$arch" "$root/usr/lib/goterra-store"
  find "$root/usr/lib/goterra-store" -type f ! -name '*.sh' -exec chmod 644 {} +
  chmod 755 "$root/usr/lib/goterra-store/goterra-store"
  rm -f "$root/usr/lib/goterra-store/createdump"
  ln -s ../lib/goterra-store/goterra-store "$root/usr/bin/goterra-store"
  install -m 644 "$here/files/goterra-store.service" "$root/usr/lib/systemd/system"
  install -m 644 "$here/files/goterra-store.sysusers" "$root/usr/lib/sysusers.d/goterra-store.conf"
  install -m 644 "$here/files/configuration.yml" "$root/etc/goterra-store/goterra-store.yml"
  install -m 644 "$here/files/copyright" "$source_tree"/docs/{operations,configuration,security}.md "$source_tree/goterra-store.yml.example" "$doc"
  man_page "$source_tree/CHANGELOG.md" "$doc/changelog"
  man_page "$here/files/goterra-store.8" "$root/usr/share/man/man8/goterra-store.8"
  completions "$program" goterra-store "$root"

  client=$root/usr/lib/goterra-store/clients/goterra-cli-linux-$arch
  if [ -f "$client" ]; then
    chmod 755 "$root"/usr/lib/goterra-store/clients/goterra-cli-linux-*
    ln -s "../lib/goterra-store/clients/goterra-cli-linux-$arch" "$root/usr/bin/goterra-cli"
    man_page "$source_tree/docs/goterra-cli.1" "$root/usr/share/man/man1/goterra-cli.1"
    completions "$work/$native/clients/goterra-cli-linux-$native" goterra-cli "$root"
  fi

  install -m 755 "$here"/files/{postinst,prerm,postrm} "$root/DEBIAN"
  echo /etc/goterra-store/goterra-store.yml > "$root/DEBIAN/conffiles"
  cat > "$root/DEBIAN/control" << CONTROL
Package: goterra-store
Version: $version
Architecture: $debian
Maintainer: Goterra <goterra@localhost>
Installed-Size: $(du -sk --exclude DEBIAN "$root" | cut -f 1)
Depends: libc6, libgcc-s1, libstdc++6, libssl3 | libssl3t64, ca-certificates
Recommends: systemd
Section: net
Priority: optional
Description: server through which machines exchange values during deployment
 Machines that are being deployed hand each other small values: a join token,
 an address, "I am ready", "I failed". A client that asks for a value too early
 waits until another machine has stored it.
CONTROL
  (cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum > DEBIAN/md5sums)
  dpkg-deb "${GOTERRA_DEB_COMPRESSION:--Zxz}" --root-owner-group --build "$root" "$output/goterra-store_${version}_$debian.deb"
done
