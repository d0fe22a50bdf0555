# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a rollout, each the work of the module of its name: ``SPEC``, its options, and ``work``.

They stand here and not in the modules because a rollout (rollout.py) does all of them in two calls.
"""
