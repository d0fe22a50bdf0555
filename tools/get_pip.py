# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands where ansible-test keeps the script that brings pip into its virtual environments (see tools/sanity).

ansible-test fetches that script from a host of its own, which a machine behind a proxy or a mirror does not reach. This
one starts from the pip inside the interpreter and lets that install the packages asked for, from the index that is
configured on this machine.
"""

from __future__ import annotations

import ensurepip
import os
import subprocess
import sys

# Options of the original script that pip does not know: neither package comes with ensurepip.
FOREIGN = ("--no-setuptools", "--no-wheel")

# ensurepip switches pip's configuration off in its own process: the index and its certificates are wanted back.
environment = dict(os.environ)
ensurepip.bootstrap()
wanted = [argument for argument in sys.argv[1:] if argument not in FOREIGN]
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted], env=environment))
