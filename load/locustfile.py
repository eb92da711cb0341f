"""Load on trews-rest-api, as a plan says it: who asks for what, how many at a time, for how long, and where it must end.

LOAD_PLAN names the plan, a file that opsdx writes; LOAD_PRIVATE a folder with a file for each secret; LOAD_OUT the folder for what was
seen. A text in the file `stop` of that folder ends the run in order, and is told as its reason.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
import urllib.request
from pathlib import Path
from typing import Any, TypedDict

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
STOP = OUT / "stop"
SHARES = [request["share"] for request in PLAN["requests"]]


def secret(name: str) -> str:
    """Reads a secret; a run without it would measure refusals."""
    text = (Path(os.environ["LOAD_PRIVATE"]) / name).read_text(encoding="utf-8").strip()
    if text == "":
        raise SystemExit(f"the secret {name} must hold a value, got an empty text")
    return text


PATIENTS = re.split(r"[\s,]+", secret("trews-pats"))
HEADERS = {"Content-Type": "application/json", PLAN["keyHeader"]: secret("trews-admin-key")}


class Seen:
    """What the run saw of itself."""

    started = 0.0
    seconds = 0.0
    most_users = 0
    reason = "killed"


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
        (request,) = random.choices(PLAN["requests"], SHARES)
        patient = random.choice(PATIENTS)
        body = request["body"].replace("{patient}", patient)
        # Named without the patient: names stand in reports.
        self.client.request(
            request["method"],
            request["path"].replace("{patient}", patient),
            name=request["name"],
            data=body if body != "" else None,
            headers=HEADERS,
        )


class Stages(LoadTestShape):
    """The plan's stages, one after the other."""

    def tick(self) -> tuple[int, float] | None:
        """How many users there should be now, and how fast they come; None ends the run."""
        assert self.runner is not None
        if Seen.started == 0.0:
            Seen.started = time.time()
        Seen.seconds = elapsed = self.get_run_time()
        Seen.most_users = max(Seen.most_users, self.get_current_user_count())
        reason = self.end(elapsed)
        if reason is not None:
            Seen.reason = reason
            return None
        until = 0
        for stage in PLAN["stages"]:
            until += stage["seconds"]
            if elapsed < until:
                return min(stage["users"], PLAN["maxUsers"]), stage["spawnPerSecond"]
        Seen.reason = "done"
        return None

    def end(self, elapsed: float) -> str | None:
        """Why the run ends before its last stage; None while it does not."""
        assert self.runner is not None
        if STOP.exists():
            return f"stopped: {STOP.read_text(encoding='utf-8').strip()}"
        if elapsed >= PLAN["maxSeconds"]:
            return f"stopped: the limit of {PLAN['maxSeconds']} seconds"
        if self.runner.stats.total.num_requests >= PLAN["maxRequests"]:
            return f"stopped: the limit of {PLAN['maxRequests']} requests"
        return None


def annotate(reason: str) -> str:
    """Notes the run in Grafana, where there is one; says how that went. A run is as good without."""
    address = os.environ.get("LOAD_GRAFANA", "")
    if address == "" or Seen.started == 0.0:
        return "not asked for"
    note = {
        "time": round(Seen.started * 1000),
        "timeEnd": round(time.time() * 1000),
        "tags": ["load", PLAN["profile"]],
        "text": f"Load test {os.environ.get('LOAD_RUN', '')}: at most {Seen.most_users} users, {reason}",
    }
    try:
        asked = urllib.request.Request(  # noqa: S310, its address is the configuration's
            f"{address}/api/annotations",
            data=json.dumps(note).encode(),
            headers={"Authorization": f"Bearer {secret('grafana-token')}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310
            return f"made ({answer.status})"
    except (OSError, SystemExit) as error:
        return f"not made: {error}"


@events.quitting.add_listener
def write_summary(environment: Environment, **_: Any) -> None:
    """Writes what was seen, whole or not at all: response times are counted by the millisecond, as Locust rounds them.

    Of an error its kind is told, and not its address, which may name a patient.
    """
    summary = {
        "profile": PLAN["profile"],
        "reason": Seen.reason,
        "started": Seen.started,
        "seconds": round(Seen.seconds, 3),
        "mostUsers": Seen.most_users,
        "annotation": annotate(Seen.reason),
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
    draft = OUT / "summary.json.new"
    draft.write_text(json.dumps(summary, indent=2), encoding="utf-8")
    draft.replace(OUT / "summary.json")
    # Whether that is good is decided from the summary, not by Locust.
    environment.process_exit_code = 0
