# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python3 -m micro_cipher [--secret-file FILE]``."""

from __future__ import annotations

import argparse

from .answers import Answers
from .guard import Guard
from .life import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="micro_cipher", description="Decrypts what was sealed for its one-run key.")
    parser.add_argument(
        "--secret-file",
        metavar="FILE",
        help="decrypt only for those who send what stands in FILE, and for nobody as long as it is not there",
    )
    guard = Guard(parser.parse_args().secret_file)
    run(lambda key, facts: Answers(key.decrypt, key.public_pem, guard, facts))
