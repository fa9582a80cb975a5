#!/usr/bin/env bash
# Static checks, cheap ones first. Nothing here runs the program.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

: "${PLATFORMS:=linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}"
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2
govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.1.4

format() {
	local bad
	bad="$(gofmt -l $(git ls-files -co --exclude-standard '*.go'))"
	[ -z "$bad" ] || { printf 'not formatted, run gofmt -w:\n%s\n' "$bad"; return 1; }
}

shells() {
	local file
	for file in scripts/*.sh .ci/run; do bash -n "$file" || return 1; done
}

cross() {
	local platform
	for platform in $PLATFORMS; do
		printf '%s\n' "$platform"
		CGO_ENABLED=0 GOOS="${platform%/*}" GOARCH="${platform#*/}" go build -buildvcs=false -o /dev/null ./cmd/... || return 1
		GOOS="${platform%/*}" GOARCH="${platform#*/}" go vet ./internal/... ./cmd/... ./api/... || return 1
	done
}

# Without its database it can tell nothing, and that is no fault of the code.
vulnerabilities() {
	local log="$logs/govulncheck.log" begun=$SECONDS
	printf '\n=== govulncheck\n'
	if go run "$govulncheck" ./... >"$log" 2>&1; then
		cat "$log"
		note govulncheck ok $((SECONDS - begun))
	elif grep -qE 'fetching vulnerabilities|no such host|dial tcp|cannot find module' "$log"; then
		tail -n 2 "$log"
		CI='' skip 'govulncheck' 'it or its database cannot be had from here; run it where it can'
	else
		cat "$log"
		note govulncheck FAILED $((SECONDS - begun))
		step_failed=1
	fi
}

step 'gofmt' format
step 'shell syntax' shells
step 'go vet' go vet ./...
if [ "${1:-}" != quick ]; then
	step 'staticcheck' go run "$staticcheck" ./...
	step 'typescript' npm --prefix web run --silent check
	step 'cross-compile' cross
	step 'typescript of bench' web/node_modules/.bin/tsc -p bench/join
	vulnerabilities
fi
summary
