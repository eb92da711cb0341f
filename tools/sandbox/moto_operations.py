"""
Which operations Terraform asked of the emulator, by stack, command and account: what a role must be allowed in a real account.
`tools/terraform/runner.ts` puts stack and command into the provider's user agent; whoever carries no such word is not recorded.
"""

import json
import re
from collections import defaultdict
from functools import lru_cache
from io import BytesIO
from urllib.parse import parse_qs

from botocore.loaders import Loader
from moto.iam.models import get_account_id_from

CALLER = re.compile(r"\bopsdx-([a-z0-9-]+)/([a-z]+)")
CREDENTIAL = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
# Models that are not called as their requests are signed.
MODELS = {"access-analyzer": "accessanalyzer", "elasticfilesystem": "efs"}
# Where S3 keeps what is an account's, not a bucket's: signed as S3, with other permissions.
ACCOUNT_PATH = "/v20180820/"


@lru_cache(maxsize=None)
def routes(model: str) -> list:
    """Words of the query, method, pattern of the path and name of each operation of a REST service; the most particular first."""
    found = []
    operations = Loader().load_service_model(model, "service-2")["operations"]
    for name, operation in operations.items():
        if operation.get("deprecated"):
            continue
        path, _, query = operation["http"]["requestUri"].partition("?")
        pattern = re.sub(r"\\{[^}]*?(\\\+)?\\}", lambda part: ".+" if part[1] else "[^/]+", re.escape(path.rstrip("/")))
        words = set(parse_qs(query, keep_blank_values=True))
        found.append((words, operation["http"]["method"], re.compile(f"{pattern}/?"), name))
    return sorted(found, key=lambda route: (-len(route[0]), len(re.findall(r"\.\+|\[", route[2].pattern))))


def rest_operation(service: str, environ) -> str:
    # As it was sent: an ARN within a path has slashes, which are encoded there.
    path, method = environ["RAW_URI"].partition("?")[0], environ["REQUEST_METHOD"]
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if "x-id" in query:
        return query["x-id"][0]
    for words, verb, pattern, name in routes(MODELS.get(service, service)):
        if verb == method and words <= set(query) and pattern.fullmatch(path):
            return name
    return f"{method} {path}"


def operation_of(service: str, environ) -> str:
    if "HTTP_X_AMZ_TARGET" in environ:
        return environ["HTTP_X_AMZ_TARGET"].rsplit(".", 1)[-1]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        action = parse_qs(body.decode()).get("Action")
        if action:
            return action[0]
    return rest_operation(service, environ)


class Operations:
    """What was asked since the emulator started."""

    def __init__(self):
        self.seen = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))

    def record(self, environ) -> None:
        caller = CALLER.search(environ.get("HTTP_USER_AGENT", ""))
        signed = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if caller and signed:
            stack, command = caller.groups()
            key, service = signed.groups()
            if service == "s3" and environ["PATH_INFO"].startswith(ACCOUNT_PATH):
                service = "s3control"
            self.seen[stack][command][get_account_id_from(key)].add(f"{service}:{operation_of(service, environ)}")

    def answer(self, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(self.seen, default=sorted).encode()]
