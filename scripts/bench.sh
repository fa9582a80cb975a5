#!/usr/bin/env bash
# Measures and keeps the tables under bench/results. Wants an otherwise idle machine.
# BENCH names one part: join, signaling, files or relay. The last needs root, gcc and
# coturn; RELAY has its flags, such as RELAY='-rates 20000 -rounds 3'.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${BENCH:=join signaling files relay}"
[ "$(uname)" = Linux ] || { echo 'the measurements read /proc and need Linux'; exit 1; }
mkdir -p build

for part in $BENCH; do
	case "$part" in
	join)
		node bench/join/join.mjs
		;;
	files)
		node bench/files/files.mjs
		;;
	signaling)
		go build -buildvcs=false -o build/bench-signaling ./bench/signaling
		build/bench-signaling
		;;
	relay)
		go build -buildvcs=false -o build/bench-relay ./bench/relay
		# shellcheck disable=SC2086 # several flags
		build/bench-relay ${RELAY:-}
		;;
	*)
		printf 'no such part: %s\n' "$part"
		exit 2
		;;
	esac
done
for part in $BENCH; do
	printf '\n'
	cat "bench/results/$(date -u +%F)-$part.md"
done
