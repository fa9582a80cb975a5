#!/usr/bin/env bash
# Runs every fuzz target, one after the other: FUZZTIME each (default 5m).
# FUZZ names a part of the targets by regular expression.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

: "${FUZZTIME:=5m}" "${FUZZ:=.}"

targets() { # one a line: package and function
	local file
	git ls-files -co --exclude-standard '*_test.go' | while read -r file; do
		sed -nE 's/^func (Fuzz[A-Za-z0-9_]+)\(.*/\1/p' "$file" | sed "s|^|./$(dirname "$file") |"
	done | grep -E "$FUZZ"
}

while read -r package target; do
	step "$package $target" go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$FUZZTIME" </dev/null
done < <(targets)
[ ${#step_names[@]} -gt 0 ] || { echo 'no fuzz target found'; exit 1; }
summary
