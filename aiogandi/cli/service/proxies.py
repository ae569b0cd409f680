"""The proxy to the service, if the environment names one, as people expect of a command.

For an ``https`` URL that is ``HTTPS_PROXY``, for ``http`` ``HTTP_PROXY``, and ``ALL_PROXY`` where that
is not set, in small letters, too, which win; on macOS and Windows the system's settings where none of
them is set. What ``NO_PROXY`` lists is reached without it: hosts, domains with all that is below them,
either with a port, networks like ``10.0.0.0/8``, or ``*`` for all.

An address of this machine is never reached through a proxy: there, it would be another machine.

aiohttp's own ``trust_env`` does less and more: it knows neither ``ALL_PROXY`` nor networks, and sends
what ``~/.netrc`` holds for the host, which is no business of this service's.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.request import getproxies, proxy_bypass

from yarl import URL

from aiogandi.cli.exits import WrongUse
from aiogandi.transport.connections import is_loopback


def proxy_for(url: str) -> str | None:
    """Return the URL of the proxy through which *url* is reached, None for none. It may hold a password.

    Raises `WrongUse` for one of a kind that we cannot use.
    """
    try:
        wanted = URL(url)
        host, port = wanted.host or "", wanted.port
    except ValueError:
        return None  # the client says what is wrong with it
    proxies = getproxies()
    proxy = proxies.get(wanted.scheme) or proxies.get("all")
    if not proxy or is_loopback(host) or _goes_without(host, port, proxies.get("no", "")):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        known = URL(proxy)
        usable = known.scheme in ("http", "https") and known.host and known.port
    except ValueError:
        usable = False
    if not usable:
        # Nothing of it is repeated, because it may hold a password.
        raise WrongUse(
            f"the proxy that the environment names for {host} cannot be used: it must be an http:// or"
            " https:// URL. NO_PROXY lists what is reached without one"
        )
    return proxy


def _goes_without(host: str, port: int | None, listed: str) -> bool:
    return proxy_bypass(f"{host}:{port}") or proxy_bypass(host) or _is_in_a_network(host, listed)


def _is_in_a_network(host: str, listed: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, listed.split(",")) if network)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None  # a name
