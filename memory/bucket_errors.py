"""What goes wrong with a bucket, in words for whoever runs Onbrand. What a service itself says is never shown: it may
hold parts of a request that was signed.
"""

from __future__ import annotations

from typing import Any

from domain.errors import StorageFailed

_CREDENTIALS = (
    "The bucket's service does not take our credentials, or there are none.",
    "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role; renew what has expired.",
)
_DENIED = (
    "These credentials may not do this in the bucket.",
    "Allow s3:ListBucket on the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix.",
)
_NO_BUCKET = ("There is no such bucket.", "Make it, or correct its name in the setting.")
_REGION = ("The bucket lies in another region.", "Set AWS_DEFAULT_REGION to the bucket's region.")
_UNREACHABLE = (
    "The bucket's service cannot be reached.",
    "Check the network, AWS_ENDPOINT_URL and artifacts_endpoint, then resume the run: what it finished is kept.",
)
_BUSY = ("The bucket's service is overloaded or broken.", "Try again later; a run that failed on it can be resumed.")
_FULL = ("The bucket's service has no room left.", "Make some room or raise the quota, then resume the run.")
_UNABLE = (
    "The bucket's service cannot keep an object only if it is absent (If-None-Match on PutObject).",
    "Use Amazon S3, or a compatible service of a version that can.",
)
_UNKNOWN = ("The bucket's service refused a request.", "Look the code up in the service's documentation.")

_BY_CODE: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
         "RequestTimeTooSkewed", "NotSignedUp", "MissingSecurityHeader", "MissingAuthenticationToken", "401"),
        _CREDENTIALS,
    ),
    **dict.fromkeys(("AccessDenied", "AllAccessDisabled", "AccountProblem", "403"), _DENIED),
    **dict.fromkeys(("NoSuchBucket", "InvalidBucketName"), _NO_BUCKET),
    **dict.fromkeys(
        ("PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException",
         "301", "307"),
        _REGION,
    ),
    **dict.fromkeys(
        ("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "RequestTimeoutException",
         "ConditionalRequestConflict", "OperationAborted", "Throttling", "500", "502", "503", "504"),
        _BUSY,
    ),
    **dict.fromkeys(("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507"), _FULL),
    **dict.fromkeys(("NotImplemented", "MethodNotAllowed", "501"), _UNABLE),
}
_BY_KIND: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "NoAuthTokenError",
         "TokenRetrievalError", "SSOTokenLoadError", "UnauthorizedSSOTokenError", "ProfileNotFound",
         "ConfigParseError", "ConfigNotFound"),
        _CREDENTIALS,
    ),
    **dict.fromkeys(("NoRegionError", "InvalidRegionError"), _REGION),
}


def bucket_failure(error: Exception, where: str) -> StorageFailed:
    """The StorageFailed for what boto3 raised; `where` is the object's s3:// URL."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    code = str(response.get("Error", {}).get("Code") or "")
    status = str(response.get("ResponseMetadata", {}).get("HTTPStatusCode") or "")
    if response:
        message, hint = _BY_CODE.get(code) or _BY_CODE.get(status) or _UNKNOWN
        return StorageFailed(f"{message[:-1]} ({code or status}).", where=where, hint=hint)
    kind = type(error).__name__
    message, hint = _BY_KIND.get(kind, _UNREACHABLE)
    return StorageFailed(f"{message[:-1]} ({kind}).", where=where, hint=hint)
