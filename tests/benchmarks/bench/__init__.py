# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks: what an instance weighs, how long it is away between two jobs, how long a rollout takes.

Machines differ and are shared, so what counts is a ratio: both sides are measured in the same run, turn by turn, and
the medians are compared. Nothing here passes or fails.
"""
