#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the listener once and tells run.sh what to do: 0 to end, 2, 3 and 4 to start again, 7 for a version that GitHub
# no longer serves. Nearly every end is a 0, as actions/runner's run-helper.sh has it: codes say little.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

"$here"/bin/Runner.Listener run "$@"
code=$?
case $code in
    0)
        echo 'Runner listener exit with 0 return code, stop the service, no retry needed.'
        exit 0
        ;;
    1)
        echo 'Runner listener exit with terminated error, stop the service, no retry needed.'
        exit 0
        ;;
    2)
        echo 'Runner listener exit with retryable error, re-launch runner in 5 seconds.'
        sleep 5
        exit 2
        ;;
    3 | 4)
        echo 'Runner listener exit because of updating, re-launch runner after successful update.'
        sleep 5
        exit "$code"
        ;;
    5)
        echo 'Runner listener exit with Session Conflict error, stop the service, no retry needed.'
        exit 0
        ;;
    7)
        echo 'Runner listener exit with deprecated version exit code: 7.'
        # The listener gives 7 only where it was asked to.
        exit 7
        ;;
    *)
        echo "Exiting with unknown error code: $code"
        exit 0
        ;;
esac
