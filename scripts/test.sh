#!/usr/bin/env bash
# Every test, cheap ones first. With arguments only the groups named: static,
# web, go, footprint, lab, browser.
#
# As root on Debian it installs what is missing. What cannot run is said loudly;
# with CI=true that is a failure.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh
. scripts/install.sh

wanted() { [ ${#groups[@]} -eq 0 ] || [[ " ${groups[*]} " == *" $1 "* ]]; }
groups=("$@")

# Packages with the kernel's network or whole browsers in them have their own groups.
go_packages() { go list ./... | grep -vE '/test/(arch|lab|footprint)(/|$)|/bench(/|$)'; }

go_unit() {
	local race=(-race)
	if ! has gcc; then
		[ "${CI:-}" != true ] || { echo 'the race detector needs gcc'; return 1; }
		echo '!!! without the race detector: it needs gcc'
		race=()
	fi
	# What runs in parallel waits for other projects' clients most of the time.
	# shellcheck disable=SC2046
	go test "${race[@]}" -parallel 4 -timeout 10m $(go_packages)
}

can_lab() { [ "$(uname)" = Linux ] && [ "$(id -u)" -eq 0 ] && has nft && has ip && has chromium && has firefox-esr; }
can_browse() { has chromium && has firefox-esr; }

step 'install' install_missing
step 'build' make --no-print-directory build

if wanted static; then
	step 'static checks' scripts/check.sh quick
	step 'architecture' go test ./test/arch
fi
if wanted web; then
	step 'web types' npm --prefix web run --silent check
	step 'web unit' npm --prefix web test
fi
if wanted go; then
	step 'go unit, fuzz seeds and transcripts' go_unit
fi
if wanted footprint; then
	step 'footprint' go test -count=1 ./test/footprint
fi
if wanted lab; then
	if can_lab; then
		step 'lab' go test -count=1 -p 1 -timeout 15m -v ./test/lab/...
	else
		skip 'lab' 'it needs Linux, root, nftables, iproute2, chromium and firefox-esr'
	fi
fi
if wanted browser; then
	if can_browse; then
		step 'browser, every state' env PARLEY_BINARY="$PWD/bin/parley" node web/app/screenshots.mjs --check --quick
		step 'browser, journeys' env PARLEY_BINARY="$PWD/bin/parley" node web/app/journeys.mjs --only=call,chat,devices,docs,embed,effects,examples,hands,hosts,internals,keyboard,pip,pwa,recording,room,samples,screen,transfer
		step 'browser, lighthouse' env PARLEY_BINARY="$PWD/bin/parley" node web/app/lighthouse.mjs --only=/,/r/k3vq-9xwd-mm2t-7hcp,/docs/
	else
		skip 'browser' 'it needs chromium and firefox-esr'
	fi
fi
summary
