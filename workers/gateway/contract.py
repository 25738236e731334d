"""The HTTP API as one table: `/openapi.json` is made from it, and a test holds it against the routes."""

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec import Struct

from workers.gateway import shapes
from workers.gateway.page_sessions import SessionAsked, SessionShown
from workers.gateway.preflights import PreflightAsked
from workers.gateway.replies import ReplyAsked
from workers.gateway.resolutions import ResolutionAsked
from workers.gateway.visitors import PostedMessage, PostedReceipt
from workers.preflight import Verdict

KEY = "key"
VISITOR = "visitor"


@dataclass(frozen=True, slots=True)
class Operation:
    """
    `permission` is KEY (an API key or a session of a page), VISITOR, or None where the request proves itself. `body` is
    a struct or media types; `answers` what a good one is, by status.
    """

    method: str
    path: str
    summary: str
    tag: str
    answers: dict[int, type[Struct] | str]
    permission: str | None = None
    scope: str | None = None
    query: Sequence[str] = ()
    headers: Sequence[str] = ()
    body: type[Struct] | Sequence[str] | None = None
    problems: Sequence[int] = ()


PARAMETERS = {
    "after": ("integer", "A cursor: only what changed after it."),
    "wait": ("integer", "Seconds that the answer may take, up to 25, when there is no news."),
    "limit": ("integer", "How many, up to 200. Of messages: the last ones."),
    "before": ("string", "The id of a message: what stands before it."),
    "offset": ("integer", "Where in the file the piece begins: what has been received so far."),
    "size": ("integer", "Of the whole file, in bytes."),
    "file_name": ("string", "The file's name."),
    "Idempotency-Key": ("string", "1 to 255 visible ASCII characters. The same again is the same reply."),
    "X-File-Name": ("string", "The file's name, plain or as RFC 8187."),
    "Last-Event-ID": ("string", "Where the stream goes on."),
    "Range": ("string", "One range of bytes."),
}

EVENT_STREAM = "text/event-stream"
ANY_BYTES = ("application/octet-stream", "multipart/form-data")
HELPDESK, CHAT, PROVIDERS, OPERATORS = "Helpdesks", "Webchat visitors", "Providers and browsers", "Operators"

