"""What goes wrong at the door, always as `{"error": {"code", "sentence", …}}`; never a traceback."""

from collections.abc import Mapping

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from schemas.reason import Reason

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 5

_SENTENCES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to that method."),
}


class Problem(Exception):
    """Raised when a request cannot be granted; `numbers` go beside the sentence (`limit`, `actual`)."""

    retryable = False

    def __init__(
        self, status: int, code: str, sentence: str, *, headers: Mapping[str, str] | None = None, **numbers: float
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers
        self.numbers = numbers


def refusal(status: int, reason: Reason) -> Problem:
    """A reason of the pipeline, said at the door."""
    numbers = {name: value for name in ("actual", "limit") if (value := getattr(reason, name)) is not None}
    return Problem(status, reason.code, reason.sentence, **numbers)


def answer_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _answer(problem.status, problem.code, problem.sentence, problem.headers, problem.numbers)


def answer_http(_: Request, error: Exception) -> Response:
    """Starlette's own: unknown routes and methods."""
    assert isinstance(error, HTTPException)
    code, sentence = _SENTENCES.get(error.status_code, ("not_possible", "This request cannot be answered."))
    return _answer(error.status_code, code, sentence, error.headers)


def answer_unavailable(_: Request, error: Exception) -> Response:
    """The store or the database is away: whoever asks should ask again."""
    code = getattr(error, "code", "unavailable")
    log.warning("request.unavailable", code=code)
    sentence = "A part of the system is not reachable right now. Please try again."
    return _answer(503, code, sentence, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def answer_gone(_: Request, __: Exception) -> Response:
    """The client hung up in the middle of its own request; nobody will read this."""
    return Response(status_code=400)


def answer_failure(_: Request, error: Exception) -> Response:
    log.error("request.failed", error=type(error).__name__)
    return _answer(500, "internal_error", "Something went wrong on our side.")


HANDLERS = {
    Problem: answer_problem,
    HTTPException: answer_http,
    ClientDisconnect: answer_gone,
    Exception: answer_failure,
}


def _answer(
    status: int,
    code: str,
    sentence: str,
    headers: Mapping[str, str] | None = None,
    numbers: Mapping[str, float] | None = None,
) -> Response:
    error = {"code": code, "sentence": sentence, **(numbers or {})}
    return JSONResponse({"error": error}, status, headers)
