"""Load on trews-rest-api, as a plan says it: who asks for what, how many at a time, for how long, and where it must end.

LOAD_PLAN names the plan, a file that opsdx writes; LOAD_PRIVATE a folder with a file for each secret; LOAD_OUT the folder for what was
seen. A text in the file `stop` of that folder ends the run in order, and is told as its reason. With LOAD_STALE_SECONDS the run ends as
well when the file `watched` there is older: nobody looks at the alarms any more. The file `alive` is touched each second.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import time
import urllib.request
from pathlib import Path
from typing import Any, ClassVar, TypedDict
from urllib.parse import quote

import gevent
import locust.stats
from locust import FastHttpUser, LoadTestShape, events, task
from locust.env import Environment
from locust.stats import StatsError


class Request(TypedDict):
    """A request that users send."""

    name: str
    method: str
    path: str
    body: str
    share: float


class Stage(TypedDict):
    """Users for a time."""

    users: int
    seconds: int
    spawnPerSecond: float


class Plan(TypedDict):
    """What a run does, and the limits that nothing in it may pass."""

    profile: str
    host: str
    keyHeader: str
    thinkSeconds: tuple[float, float]
    timeoutSeconds: float
    requests: list[Request]
    stages: list[Stage]
    maxUsers: int
    maxSeconds: int
    maxRequests: int


PLAN: Plan = json.loads(Path(os.environ["LOAD_PLAN"]).read_text(encoding="utf-8"))
OUT = Path(os.environ["LOAD_OUT"])
STOP, ALIVE, WATCHED = (OUT / name for name in ("stop", "alive", "watched"))
STALE_SECONDS = float(os.environ.get("LOAD_STALE_SECONDS", "0"))
SHARES = [request["share"] for request in PLAN["requests"]]


def secret(name: str) -> str:
    """Reads a secret; a run without it would measure refusals."""
    text = (Path(os.environ["LOAD_PRIVATE"]) / name).read_text(encoding="utf-8").strip()
    if text == "":
        raise SystemExit(f"the secret {name} must hold a value, got an empty text")
    return text


def to_the_millisecond(response_time: float) -> int:
    """Rounds a response time. Locust's own function keeps two digits, by which 504 ms would keep a limit of 500."""
    return round(response_time)


# The hook of https://docs.locust.io/en/stable/configuration.html for it.
locust.stats.bucket_response_time = to_the_millisecond

PATIENTS = [patient for patient in re.split(r"[\s,]+", secret("trews-pats")) if patient != ""]
HEADERS = {"Content-Type": "application/json", PLAN["keyHeader"]: secret("trews-admin-key")}


class Seen:
    """What the run saw of itself."""

    started = 0.0
    seconds = 0.0
    most_users = 0
    reason = "killed"
    # Each kind is asked once before chance decides: a short run has seen all of them.
    unasked: ClassVar[list[Request]] = list(PLAN["requests"])
    note: gevent.Greenlet | None = None


class RequestFailed(Exception):  # noqa: N818, its name stands in no report
    """A request that failed, by the kind of its error: the error itself tells the address, which may name a patient."""

    def __init__(self, error: BaseException, status: int) -> None:
        """Takes the kind of an error, and the status of the answer; 0 where there was none."""
        # What is given up after its time is wrapped.
        kind = type(getattr(error, "original", None) or error).__name__
        super().__init__(kind if status == 0 else f"{kind} {status}")

    def __repr__(self) -> str:
        """What reports show."""
        return str(self)


# Statuses by which a service sends elsewhere.
ELSEWHERE = range(300, 400)


class Redirected(Exception):  # noqa: N818, its name stands in reports
    """The service sends elsewhere, which is not followed: the key would go along, and another service would be measured."""


class Clinician(FastHttpUser):
    """Asks for patients, and thinks between two questions."""

    host = PLAN["host"]
    network_timeout = connection_timeout = PLAN["timeoutSeconds"]
    # Its certificate is verified; by itself Locust would not.
    insecure = False

    def wait_time(self) -> float:
        """Seconds until the next question."""
        return random.uniform(*PLAN["thinkSeconds"])

    @task
    def ask(self) -> None:
        """Sends one of the requests, as often as its share says."""
        request = Seen.unasked.pop() if Seen.unasked else random.choices(PLAN["requests"], SHARES)[0]
        patient = random.choice(PATIENTS)
        body = request["body"].replace("{patient}", json.dumps(patient)[1:-1])
        # Whole: on Locust's page anybody may type another host, which must not get the key.
        url = PLAN["host"] + request["path"].replace("{patient}", quote(patient, safe=""))
        began = time.perf_counter()
        try:
            self.send(request, url, body)
        except UnicodeDecodeError as error:
            # The body of an error that is no UTF-8: the client stumbles over it, and Locust would not count the request.
            self.environment.events.request.fire(
                request_type=request["method"],
                name=request["name"],
                response_time=(time.perf_counter() - began) * 1000,
                response_length=0,
                exception=RequestFailed(error, 0),
                context={},
            )

    def send(self, request: Request, url: str, body: str) -> None:
        """Sends a request, and tells how it failed."""
        # The timeouts of the connection start anew with each part of an answer.
        with (
            gevent.Timeout(PLAN["timeoutSeconds"]),
            # Named without the patient: names stand in reports.
            self.client.request(
                request["method"],
                url,
                name=request["name"],
                data=body if body != "" else None,
                headers=HEADERS,
                allow_redirects=False,
                catch_response=True,
            ) as answer,
        ):
            error = answer.request_meta["exception"]
            if error is None and answer.status_code in ELSEWHERE:
                error = Redirected()
            if error is not None:
                answer.failure(RequestFailed(error, answer.status_code))


