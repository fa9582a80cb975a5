# Sourced by test.sh: installs what the tests need and the machine lacks. Runs in a
# subshell (`step` does that), so that its trap is its own.

# needed lists, one a line, a command and the Debian package that has it.
needed() {
	cat <<-LIST
		gcc gcc
		git git
		chromium chromium
		firefox-esr firefox-esr
		nft nftables
		ip iproute2
		turnutils_uclient coturn
		certutil libnss3-tools
		openssl openssl
		pulseaudio pulseaudio
	LIST
}

install_missing() {
	local command package missing=()
	while read -r command package; do
		command -v "$command" >/dev/null || missing+=("$package")
	done < <(needed)
	# The race detector links against the C library.
	[ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
	[ ${#missing[@]} -eq 0 ] && return 0

	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		printf '!!! not installed, tests that need them are skipped: %s\n' "${missing[*]}"
		return 0
	fi
	printf 'installing: %s\n' "${missing[*]}"
	# A package must not start its service here: coturn's would take the port of ours.
	local policy=/usr/sbin/policy-rc.d
	if [ ! -e "$policy" ]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
	fi
	DEBIAN_FRONTEND=noninteractive apt-get update -q &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}

has() { command -v "$1" >/dev/null; }
