"""What Bedrock's protocols share: clients of places, what an account keeps, failures as what they mean."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from domain.errors import Misconfigured
from domain.model_calls import Outcome
from domain.models import Ask
from tools.models.accounts import session_for
from tools.models.exchange import MALFORMED, WireFailure, retry_after
from tools.models.places import Place

CONNECT_S = 5.0

OUTCOMES = {
    "ThrottlingException": Outcome.THROTTLED,
    "TooManyRequestsException": Outcome.THROTTLED,
    "ServiceQuotaExceededException": Outcome.THROTTLED,
    "AccessDeniedException": Outcome.DENIED,
    "UnrecognizedClientException": Outcome.DENIED,
    "ExpiredTokenException": Outcome.DENIED,
    "InvalidSignatureException": Outcome.DENIED,
    "ResourceNotFoundException": Outcome.DENIED,
    "ValidationException": Outcome.REJECTED,
}
"""By error code; whatever else goes wrong is the other side's and may pass."""


class Clients:
    """One boto3 client a place, made when it is first needed. None of them retries by itself."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}
        self._making = threading.Lock()

    def of(self, place: Place) -> Any:
        """The place's client of `bedrock-runtime`."""
        with self._making:
            if place.name not in self._held:
                self._held[place.name] = client_for(place)
            return self._held[place.name]

    def close(self) -> None:
        """Let go of connections."""
        with self._making:
            for client in self._held.values():
                client.close()
            self._held.clear()


def client_for(place: Place) -> Any:
    """A client of the place's account and region, by its role. Botocore's own retries are off."""
    from botocore.config import Config  # noqa: PLC0415  boto3 loads where Bedrock is configured

    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_S,
        read_timeout=place.timeout_s,
        max_pool_connections=place.at_once,
        user_agent_extra="onbrand",
    )
    return session_for(place).client("bedrock-runtime", config=config, endpoint_url=place.url or None)


def retention_of(place: Place) -> str:
    """What the place's account keeps of what models are sent in that region: "none", "default" and so on.

    Raises Misconfigured when the account does not tell.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    client = session_for(place).client("bedrock", endpoint_url=place.url or None)
    try:
        return str(client.get_account_data_retention().get("mode", ""))
    except (BotoCoreError, ClientError) as error:
        raise Misconfigured(
            f"the account of {place.name} does not tell what it keeps: {error}",
            where=f"models.places ({place.name})",
            hint="its role needs bedrock:GetAccountDataRetention",
        ) from error
    finally:
        client.close()


def metadata_of(ask: Ask) -> dict[str, str]:
    """What AWS logs beside a call, by which it can be told whose it was: at most 16 pairs of 256 characters."""
    return {"brand": ask.payer.brand, "stage": ask.payer.stage, "role": ask.role.value}


@contextmanager
def failing_as(protocol: str) -> Iterator[None]:
    """Whatever goes wrong within, as WireFailure. `protocol` is named where an answer is none of it."""
    from botocore.eventstream import ParserError  # noqa: PLC0415
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        NoCredentialsError,
        PartialCredentialsError,
        ReadTimeoutError,
    )
    from botocore.parsers import ResponseParserError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ClientError as error:
        raise failure_of(error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise WireFailure(Outcome.DENIED, str(error)) from error
    except ReadTimeoutError as error:
        raise WireFailure(Outcome.TIMED_OUT, "no answer in time", billed=True) from error
    except BotoCoreError as error:
        raise WireFailure(Outcome.DOWN, f"{type(error).__name__}: {error}") from error
    except (ParserError, ResponseParserError, HTTPError, *MALFORMED) as error:
        raise WireFailure(Outcome.DOWN, f"what came back is no answer of {protocol}", billed=True) from error


def failure_of(error: Any) -> WireFailure:
    """A ClientError as what it means for us. An error within a stream has no status, and its code begins small."""
    from botocore.exceptions import EventStreamError  # noqa: PLC0415

    code = str(error.response.get("Error", {}).get("Code", ""))
    code = code[:1].upper() + code[1:]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    says = str(error.response.get("Error", {}).get("Message", "")) or code
    outcome = OUTCOMES.get(code) or (Outcome.THROTTLED if status == 429 else Outcome.DOWN)
    begun = isinstance(error, EventStreamError)
    return WireFailure(outcome, f"{code}: {says}", retry_after(headers.get("retry-after")), billed=begun)
