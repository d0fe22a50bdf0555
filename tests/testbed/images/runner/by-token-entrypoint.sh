#!/usr/bin/dumb-init /bin/bash
# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Registers with RUNNER_TOKEN and runs what it is given, as the myoung34 image does: the variables that its README names,
# with its defaults. ACCESS_TOKEN and APP_ID are refused, for the test bed gives neither.

export -n RUNNER_TOKEN
if [[ -n ${ACCESS_TOKEN:-}${APP_ID:-} ]]; then
    echo 'ERROR: this stand-in registers with RUNNER_TOKEN only' >&2
    exit 1
fi

host=${GITHUB_HOST:-github.com}
case ${RUNNER_SCOPE:-repo} in
    org*) url=https://$host/${ORG_NAME:?ORG_NAME required for org runners} ;;
    ent*) url=https://$host/enterprises/${ENTERPRISE_NAME:?ENTERPRISE_NAME required for enterprise runners} ;;
    *) url=${REPO_URL:?REPO_URL required for repo runners} ;;
esac
name=${RUNNER_NAME:-${RUNNER_NAME_PREFIX:-github-runner}-$RANDOM$RANDOM}
work=${RUNNER_WORKDIR:-/_work/$name}

options=()
[[ -n ${EPHEMERAL:-} ]] && options+=(--ephemeral)
[[ -n ${DISABLE_AUTO_UPDATE:-} ]] && options+=(--disableupdate)
[[ -n ${NO_DEFAULT_LABELS:-} ]] && options+=(--no-default-labels)

echo 'Configuring'
./config.sh --url "$url" --token "${RUNNER_TOKEN:-}" --name "$name" --work "$work" --labels "${LABELS:-default}" \
    --runnergroup "${RUNNER_GROUP:-Default}" --unattended --replace "${options[@]}"
mkdir -p "$work"

deregister() {
    ./config.sh remove --token "$RUNNER_TOKEN"
}
if [[ ${DISABLE_AUTOMATIC_DEREGISTRATION:-false} == false ]]; then
    trap deregister EXIT
fi

if [[ ${UNSET_CONFIG_VARS:-false} == true ]]; then
    echo 'Unsetting configuration environment variables'
    unset RUNNER_NAME RUNNER_NAME_PREFIX RUNNER_SCOPE ORG_NAME ENTERPRISE_NAME LABELS REPO_URL RUNNER_TOKEN \
        RUNNER_WORKDIR RUNNER_GROUP GITHUB_HOST DISABLE_AUTOMATIC_DEREGISTRATION EPHEMERAL DISABLE_AUTO_UPDATE \
        NO_DEFAULT_LABELS UNSET_CONFIG_VARS
fi

"$@"
