#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Of actions/runner's config.sh only what needs no registration token: `remove --local`, `--version`.
# Registering is by JIT configuration in the test bed.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ${1:-} == remove || ${1:-} == --version ]]; then
    exec "$here"/bin/Runner.Listener "$@"
fi
exec "$here"/bin/Runner.Listener configure "$@"
