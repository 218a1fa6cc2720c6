"""Headers of every answer, trusted host names, and how far forwarding headers are believed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

from collectors.addresses import AddressSet, parse_networks
from parc.config import ServerSettings, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 -- compared, not bound
_FROM_PROXY = "parc.from_proxy"
_YEAR_SECONDS = 31_536_000


def init_headers(app: Flask, settings: Settings) -> None:
    """Set host names, proxies, cookies and the headers of every answer."""
    server = settings.server
    app.config.update(
        SESSION_COOKIE_NAME="parc_session",
        SESSION_COOKIE_SECURE=server.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=settings.interface.session_days * 86_400,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
    )
    if server.trusted_proxies:
        app.wsgi_app = _BehindProxies(  # type: ignore[method-assign]  # Flask's own way to wrap
            app.wsgi_app, server
        )
    trusted = trusted_hosts(settings)
    app.before_request(lambda: _refuse_foreign_host(trusted))
    app.after_request(_add_headers)


class _BehindProxies:
    """Believes forwarding headers of those who connect from where the proxies stand, alone."""

    def __init__(self, plain: WSGIApplication, server: ServerSettings) -> None:
        count = server.trusted_proxies
        self.plain = plain
        self.fixed = ProxyFix(plain, x_for=count, x_proto=count, x_host=count)
        self.proxies = AddressSet.of(parse_networks(server.proxy_networks)[0])

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, with the address of the browser where a proxy tells it."""
        if environ.get("REMOTE_ADDR") not in self.proxies:
            return self.plain(environ, start_response)
        environ[_FROM_PROXY] = True
        return self.fixed(environ, start_response)


def is_from_proxy() -> bool:
    """Tell whether the request came through a proxy whose headers are believed."""
    return bool(request.environ.get(_FROM_PROXY))


def trusted_hosts(settings: Settings) -> list[str]:
    """List the names under which Parc answers; one that begins with a dot takes its subdomains."""
    server = settings.server
    hosts = [*_LOOPBACK, *server.trusted_hosts]
    if server.base_url:
        hosts.append(urlsplit(server.base_url).hostname or "")
    if server.host not in _ANY_ADDRESS:
        hosts.append(f"[{server.host}]" if ":" in server.host else server.host)
    return sorted({host.casefold() for host in hosts if host})


def _refuse_foreign_host(trusted: Collection[str]) -> None:
    """Answer 400 before anything else runs.

    Flask's own TRUSTED_HOSTS would be looked at only after these hooks, and knows no IPv6.
    """
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception  # signs that no host name holds
    host = request.host.casefold()
    name = host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
    if name not in trusted and not any(
        name.endswith(suffix) for suffix in trusted if suffix.startswith(".")
    ):
        raise SecurityError(f"Host {name!r} is not trusted.")


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.path.startswith("/static/build/") and response.status_code == 200:  # noqa: PLR2004
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    elif request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
