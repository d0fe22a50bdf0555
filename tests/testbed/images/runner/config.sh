#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Registers with a registration token, or removes with a remove token: see bin/stand_in/registration.py.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

if [[ ${1:-} == remove || ${1:-} == --version ]]; then
    exec "$here"/bin/Runner.Listener "$@"
fi
exec "$here"/bin/Runner.Listener configure "$@"
