# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a private key in memory for as long as it runs, and decrypts on demand what was sealed for it.

Speaks as https://github.com/SocialGouv/micro-cipher does: the public key as PEM on standard output; on port 3000 the
whole body of any request is a ciphertext and the answer is its plaintext. Unlike it, it survives a body it cannot open.
"""
