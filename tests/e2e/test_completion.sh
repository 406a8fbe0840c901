#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Completion in a real bash and a real zsh: commands, options of each command, settings, types, files.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e /usr/share/bash-completion/bash_completion ] || skip "bash-completion is not installed"
command -v zsh > /dev/null || skip "zsh is not installed"
[ -e "$BUILD/scripts/completion/_lookback" ] || skip "this build made no completion"

for shell in bash zsh; do
	mkdir "$T/$shell"
	"$PYTHON" "$ROOT/tests/e2e/completion.py" "$shell" "$T/$shell" "$BUILD" || fail "$shell: see above"
done
