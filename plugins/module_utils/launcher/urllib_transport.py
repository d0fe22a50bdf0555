# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries GitHub's requests with urllib: the launcher's transport."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from .dot_env import with_login
from .errors import Trouble
from .github import Answer

# GitHub itself ends a request after 10 s.
_TIMEOUT = 30.0
_BODY_MAX = 16 * 1024 * 1024


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another address: none of the calls made here is redirected by GitHub."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        return None


class UrllibTransport:
    """TLS with the host's own certificate authorities and those in ``ca`` (PEM).

    Through ``proxy``, but for the names in ``no_proxy``; where there is none, as the environment says.
    """

    def __init__(self, proxy: str = "", no_proxy: str = "", proxy_login: str = "", ca: str = "") -> None:
        context = ssl.create_default_context()
        if ca:
            try:
                context.load_verify_locations(cadata=ca)
            except (ssl.SSLError, ValueError) as error:
                said = "the certificate authorities that were given cannot be read: give the text of a PEM file"
                raise Trouble("ca", said, lasting=True) from error
        handlers = [urllib.request.HTTPSHandler(context=context), _NoRedirect()]
        self._direct = urllib.request.build_opener(*handlers, urllib.request.ProxyHandler({})) if proxy else None
        self._proxy, self._no_proxy = proxy, no_proxy
        if proxy:
            handlers.append(urllib.request.ProxyHandler({"https": with_login(proxy, proxy_login)}))
        self._opener = urllib.request.build_opener(*handlers)

    def send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send a request. Raises Trouble of kind ``unreachable``, whose message names no secret."""
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        try:
            with self._open(request) as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, found, answer.read(_BODY_MAX))
        except (OSError, http.client.HTTPException) as error:
            host = urllib.parse.urlsplit(url).hostname
            reason = _reason(error)
            # From urllib: "Tunnel connection failed: 407 Proxy Authentication Required".
            if " 407 " in reason:
                said = "the proxy wants a login, or another one (407): give the right one"
                raise Trouble("proxy", said, lasting=True) from error
            through = (
                f" through the proxy {self._proxy}"
                if self._opener_for(request) is not self._direct and self._proxy
                else ""
            )
            raise Trouble("unreachable", f"{host} cannot be reached{through}: {reason}") from error

    def _open(self, request: urllib.request.Request) -> Any:
        try:
            return self._opener_for(request).open(request, timeout=_TIMEOUT)
        except urllib.error.HTTPError as error:
            return error  # an answer like any other

    def _opener_for(self, request: urllib.request.Request) -> urllib.request.OpenerDirector:
        names = {"no": self._no_proxy}
        if self._direct and self._no_proxy and urllib.request.proxy_bypass_environment(request.host, names):
            return self._direct
        return self._opener


def _reason(error: Exception) -> str:
    """Why there is no answer, in words that name no secret."""
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
    # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED: openssl/x509_vfy.h.
    if isinstance(reason, ssl.SSLCertVerificationError) and reason.verify_code in (9, 10):
        now = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        return f"{reason.verify_message}, says this host's clock, which shows {now}: look at the clock first"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"certificate verify failed, {reason.verify_message}: an authority of your own is given as ca"
    if isinstance(error, http.client.RemoteDisconnected):
        return "it closed the connection without an answer"
    return str(getattr(reason, "strerror", None) or reason)
