# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test bed's stand-in for GitHub's Actions runner: a listener that waits for a job, a worker that runs it.

Lines, exit codes, signals and process names are those of actions/runner 2.336.0; what it says to GitHub is the test
bed's own protocol, spoken with tests/testbed/github.
"""

VERSION = "2.336.0"
