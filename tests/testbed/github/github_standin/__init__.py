# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for GitHub: the REST calls for self-hosted runners, and the handing of jobs to runners.

Everything that GitHub would decide is decided in ``state`` and the modules below it, which know no network and no clock
but the one they are given. ``rest``, ``runner_side``, ``admin`` and ``proxy`` are the ways in.

Sources: https://docs.github.com/rest/actions/self-hosted-runners and GitHub's OpenAPI description, against which
tests/contract holds what is answered here; for what these do not say (messages, order of checks), what users of the
real service have reported.
"""
