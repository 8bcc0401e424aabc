"""The filters that a request passes in Envoy before the application in Python.

The fields are those of Envoy's API, version 3.
"""

import base64
from typing import Any, Final

from suppression_service.server.errors import TooManyOfPeer
from suppression_service.server.transport.envoy.application import PROBES

_FILTERS: Final = "type.googleapis.com/envoy.extensions.filters"

#: Seconds between two additions to the calls that an address may make, at least 0.05 for Envoy.
_REFILL_SECONDS: Final = 0.05
#: Seconds whose calls an address may make at once. All of them wait for Python, before those of
#: others.
_BURST_SECONDS: Final = 0.25
#: IP addresses whose calls are counted; beyond, the one is forgotten that called longest ago.
_COUNTED_ADDRESSES: Final = 10_000
_UNLIMITED: Final = 2**32 - 1


def peer_limit(rate: float) -> dict[str, Any]:
    """Return a limit for the calls of each IPv4 address, or /64 of IPv6, before Python.

    A refusal by Python takes as long as an answer.
    """
    address = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    refill = max(1, round(rate * _REFILL_SECONDS))
    bucket = {
        "max_tokens": max(refill, round(rate * _BURST_SECONDS)),
        "tokens_per_fill": refill,
        "fill_interval": duration(refill / rate),
    }
    always = {"default_value": {"numerator": 100}}
    status = TooManyOfPeer(_REFILL_SECONDS).to_status("")
    # What Envoy says; the two must be equal.
    status.message = "local_rate_limited"
    details = base64.b64encode(status.SerializeToString()).rstrip(b"=").decode()
    return {
        "name": "peers",
        "typed_config": {
            "@type": f"{_FILTERS}.http.local_ratelimit.v3.LocalRateLimit",
            "stat_prefix": "peers",
            "filter_enabled": always,
            "filter_enforced": always,
            "rate_limited_as_resource_exhausted": True,
            "response_headers_to_add": [
                {"header": {"key": "grpc-status-details-bin", "value": details}}
            ],
            # For all addresses together there is no limit.
            "token_bucket": bucket | {"max_tokens": _UNLIMITED, "tokens_per_fill": _UNLIMITED},
            "rate_limits": [{"actions": [address]}],
            "descriptors": [
                {"entries": [{"key": "masked_remote_address"}], "token_bucket": bucket}
            ],
            "max_dynamic_descriptors": _COUNTED_ADDRESSES,
        },
    }


def ascii_paths() -> dict[str, Any]:
    """Return the filter that refuses paths with encoded characters."""
    # pyvoy never answers a request whose path is no UTF-8 once decoded. Our paths have no "%".
    encoded = {"safe_regex": {"regex": ".*%.*"}}
    return _access("paths", "DENY", [{"url_path": {"path": encoded}}])


def only_health() -> dict[str, Any]:
    """Return the filter that lets nothing but questions about the health pass."""
    paths = [{"url_path": {"path": {"prefix": "/grpc.health.v1.Health/"}}}]
    paths += [{"url_path": {"path": {"exact": path}}} for path in PROBES]
    return _access("health", "ALLOW", paths)


def _access(name: str, action: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    policy = {"permissions": [{"or_rules": {"rules": rules}}], "principals": [{"any": True}]}
    return {
        "name": name,
        "typed_config": {
            "@type": f"{_FILTERS}.http.rbac.v3.RBAC",
            "rules": {"action": action, "policies": {name: policy}},
        },
    }


def unknown_method() -> dict[str, Any]:
    """Return how the filters above refuse: like any path that has no method."""
    forbidden = {"op": "EQ", "value": {"default_value": 403, "runtime_key": "unused"}}
    return {
        "filter": {"status_code_filter": {"comparison": forbidden}},
        "status_code": 404,  # to gRPC: UNIMPLEMENTED
        "body": {"inline_string": "no method of this server"},
    }


def duration(seconds: float) -> str:
    """Return a duration in the JSON form of protobuf."""
    return f"{seconds:.3f}s"
