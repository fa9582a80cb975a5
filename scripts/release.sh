#!/usr/bin/env bash
# Writes dist/parley-VERSION-OS-ARCH.tar.gz and dist/SHA256SUMS. The same
# sources give the same bytes: no paths, no times of the build in them.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${PLATFORMS:?}" "${VERSION:?}" "${LDFLAGS:=}"
rm -rf dist
mkdir -p dist
when="$(git log -1 --format=%ct 2>/dev/null || echo 0)"

for platform in $PLATFORMS; do
	os="${platform%/*}" arch="${platform#*/}"
	name="parley-$VERSION-$os-$arch"
	binary=parley
	[ "$os" != windows ] || binary=parley.exe
	mkdir "dist/$name"
	CGO_ENABLED=0 GOOS="$os" GOARCH="$arch" \
		go build -trimpath -buildvcs=false -ldflags "$LDFLAGS" -o "dist/$name/$binary" ./cmd/parley
	cp README.md LICENSE CHANGELOG.md "dist/$name/"
	cp docs/operating.md "dist/$name/OPERATING.md"
	find "dist/$name" -exec touch -d "@$when" {} +
	(
		cd dist
		tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$when" -cf - "$name" | gzip -n9 >"$name.tar.gz"
		rm -rf "$name"
	)
	printf 'dist/%s.tar.gz\n' "$name"
done
(cd dist && sha256sum -- *.tar.gz >SHA256SUMS)
cat dist/SHA256SUMS
