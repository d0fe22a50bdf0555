#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What there is in this host's Docker, a line each; what has no name is counted.
set -euo pipefail
export LC_ALL=C
docker images --filter dangling=false --format 'image {{.Repository}}:{{.Tag}}' | sort
echo "nameless images $(docker images --filter dangling=true --quiet | wc -l)"
docker network ls --format 'network {{.Name}}' | sort
volumes=$(docker volume ls --filter dangling=true --format '{{.Name}}')
echo "nameless volumes $(grep --count --extended-regexp '^[0-9a-f]{64}$' <<<"$volumes" || :)"
grep --invert-match --extended-regexp '^[0-9a-f]{64}$' <<<"$volumes" | sed 's/^/volume /' | sort
