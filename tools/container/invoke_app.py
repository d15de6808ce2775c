"""Grand Challenge's API method invoke: /health and /invoke, as an ASGI application."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from pylayers.command_line.exit_codes import complain, refusal
from pylayers.errors import ScanRefused, UsageError
from tools.container.challenge_case import open_case, score_case
from tools.scoring.scorer import Scorer
from tools.workers.worker_side import sentence_of

METHODS = {"/health": "GET", "/invoke": "POST"}
MOST_BODY_BYTES = 4096  # of a call's body, which nothing reads


class Answer(NamedTuple):
    """An HTTP status and what the JSON of the answer holds: no path, no name and no message."""

    status: HTTPStatus
    content: dict


def answer_case(inputs: Path, output: Path, scorers: list[Scorer]) -> Answer:
    """Score the case in two folders; whatever comes of it is an answer, and a line on stderr."""
    started = time.perf_counter()
    try:
        refused = score_case(open_case(inputs, output), scorers)["refused"]
    except UsageError as error:
        complain(f"error: {error}")
        return Answer(HTTPStatus.BAD_REQUEST, {"status": "no-case"})
    except Exception as error:  # of whatever kind: the next case must have its turn
        complain(f"error: {sentence_of(error)}")
        return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"status": "failed"})
    if refused:
        complain(refusal(ScanRefused(**refused)))
        content = {"status": "refused", "slug": refused["slug"]}
        return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, content)
    complain(f"note: a case was scored in {time.perf_counter() - started:.1f} s")
    return Answer(HTTPStatus.CREATED, {"status": "scored"})


class InvokeApp:
    """The two calls of one server process; a case at a time, and none before all is loaded.

    load: returns the function that does a case. One thread, the same for all, calls both: Caffe
    keeps its device and its random numbers per thread.
    """

    def __init__(self, load: Callable[[], Callable[[], Answer]]) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="case")
        self.loaded: Future[Callable[[], Answer]] = self._thread.submit(load)
        self._case: Future[Answer] | None = None

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        """Answer a call. Of the request only method, path and the body's length are looked at."""
        answer, headers = await self._answer(scope), [(b"content-type", b"application/json")]
        if answer.status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append((b"allow", METHODS[scope["path"]].encode()))
        headers.append((b"connection", b"close"))  # a body is left unread, so nothing may follow
        body = json.dumps(answer.content).encode() + b"\n"
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, scope: dict) -> Awaitable[Answer]:
        method = METHODS.get(scope["path"])
        if method is None:
            return given(HTTPStatus.NOT_FOUND, "not-found")
        if scope["method"] != method:
            return given(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed")
        if body_bytes(scope) > MOST_BODY_BYTES:
            return given(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large")
        if not self.loaded.done() or self.loaded.exception():
            return given(HTTPStatus.SERVICE_UNAVAILABLE, "loading")
        if scope["path"] == "/health":
            return given(HTTPStatus.OK, "ready")
        if self._case and not self._case.done():
            return given(HTTPStatus.CONFLICT, "busy")
        self._case = self._thread.submit(self.loaded.result())
        return asyncio.wrap_future(self._case)


async def given(status: HTTPStatus, text: str) -> Answer:
    """Return an answer that is known at once."""
    return Answer(status, {"status": text})


def body_bytes(scope: dict) -> int:
    """Return how long a call says its body is; 0 where it does not say."""
    return max(
        (int(value) for name, value in scope["headers"] if name == b"content-length"), default=0
    )
