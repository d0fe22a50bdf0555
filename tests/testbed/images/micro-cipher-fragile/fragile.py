# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""micro-cipher with upstream's weakness: any body that it cannot open ends the process, and the key with it.

In https://github.com/SocialGouv/micro-cipher (server.js) the exception of privateDecrypt() is not caught. Tests run
against this prove that nothing is ever posted that the present key cannot open.
"""

from __future__ import annotations

import os
import sys

from micro_cipher.key import Key, Unreadable
from micro_cipher.life import run
from micro_cipher.wire import Answer, Request

#: Upstream reads a body of any size before it fails.
MAX_BODY = 64 * 1024 * 1024


def fragile(key: Key, _facts: object):
    """Answers with ``key.decrypt``, and does nothing more where that fails."""

    def answer(request: Request) -> Answer:
        try:
            return Answer(200, key.decrypt(request.body))
        except Unreadable:
            print(
                "Error: error:04099079:rsa routines:RSA_padding_check_PKCS1_OAEP_mgf1:oaep decoding error",
                file=sys.stderr,
            )
            sys.stderr.flush()
            os._exit(1)

    return answer


if __name__ == "__main__":
    run(fragile, max_body=MAX_BODY)
