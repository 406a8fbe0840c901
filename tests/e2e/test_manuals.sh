#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The manual pages are sound and contain every setting, command and option that --help lists; one file of settings serves both.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v mandoc > /dev/null || skip "mandoc is not installed"
missing=0
for program in dataplane/lookback-dataplane collector/lookback-collector; do
	page=$ROOT/docs/man/${program#*/}.8
	timeout 20 mandoc -T lint -W warning "$page" > "$T/mandoc.log" 2>&1 || fail "$(grep "$page" "$T/mandoc.log")"
	timeout 20 mandoc -T ascii "$page" | sed 's,.\x08,,g' > "$T/page"
	timeout 20 "$BUILD/$program" --help > "$T/help"
	sed -n 's/^  \([a-z][a-z._]*\) .*/\1/p' "$T/help" > "$T/settings"
	[ -s "$T/settings" ] || fail "$program --help lists no settings"
	cp "$T/settings" "$T/${program#*/}.settings"
	while read -r setting; do
		grep -q "^ *$setting\( \|\$\)" "$T/page" && continue
		printf '%s: not there: %s\n' "${page##*/}" "$(grep "^  $setting " "$T/help")"
		missing=$((missing + 1))
	done < "$T/settings"
	while read -r option; do
		grep -qF -- "$option" "$T/page" && continue
		printf '%s: not there: %s\n' "${page##*/}" "$option"
		missing=$((missing + 1))
	done < <(sed -n '/^Options:/,/^Settings/s/.* \(--[a-z-]*\) .*/\1/p' "$T/help")
done

# The command lookback: its commands and options.
page=$ROOT/docs/man/lookback.1
timeout 20 mandoc -T lint -W warning "$page" > "$T/mandoc.log" 2>&1 || fail "$(grep "$page" "$T/mandoc.log")"
timeout 20 mandoc -T ascii "$page" | sed 's,.\x08,,g' > "$T/page"
timeout 20 "$BUILD/collector/lookback" --help > "$T/help"
sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/^ *\1\\( \\|$\\)/p; /^Options:/,/^$/s/.* \(--[a-z-]*\).*/\1/p' "$T/help" > "$T/patterns"
[ "$(grep -c -e '^\^' "$T/patterns")" -gt 0 ] || fail "lookback --help lists no commands"
while read -r pattern; do
	grep -q -e "$pattern" "$T/page" && continue
	printf 'lookback.1: not there: %s\n' "$pattern"
	missing=$((missing + 1))
done < "$T/patterns"
[ $missing = 0 ] || fail "$missing settings, commands or options are not in the manual pages"

# Each program ignores the settings of the other one, so that one file can serve both.
reads() { # program, the other one
	while read -r setting; do
		grep -qx "$setting" "$T/$1.settings" && continue
		printf '%s = x y\n' "$setting" > "$T/lookback.conf"
		timeout 20 "$BUILD/${1#lookback-}/$1" -c "$T/lookback.conf" --check > "$T/check.log" 2>&1 || true # it may fail otherwise
		! grep -q "unknown key" "$T/check.log" || fail "$1 rejects a setting of $2: $(grep "unknown key" "$T/check.log")"
	done < "$T/$2.settings"
}
reads lookback-dataplane lookback-collector
reads lookback-collector lookback-dataplane
