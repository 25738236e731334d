"""
What Meta's Graph API says no to, whichever product is asked; and how it says it.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes, read 2026-11-22.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

VERSION = re.compile(r"v[0-9]{1,2}\.0")


class GraphNo(Exception):
    """Raised when Meta answers a call with an error; `code` and `subcode` are Meta's."""

    retryable = False

    def __init__(
        self, code: int, message: str, *, subcode: int | None = None, status: int = 400, details: str | None = None
    ) -> None:
        super().__init__(f"(#{code}) {message}")
        self.code = code
        self.subcode = subcode
        self.status = status
        self.details = details

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"message": str(self), "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": error | {"fbtrace_id": "AsandboxTrace"}}


def words(status: int) -> dict[str, Any]:
    """The body of a failure that is not the caller's."""
    code, message = (
        (4, "Application request limit reached") if status == 429 else (2, "Service temporarily unavailable")
    )
    return GraphNo(code, message, status=status).body()


def saying_no(rejections: list[GraphNo]) -> Callable[[Request, Exception], Awaitable[Response]]:
    """An answer in Graph's words, which is kept for whoever wants to know."""

    async def say_no(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's shape
        assert isinstance(error, GraphNo)
        rejections.append(error)
        return JSONResponse(error.body(), error.status)

    return say_no


def authenticate(request: Request, token: str) -> None:
    claimed = request.headers.get("authorization", "")
    if not hmac.compare_digest(claimed.encode(), f"Bearer {token}".encode()):
        raise GraphNo(190, "Invalid OAuth access token - Cannot parse access token", status=401)
    version = request.path_params.get("version", "v25.0")
    if not VERSION.fullmatch(version):
        raise GraphNo(2500, f"Unknown path components: /{version}")


def known_fields(where: str, given: Mapping[str, Any], allowed: Collection[str]) -> None:
    """Graph itself ignores what it does not know; here it is a mistake of ours that somebody should see."""
    if unknown := sorted(set(given) - set(allowed)):
        raise GraphNo(100, f"Invalid parameter: {where} has no {', '.join(unknown)}")


def mapping(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise GraphNo(100, f"Invalid parameter: {where} is no object")
    return value


def string(where: str, value: Any, at_most: int) -> str:
    if not isinstance(value, str) or not value:
        raise GraphNo(100, f"The parameter {where} is required.")
    if len(value) > at_most:
        raise GraphNo(100, f"Param {where} must be at most {at_most} characters long.")
    return value
