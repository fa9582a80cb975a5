# Sourced by the other scripts: numbered steps with a summary at the end.
#
# step NAME COMMAND...   run a command, keep its time and whether it passed
# skip NAME WHY          say loudly that something was not done; in CI a failure
# summary                print all steps; its exit status is that of the run

export LC_ALL=C.UTF-8
step_names=() step_states=() step_seconds=() step_failed=0
logs="${LOGS:-build/logs}"
mkdir -p "$logs"

step() {
	local name="$1" begun=$SECONDS state=ok
	shift
	printf '\n=== %s\n' "$name"
	if ! "$@" 2>&1 | tee "$logs/${name//[^a-z0-9]/-}.log"; then
		state=FAILED
		step_failed=1
	fi
	note "$name" "$state" $((SECONDS - begun))
}

skip() {
	local state=SKIPPED
	if [ "${CI:-}" = true ]; then
		state=FAILED
		step_failed=1
	fi
	printf '\n=== %s\n!!! NOT RUN: %s\n' "$1" "$2"
	note "$1 ($2)" "$state" 0
}

note() {
	step_names+=("$1")
	step_states+=("$2")
	step_seconds+=("$3")
}

summary() {
	printf '\n=== summary\n'
	local i
	for i in "${!step_names[@]}"; do
		printf '%-8s %5ds  %s\n' "${step_states[$i]}" "${step_seconds[$i]}" "${step_names[$i]}"
	done
	printf 'total    %5ds\n' "$SECONDS"
	if [ "$step_failed" -ne 0 ]; then
		printf 'FAILED. The output of each step is in %s.\n' "$logs"
	fi
	return "$step_failed"
}
