"""A language model behind an endpoint that speaks OpenAI's protocol, as a proposer."""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from braess.errors import BraessError, InputError
from braess.trace.code import Sandbox
from braess.trace.proposers._answers import SCHEMA, STOP, suggested
from braess.trace.report import report
from braess.trace.report_text import render
from braess.trace.suggestion import Suggestion, accepted
from braess.trace.workflow import Run

_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)  # answers of a server after which it is asked again
_LARGEST = 2**22  # bytes of an answer that are read at most
_TASK = (
    "You improve the parameters of a workflow. The user message is a report of a run in sections: Instruction, Code, "
    "Documentation, Variables, Constraints, Inputs, Others, Outputs, Feedback. Answer with one JSON object and nothing else: "
    '{"reasoning": "...", "answer": "...", "suggestion": {"name of a variable": new value, ...}}. Suggest only variables of '
    "the report, with values of their types that keep their constraints; leave out those that should stay. "
    f"Where nothing can be improved, answer {STOP}."
)


class EndpointError(BraessError):
    """The endpoint did not answer, or refused.

    Parameters
    ----------
    reason
        What it said.
    again
        Whether asking again may help.
    """

    def __init__(self, reason: str, *, again: bool) -> None:
        self.reason, self.again = reason, again
        super().__init__(f"the endpoint did not answer: {reason}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by what it was made from."""
        return partial(EndpointError, again=self.again), (self.reason,)


@dataclass(frozen=True)
class Endpoint:
    """Where a language model is, and how it is asked. What is in the environment need not be said.

    Parameters
    ----------
    url
        Up to and without ``/chat/completions``; left out: ``OPENAI_BASE_URL``.
    model
        Name of the model; left out: ``OPENAI_MODEL``.
    key
        Name of the environment variable that holds the key; it need not be set.
    timeout
        Seconds to wait for an answer.
    retries
        How often the same is asked again after a failure or an answer that cannot be read.
    pause
        Seconds before the first of these; each next pause is twice as long.
    tokens
        Most tokens of an answer.
    temperature
        Of the model; ``None`` leaves it to the server.
    schema
        Whether the server is told the schema (``json_schema``), or only that it is to be JSON (``json_object``).
    """

    url: str = ""
    model: str = ""
    key: str = "OPENAI_API_KEY"
    timeout: float = 60.0
    retries: int = 2
    pause: float = 1.0
    tokens: int = 4096
    temperature: float | None = 0.0
    schema: bool = False

    def __post_init__(self) -> None:
        """Check the settings, and look into the environment."""
        object.__setattr__(self, "url", (self.url or os.environ.get("OPENAI_BASE_URL", "")).rstrip("/"))
        object.__setattr__(self, "model", self.model or os.environ.get("OPENAI_MODEL", ""))
        if not self.url.startswith(("http://", "https://")):
            raise InputError("no address of a server", field="url", found=self.url, expected="http(s)://… or OPENAI_BASE_URL")
        if not self.model:
            raise InputError("no model", field="model", expected="its name, or OPENAI_MODEL")
        for name, low in (("timeout", 1e-3), ("retries", 0), ("pause", 0.0), ("tokens", 1)):
            if not low <= getattr(self, name) < float("inf"):
                raise InputError("impossible value", field=name, found=getattr(self, name), expected=f"at least {low:g}")

    def ask(self, messages: list[dict[str, str]]) -> str:
        """Return the text of one answer.

        Raises
        ------
        EndpointError
            There is none.
        """
        form: dict[str, Any] = {"type": "json_object"}
        if self.schema:
            form = {"type": "json_schema", "json_schema": {"name": "suggestion", "schema": SCHEMA}}
        body: dict[str, Any] = {"model": self.model, "messages": messages, "max_tokens": self.tokens, "response_format": form}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        headers = {"Content-Type": "application/json"}
        if os.environ.get(self.key):
            headers["Authorization"] = f"Bearer {os.environ[self.key]}"
        request = urllib.request.Request(  # noqa: S310 -- http and https only, as checked
            f"{self.url}/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 -- as above
                data = json.loads(answer.read(_LARGEST))
            return str(data["choices"][0]["message"]["content"] or "")
        except urllib.error.HTTPError as error:
            with error:
                raise EndpointError(f"{error.code} {error.reason}", again=error.code in _AGAIN) from None
        except (OSError, http.client.HTTPException) as error:
            raise EndpointError(str(getattr(error, "reason", error)), again=True) from None
        except (ValueError, LookupError, TypeError):
            raise EndpointError("an answer that is none of the protocol", again=True) from None


@dataclass(eq=False)
class LanguageModel:
    """Asks a language model for better parameters: it reads the report of the run, and answers with a suggestion.

    Nothing it answers is run, and what is no known parameter, of another type or out of range changes nothing.

    Parameters
    ----------
    endpoint
        Where it is.
    memory
        Pairs of variables and feedback of earlier runs that are told, too.
    horizon
        Levels of the trace that the report shows, ``None`` for all.
    trace
        Whether the trace is shown; without it the report has variables and feedback only, as in OPRO.
    sandbox
        Where proposed code runs; ``None``: none is accepted.

    Attributes
    ----------
    asked, rejected
        Answers asked for, and what was rejected of them, with the reasons.

    References
    ----------
    Cheng, Nie and Swaminathan (2024), arXiv:2406.16218 (OptoPrime); without the trace: Yang et al. (2023), arXiv:2309.03409.
    """

    endpoint: Endpoint
    memory: int = 0
    horizon: int | None = None
    trace: bool = True
    sandbox: Sandbox | None = None
    asked: int = field(default=0, init=False)
    rejected: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Check the memory."""
        if self.memory < 0:
            raise InputError("impossible value", field="memory", found=self.memory, expected="at least 0")
        self._past: deque[str] = deque(maxlen=self.memory)

    def propose(self, run: Run) -> Suggestion:
        """Return what the model suggests; nothing where it says so, or says nothing that can be read.

        Raises
        ------
        EndpointError
            The server does not answer, however often it is asked.
        """
        messages = self._messages(run)
        for attempt in range(self.endpoint.retries + 1):
            if attempt:
                time.sleep(self.endpoint.pause * 2 ** (attempt - 1))
            self.asked += 1
            try:
                answer = suggested(self.endpoint.ask(messages))
            except EndpointError as error:
                if attempt == self.endpoint.retries or not error.again:
                    raise
                continue
            except ValueError as error:
                self.rejected.append(f"answer {self.asked}: {error}")
                continue
            found = accepted(run.workflow.parameters, answer, sandbox=self.sandbox)
            self.rejected += found.rejected
            return found
        return Suggestion({}, tuple(self.rejected[-1:]))

    def _messages(self, run: Run) -> list[dict[str, str]]:
        """Return the task and the report, earlier runs before it; and remember this one."""
        whole = report(run, horizon=self.horizon)
        lines = render(whole).split("\n")
        titles = [at for at, line in enumerate(lines) if line.startswith("# ")]
        parts = {lines[a][2:]: lines[a:b] for a, b in zip(titles, [*titles[1:], len(lines)], strict=True)}
        pair = "\n".join([*parts["Variables"], *parts["Feedback"]])
        text = "\n".join(lines) if self.trace else "\n".join([*parts["Instruction"], *parts["Constraints"], pair])
        past = [f"An earlier run, {len(self._past) - i} before this one:\n{one}" for i, one in enumerate(self._past)]
        self._past.append(pair)
        return [{"role": "system", "content": _TASK}, {"role": "user", "content": "\n\n".join([*past, text])}]
