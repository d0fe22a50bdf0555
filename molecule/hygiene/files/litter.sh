#!/bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Leaves on this host what jobs leave, and what others have there:  litter.sh before|during
set -euo pipefail
name=$1
mark=$(github-runner status --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["mark"])')

# A network of a job that was cut short, and one of a job whose containers run.
docker network create github_network_00000000000000000000000000000001
if [ "$name" = before ]; then
    docker network create github_network_00000000000000000000000000000002
    docker run --detach --name service --network github_network_00000000000000000000000000000002 \
        ghcr.io/socialgouv/micro-cipher:main
    docker volume create --label "io.github.socialgouv.actions-runner.mark=$mark" before-work
fi
docker network create "$name-other"

docker volume create
docker volume create "$name-other"

# Each with content of its own, or it would be the same image.
image() {
    echo "$name $*" >/tmp/content
    tar --create --directory=/tmp content | docker import - "$@"
}
image
image "$name/other:1"
if [ "$name" = during ]; then
    image kept/during:1
fi
# Older than the policy's one second.
sleep 3
