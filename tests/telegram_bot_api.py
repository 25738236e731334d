"""
A loopback Bot API, as strict as its documentation: tokens, fields, one file under its own name, sizes, captions.

https://core.telegram.org/bots/api, read 2026-11-27.
"""

import json
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any

import urllib3
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workers.sandbox.listener import Listener

BOT = "acme_help_bot"
MAX_TEXT, MAX_CAPTION = 4096, 1024
MAX_PHOTO_BYTES, MAX_FILE_BYTES = 10_000_000, 50_000_000
MEDIA = {"sendPhoto": "photo", "sendVideo": "video", "sendAudio": "audio", "sendDocument": "document"}
TYPES = {"sendPhoto": {"image/jpeg", "image/png"}, "sendVideo": {"video/mp4"}, "sendAudio": {"audio/mpeg", "audio/mp4"}}


class BotApi:
    """`received` is what a chat got: (method, text or caption, file's bytes or None)."""

    def __init__(self, webhook_url: str) -> None:
        self.token = f"123456:{token_hex(16)}"
        self.secret = token_hex(16)
        self.received: dict[str, list[tuple[str, str, bytes | None]]] = {}
        self.failures: list[tuple[int, dict[str, Any]]] = []
        """Answers for the next sends, instead of what they deserve."""
        self._webhook_url = webhook_url
        self._files: dict[str, bytes] = {}
        self._ids = count(1)
        routes = [
            Route(f"/bot{self.token}/getFile", self._get_file),
            Route(f"/file/bot{self.token}/{{path:path}}", self._file),
            Route(f"/bot{self.token}/sendMessage", self._send_message, methods=["POST"]),
            *(Route(f"/bot{self.token}/{name}", self._send_media, methods=["POST"]) for name in MEDIA),
        ]
        self._listener = Listener(Starlette(routes=routes), name="telegram")

    @property
    def fetch_allow(self) -> list[str]:
        return [self._listener.url.removeprefix("http://")]

    def connection(self) -> dict[str, Any]:
        credentials = {"bot_token": {"value": self.token}, "secret_token": {"value": self.secret}}
        return {"provider": "telegram", "address": BOT, "api_url": self._listener.url, "credentials": credentials}

    def start(self) -> None:
        self._listener.start()

    def stop(self) -> None:
        self._listener.stop()

    def customer_sends(self, chat: int, *, secret: str | None = None, **content: Any) -> int:
        """An update with this content (`text=…`, `document=…`); the status of our answer."""
        person = {"id": chat, "is_bot": False, "first_name": "Kim"}
        message = {"message_id": next(self._ids), "date": 1_800_000_000, "chat": {"id": chat, "type": "private"}}
        return self.repeats({"update_id": next(self._ids), "message": message | {"from": person} | content}, secret)

    def repeats(self, update: dict[str, Any], secret: str | None = None) -> int:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret or self.secret, "Content-Type": "application/json"}
        answer = urllib3.request("POST", self._webhook_url, body=json.dumps(update), headers=headers, retries=False)
        return answer.status

    def keep(self, path: Path) -> str:
        """A file that a customer uploaded; its file_id."""
        name = f"id-{token_hex(8)}"
        self._files[name] = path.read_bytes()
        return name

    async def _get_file(self, request: Request) -> Response:
        name = request.query_params.get("file_id", "")
        if name not in self._files:
            return _no(400, "Bad Request: invalid file_id")
        return JSONResponse({"ok": True, "result": {"file_id": name, "file_path": f"documents/{name}"}})

    async def _file(self, request: Request) -> Response:
        return Response(
            self._files[request.path_params["path"].rpartition("/")[2]], media_type="application/octet-stream"
        )

    async def _send_message(self, request: Request) -> Response:
        asked = await request.json()
        if not asked.get("text") or len(asked["text"]) > MAX_TEXT:
            return _no(400, "Bad Request: message text is empty or too long")
        return self._taken("sendMessage", str(asked["chat_id"]), asked["text"], None)

    async def _send_media(self, request: Request) -> Response:
        method = request.url.path.rpartition("/")[2]
        async with request.form(max_part_size=MAX_FILE_BYTES) as form:
            file = form.get(MEDIA[method])
            if not isinstance(file, UploadFile):
                return _no(400, f"Bad Request: there is no {MEDIA[method]} in the request")
            content = await file.read()
            if file.content_type not in TYPES.get(method, {file.content_type}):
                return _no(400, f"Bad Request: wrong type of the {MEDIA[method]}")
            if len(content) > (MAX_PHOTO_BYTES if method == "sendPhoto" else MAX_FILE_BYTES):
                return _no(413, "Request Entity Too Large")
            caption = str(form.get("caption", ""))
            if len(caption) > MAX_CAPTION:
                return _no(400, "Bad Request: message caption is too long")
            return self._taken(method, str(form["chat_id"]), caption, content)

    def _taken(self, method: str, chat: str, text: str, content: bytes | None) -> Response:
        if self.failures:
            status, body = self.failures.pop(0)
            return JSONResponse(body, status)
        self.received.setdefault(chat, []).append((method, text, content))
        return JSONResponse(
            {"ok": True, "result": {"message_id": next(self._ids), "date": 1, "chat": {"id": int(chat)}}}
        )


def _no(code: int, description: str) -> Response:
    return JSONResponse({"ok": False, "error_code": code, "description": description}, code)