class Stages(LoadTestShape):
    """The plan's stages, one after the other."""

    def tick(self) -> tuple[int, float] | None:
        """How many users there should be now, and how fast they come; None ends the run."""
        assert self.runner is not None
        ALIVE.touch()
        if Seen.started == 0.0:
            Seen.started = time.time()
        Seen.seconds = elapsed = self.get_run_time()
        Seen.most_users = max(Seen.most_users, self.get_current_user_count())
        stage = self.stage(elapsed)
        # One whose stages are over has done all of it, whatever limit it has come to.
        reason = "done" if stage is None else self.end(elapsed)
        if stage is None or reason is not None:
            Seen.reason = reason or "done"
            return None
        return min(stage["users"], PLAN["maxUsers"]), stage["spawnPerSecond"]

    def stage(self, elapsed: float) -> Stage | None:
        """The stage of this second; None when all are over."""
        until = 0
        for stage in PLAN["stages"]:
            until += stage["seconds"]
            if elapsed < until:
                return stage
        return None

    def end(self, elapsed: float) -> str | None:
        """Why the run ends before its last stage; None while it does not."""
        assert self.runner is not None
        if STOP.exists():
            return f"stopped: {STOP.read_text(encoding='utf-8').strip()}"
        if STALE_SECONDS > 0 and time.time() - WATCHED.stat().st_mtime > STALE_SECONDS:
            return "stopped: nobody looks at the alarms any more"
        if elapsed >= PLAN["maxSeconds"]:
            return f"stopped: the limit of {PLAN['maxSeconds']} seconds"
        if self.runner.stats.total.num_requests >= PLAN["maxRequests"]:
            return f"stopped: the limit of {PLAN['maxRequests']} requests"
        return None


GRAFANA = os.environ.get("LOAD_GRAFANA", "")
# What may go wrong with a note: the way, the token, the answer. A run is as good without.
NOT_NOTED = (OSError, ValueError, LookupError, TypeError, http.client.HTTPException, gevent.Timeout, SystemExit)
NOTE_SECONDS = 5


def ask_grafana(method: str, path: str, note: dict[str, Any]) -> Any:
    """Asks Grafana, for at most NOTE_SECONDS; what it answers."""
    asked = urllib.request.Request(  # noqa: S310, its address is the configuration's
        f"{GRAFANA}/api/annotations{path}",
        data=json.dumps(note).encode(),
        headers={"Authorization": f"Bearer {secret('grafana-token')}", "Content-Type": "application/json"},
        method=method,
    )
    with gevent.Timeout(NOTE_SECONDS), urllib.request.urlopen(asked) as answer:  # noqa: S310
        return json.load(answer)


def note_text(words: str) -> str:
    """What a note says."""
    return f"Load test {os.environ.get('LOAD_RUN', '')}: {words}"


def note_start(started: float) -> tuple[int, str]:
    """Notes the start in Grafana; the note's number, and what went wrong."""
    note = {"time": round(started * 1000), "tags": ["load", PLAN["profile"]], "text": note_text("begun")}
    try:
        return int(ask_grafana("POST", "", note)["id"]), ""
    except NOT_NOTED as error:
        return 0, f"not made: {error!r}" if str(error) == "" else f"not made: {error}"


def note_end(reason: str) -> str:
    """Notes the end in Grafana, where there is one; says how both went."""
    if Seen.note is None:
        return "not asked for"
    number, fault = Seen.note.get()
    if fault != "":
        return str(fault)
    text = note_text(f"at most {Seen.most_users} users, {reason}")
    try:
        ask_grafana("PATCH", f"/{number}", {"timeEnd": round(time.time() * 1000), "text": text})
    except NOT_NOTED as error:
        return f"made, without its end: {error}"
    return "made"


@events.test_start.add_listener
def begin_note(**_: Any) -> None:
    """Notes the run beside its first requests, so that who is called meanwhile sees it."""
    if GRAFANA != "":
        Seen.note = gevent.spawn(note_start, time.time())


@events.quitting.add_listener
def write_summary(environment: Environment, **_: Any) -> None:
    """Writes what was seen, before anybody else is asked about it, and again with how that went."""
    summary = summary_of(environment)
    write_whole({**summary, "annotation": "not made: Locust was killed meanwhile"})
    write_whole({**summary, "annotation": note_end(Seen.reason)})
    # Whether that is good is decided from the summary, not by Locust.
    environment.process_exit_code = 0


def summary_of(environment: Environment) -> dict[str, Any]:
    """What was seen: response times are counted by the millisecond, and of an error its kind is told."""
    return {
        "profile": PLAN["profile"],
        "reason": Seen.reason,
        "started": Seen.started,
        "seconds": round(Seen.seconds, 3),
        "mostUsers": Seen.most_users,
        "generatorBusy": environment.runner is not None and environment.runner.cpu_warning_emitted,
        "requests": [
            {
                "name": entry.name,
                "requests": entry.num_requests,
                "failures": entry.num_failures,
                "responseTimes": {str(time_ms): count for time_ms, count in sorted(entry.response_times.items())},
            }
            for entry in environment.stats.entries.values()
        ],
        "errors": [
            {"name": error.name, "error": StatsError.parse_error(error.error), "occurrences": error.occurrences}
            for error in environment.stats.errors.values()
        ],
    }


def write_whole(summary: dict[str, Any]) -> None:
    """Writes a summary, whole or not at all."""
    draft = OUT / "summary.json.new"
    draft.write_text(json.dumps(summary, indent=2), encoding="utf-8")
    draft.replace(OUT / "summary.json")