OPERATIONS = (
    Operation("POST", "/v1/sessions", "Turn a key, a one-time code or a running session into a session for a page",
              HELPDESK, {201: SessionShown}, KEY, body=SessionAsked, problems=(401, 403, 422)),
    Operation("GET", "/v1/channels", "Where the account can answer, and what fits there", HELPDESK,
              {200: shapes.ChannelsShown}, KEY, "read", problems=(401, 403)),
    Operation("POST", "/v1/uploads", "Bring a file", HELPDESK, {201: shapes.UploadTaken}, KEY, "upload",
              query=("file_name",), headers=("X-File-Name",), body=ANY_BYTES, problems=(400, 401, 403, 413, 422)),
    Operation("PUT", "/v1/uploads/{upload}", "Bring a file in pieces: the next one", HELPDESK,
              {200: shapes.UploadProgress, 201: shapes.UploadTaken}, KEY, "upload",
              query=("offset", "size", "file_name"), headers=("X-File-Name",), body=ANY_BYTES[:1],
              problems=(401, 403, 409, 413, 422)),
    Operation("GET", "/v1/uploads/{upload}", "How far an upload in pieces is", HELPDESK, {200: shapes.UploadProgress},
              KEY, "upload", problems=(401, 403, 422)),
    Operation("POST", "/v1/replies", "Send words and files to a customer", HELPDESK, {202: shapes.ReplyTaken}, KEY,
              "reply", headers=("Idempotency-Key",), body=ReplyAsked, problems=(401, 403, 404, 409, 413, 422)),
    Operation("POST", "/v1/preflight", "What a channel will make of an upload", HELPDESK, {200: Verdict}, KEY, "reply",
              body=PreflightAsked, problems=(401, 403, 404, 413, 422)),
    Operation("GET", "/v1/conversations", "The account's conversations, the one that changed last first", HELPDESK,
              {200: shapes.ConversationsShown}, KEY, "read", query=("limit",), problems=(401, 403)),
    Operation("GET", "/v1/conversations/{conversation}", "Messages: all, a page, or what changed", HELPDESK,
              {200: shapes.ThreadShown}, KEY, "read", query=("after", "wait", "limit", "before"),
              problems=(401, 403, 404)),
    Operation("GET", "/v1/messages/{message}", "One message", HELPDESK, {200: shapes.MessageShown}, KEY, "read",
              problems=(401, 403, 404)),
    Operation("POST", "/v1/messages/{message}/parts/{part}/resolution", "Say what became of a part in doubt", HELPDESK,
              {202: shapes.ResolutionTaken}, KEY, "reply", body=ResolutionAsked, problems=(401, 403, 404, 409, 422)),
    Operation("GET", "/v1/events", "Live updates: which conversations change", HELPDESK, {200: EVENT_STREAM}, KEY,
              "read", query=("after",), headers=("Last-Event-ID",), problems=(401, 403)),
    Operation("POST", "/webchat/{address}/sessions", "Begin or renew a visitor's session", CHAT,
              {201: shapes.VisitorSession}, problems=(401, 403, 404)),
    Operation("POST", "/webchat/uploads", "Bring a file", CHAT, {201: shapes.UploadTaken}, VISITOR,
              query=("file_name",), headers=("X-File-Name",), body=ANY_BYTES, problems=(400, 401, 413, 422)),
    Operation("PUT", "/webchat/uploads/{upload}", "Bring a file in pieces: the next one", CHAT,
              {200: shapes.UploadProgress, 201: shapes.UploadTaken}, VISITOR, query=("offset", "size", "file_name"),
              headers=("X-File-Name",), body=ANY_BYTES[:1], problems=(401, 409, 413, 422)),
    Operation("GET", "/webchat/uploads/{upload}", "How far an upload in pieces is", CHAT, {200: shapes.UploadProgress},
              VISITOR, problems=(401, 422)),
    Operation("POST", "/webchat/messages", "Say something", CHAT, {202: shapes.MessageTaken}, VISITOR,
              body=PostedMessage, problems=(401, 404, 409, 413, 422)),
    Operation("GET", "/webchat/messages", "The visitor's own conversation", CHAT, {200: shapes.VisitorThreadShown},
              VISITOR, query=("after", "wait", "limit", "before"), problems=(401,)),
    Operation("GET", "/webchat/events", "Live updates of the visitor's own conversation", CHAT, {200: EVENT_STREAM},
              VISITOR, query=("after",), headers=("Last-Event-ID",), problems=(401,)),
    Operation("POST", "/webchat/receipts", "A message of ours was shown or read", CHAT, {202: shapes.Nothing}, VISITOR,
              body=PostedReceipt, problems=(401, 422)),
    Operation("GET", "/webchat/{address}/chat", "The chat as a page, for a frame", CHAT, {200: "text/html"}),
    Operation("GET", "/webchat/widget.js", "The script for a shop's page", CHAT, {200: "text/javascript"}),
    Operation("GET", "/media/{token}/{file_name}", "A file; the token is the permission", PROVIDERS, {200: "*/*"},
              headers=("Range",), problems=(403, 404, 410, 416)),
    *(
        Operation(method, path, "A provider calls, with its signature", PROVIDERS, {200: "*/*"},
                  problems=(403, 404, 413))
        for path in ("/webhooks/{channel}/{provider}", "/webhooks/{channel}/{provider}/status")
        for method in ("GET", "POST")
    ),
    Operation("GET", "/metrics", "Figures for Prometheus", OPERATORS, {200: "text/plain"}, KEY, "operate",
              problems=(401, 403)),
    Operation("GET", "/healthz", "The process answers", OPERATORS, {200: "application/json"}),
    Operation("GET", "/metrics", "Books and queues, for Prometheus", OPERATORS, {200: "text/plain"}, KEY,
              scope="operate", problems=(401, 403, 503)),
    Operation("GET", "/readyz", "Store and database answer", OPERATORS, {200: "application/json"}, problems=(503,)),
)  # fmt: skip
