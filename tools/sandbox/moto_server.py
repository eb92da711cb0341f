"""
Starts moto 5.2.5 with nine of its faults mended, and with Node.js to run functions; stacks/sandbox/emulator-limits.ts lists what is left out
because of other faults.
"""

import hashlib
import json
from collections import OrderedDict
from threading import Lock

from moto.cloudtrail.models import CloudTrailBackend
from moto.elbv2.models import ELBv2Backend
from moto.guardduty.models import Detector
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.rds.models import DBInstance
from moto.s3.models import FakeBucket
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import main

from moto_answers import teach_what_aws_gives_back
from moto_functions import is_invocation, run_functions_with_node
from moto_operations import Operations


def mend_database_ids() -> None:
    """Every database has the same resource id, by which Terraform looks databases up: only one could exist."""
    original = DBInstance.__init__

    def init(self, *args, **kwargs):
        original(self, *args, **kwargs)
        name = f"{self.account_id}/{self.region}/{self.db_instance_identifier}"
        self.dbi_resource_id = "db-" + hashlib.sha256(name.encode()).hexdigest()[:26].upper()

    DBInstance.__init__ = init


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def mend_bucket_policies() -> None:
    """
    A statement of a bucket's policy refuses every object when its condition does not hold, and no condition ever holds. Here such a
    statement says nothing. The emulator speaks HTTP on loopback only, in AWS's place: that counts as TLS. What cannot be judged goes
    against the request: a Deny refuses, an Allow permits nothing.
    """

    def holds(operator, key, values, unknown) -> bool:
        if (operator, key.lower()) == ("Bool", "aws:securetransport"):
            return "true" in [str(value).lower() for value in as_list(values)]
        return unknown

    def applies(statement) -> bool:
        return all(
            holds(operator, key, values, unknown=statement["Effect"] == "Deny")
            for operator, keys in statement.pop("Condition", {}).items()
            for key, values in keys.items()
        )

    def permission(self, action, resource):
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        policy["Statement"] = [statement for statement in as_list(policy["Statement"]) if applies(statement)]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    FakeBucket.get_permission = permission


def mend_bucket_logging() -> None:
    """A log bucket's policy is misread when it has a principal "*", or its actions and resources are lists."""

    def permits(target_bucket, target_prefix) -> bool:
        statements = json.loads(target_bucket.policy.decode())["Statement"] if target_bucket.policy else []
        bucket = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}"
        return any(
            statement["Effect"] == "Allow"
            and isinstance(statement.get("Principal"), dict)
            and "logging.s3.amazonaws.com" in as_list(statement["Principal"].get("Service"))
            and "s3:PutObject" in as_list(statement["Action"])
            and {f"{bucket}/*", f"{bucket}/{target_prefix or ''}*"} & set(as_list(statement["Resource"]))
            for statement in statements
        )

    FakeBucket._log_permissions_enabled_policy = staticmethod(permits)


def mend_trails() -> None:
    """Logging is started and stopped by a trail's name only, while Terraform names it by its ARN."""
    for operation in ("start_logging", "stop_logging"):
        original = getattr(CloudTrailBackend, operation)
        by_name = lambda self, name, original=original: original(self, name.rsplit("/", 1)[-1])
        setattr(CloudTrailBackend, operation, by_name)


def mend_detector_features() -> None:
    """
    Setting one feature of a detector forgets all others; and of a feature only what was set is given back, while GuardDuty answers
    every additional configuration that the feature has, in its own order, as DISABLED when nobody set it.
    """
    original = Detector.update
    original_json = Detector.to_json
    additional = {
        "EKS_RUNTIME_MONITORING": ["EKS_ADDON_MANAGEMENT"],
        "RDS_LOGIN_EVENTS": ["RDS_DATA_RISK"],
        "RUNTIME_MONITORING": ["EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT"],
    }

    def update(self, enable, finding_publishing_frequency, data_sources, features):
        known = {feature["name"]: feature for feature in [*(self.features or []), *(features or [])]}
        original(self, enable, finding_publishing_frequency, data_sources, list(known.values()))

    def whole(feature):
        if feature["name"] not in additional:
            return feature
        given = {entry["name"]: entry for entry in feature.get("additionalConfiguration") or []}
        entries = [given.get(name, {"name": name, "status": "DISABLED"}) for name in additional[feature["name"]]]
        return {**feature, "additionalConfiguration": entries}

    def to_json(self):
        return {**original_json(self), "features": [whole(feature) for feature in self.features]}

    Detector.update = update
    Detector.to_json = to_json


def mend_target_group_names() -> None:
    """Two hyphens in a row are refused, while AWS's API takes them (github.com/aws/aws-sdk-js/issues/3300) and kops makes them."""
    original = ELBv2Backend.create_target_group

    def create(self, name, **kwargs):
        target_group = original(self, name.replace("--", "-"), **kwargs)
        target_group.name = name
        return target_group

    ELBv2Backend.create_target_group = create


def pair_number(environ, start_response, held: dict):
    """The number of the last settled change, which `pair.ts` compares with that of the state files."""
    if environ["REQUEST_METHOD"] == "PUT":
        held["number"] = int(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(held.get("number", 0)).encode()]


def serve_one_at_a_time() -> None:
    """
    Requests are served side by side over dictionaries that do not expect it: now and then a change was lost. And on a busy machine an
    answer is lost on its way now and then; the SDK then asks again under the same invocation id, and gets the first answer once more
    instead of "already exists" or "not found".
    """
    original = DomainDispatcherApplication.__call__
    lock = Lock()
    answers: OrderedDict = OrderedDict()
    held: dict = {}
    operations = Operations()

    def call(self, environ, start_response):
        if environ.get("PATH_INFO") == "/opsdx/pair":
            return pair_number(environ, start_response, held)
        if environ.get("PATH_INFO") == "/opsdx/operations":
            return operations.answer(start_response)
        if is_invocation(environ):
            return original(self, environ, start_response)
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        with lock:
            operations.record(environ)
            if invocation in answers:
                status, headers, body = answers[invocation]
                environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
                start_response(status, headers)
                return [body]
            given = {}

            def remember(status, headers, exc_info=None):
                given.update(status=status, headers=headers)
                return start_response(status, headers, exc_info)

            parts = original(self, environ, remember)
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
            if invocation and environ["REQUEST_METHOD"] != "GET" and given["status"].startswith("2"):
                answers[invocation] = (given["status"], given["headers"], body)
                if len(answers) > 5000:
                    answers.popitem(last=False)
            return [body]

    DomainDispatcherApplication.__call__ = call


if __name__ == "__main__":
    serve_one_at_a_time()
    mend_database_ids()
    mend_bucket_policies()
    mend_bucket_logging()
    mend_trails()
    mend_detector_features()
    mend_target_group_names()
    teach_what_aws_gives_back()
    run_functions_with_node()
    main()
