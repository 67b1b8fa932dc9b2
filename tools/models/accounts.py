"""AWS sessions of places: the environment's own credentials, or a role assumed in another account."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tools.models.places import Place

SESSION_NAME = "onbrand"


def session_for(place: Place) -> Any:
    """A boto3 session in the place's region, with credentials that renew themselves."""
    import boto3  # noqa: PLC0415  loads where Bedrock is configured
    from botocore.session import get_session  # noqa: PLC0415

    inner = get_session()
    inner.register_component("data_loader", _loader())
    if place.region:
        inner.set_config_variable("region", place.region)
    if place.role_arn:
        from botocore.credentials import (  # noqa: PLC0415
            AssumeRoleCredentialFetcher,
            DeferredRefreshableCredentials,
        )

        more = {"RoleSessionName": SESSION_NAME}
        if place.external_id is not None:
            more["ExternalId"] = place.external_id.get_secret_value()
        fetcher = AssumeRoleCredentialFetcher(
            inner.create_client, inner.get_credentials(), place.role_arn, extra_args=more
        )
        inner._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=inner)


@lru_cache(maxsize=1)
def _loader() -> Any:
    """Service descriptions, read once for all places: 0.3 s each otherwise."""
    from botocore.loaders import create_loader  # noqa: PLC0415  loads where Bedrock is configured

    return create_loader()
