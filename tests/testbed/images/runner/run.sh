#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What the container runs: the helper, again as long as it asks for it. As actions/runner's run.sh, with
# RUNNER_MANUALLY_TRAP_SIG (set in the image) TERM and INT reach the listener as an INT, and are waited for;
# without it, PID 1 does not feel them.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The codes for which the helper is started again: retry, and the two of an update.
again() {
    [[ $1 == [234] ]] && echo 'Restarting runner...'
}

if [[ -z ${RUNNER_MANUALLY_TRAP_SIG:-} ]]; then
    while :; do
        "$here"/run-helper.sh "$@"
        code=$?
        again "$code" || break
    done
    echo 'Exiting runner...'
    exit "$code"
fi

# Job control gives the helper a process group of its own, and leaves INT to it.
set -m
trap 'kill -INT -- "-$helper"' INT TERM
while :; do
    "$here"/run-helper.sh "$@" &
    helper=$!
    wait -f "$helper"
    # 130 and 143 where a trap has ended the wait: then the helper still runs.
    code=$?
    again "$code" || break
done
echo 'Exiting runner...'
trap - INT TERM
wait "$helper"
exit "$code"
