#!/usr/bin/env bash
# Builds what a release ships into artifacts/release, with checksums: the server for linux-x64 and linux-arm64 (needs the
# .NET runtime 10), with the client downloads in it, the static clients, and the Terraform provider.
#   git tag v0.2.0 && deploy/release.sh
set -euo pipefail
source_tree=$(cd "$(dirname "$0")/.." && pwd)
cd "$source_tree"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

die() { echo "release.sh: $1" >&2; exit 1; }
[ -z "$(git status --porcelain)" ] || die 'the work tree has changes. Commit or stash them.'
tag=$(git describe --exact-match --match 'v[0-9]*' HEAD 2> /dev/null) || die 'no tag vX.Y.Z on this commit. Set it with: git tag vX.Y.Z'
version=${tag#v}
grep -qF "## [$version]" CHANGELOG.md || die "CHANGELOG.md has no section [$version]."
grep -qF "goterra.sh $version'" deploy/client/goterra.sh || die "deploy/client/goterra.sh --version does not say $version."

output=$source_tree/artifacts/release
rm -rf "$output"
mkdir -p "$output"
deploy/client/build.sh
cp artifacts/clients/goterra-cli-linux-* "$output"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for arch in x64 arm64; do
  name=goterra-store-$version-linux-$arch
  # The lock files name no runtime: restoring for one would change them.
  dotnet publish Goterra.Api -c Release -r "linux-$arch" --no-self-contained -p:RestorePackagesWithLockFile=false -o "$work/$name" -v quiet
  cp LICENSE CHANGELOG.md goterra-store.yml.example "$work/$name"
  tar -C "$work" --owner=0 --group=0 --sort=name --mtime="@$(git log -1 --format=%ct)" -czf "$output/$name.tar.gz" "$name"
done

deploy/client/build.sh --provider "$work/providers"
deploy/terraform-release.sh "$version" "$work/providers" "$output"
tar -C "$output/mirror" --owner=0 --group=0 --sort=name --mtime="@$(git log -1 --format=%ct)" -czf "$output/terraform-mirror.tar.gz" .
rm -r "$output/mirror"

(cd "$output" && sha256sum -- * > SHA256SUMS && cat SHA256SUMS)
