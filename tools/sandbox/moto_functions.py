"""Runs the sandbox's Lambda functions, which are Node.js programs, with the machine's own Node.js instead of Docker."""

import io
import json
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

import yaml
from moto import settings
from moto.awslambda.models import LambdaFunction
from moto.sts.models import sts_backends

# Reads the event from standard input, and answers on a third channel, because a function's own words go to the other two.
RUNTIME = """
const [file, name] = process.env._HANDLER.split(".");
const answer = (value) => require("node:fs").writeSync(3, JSON.stringify(value) ?? "null");
const event = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
Promise.resolve().then(() => require(require("node:path").resolve(file))[name](event)).then(answer, (error) => {
  answer({ errorType: error.name, errorMessage: error.message });
  process.exitCode = 1;
});
"""


def local_cluster(environment: dict) -> dict:
    """Address and authority of the sandbox's own cluster, for a function that is told the name of a real one."""
    kubeconfig = Path("clusters", environment.get("CLUSTER_ID", ""), "admin.kubeconfig")
    if not kubeconfig.is_file():
        return {}
    cluster = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
    return {"CLUSTER_ENDPOINT": cluster["server"], "CLUSTER_CA": cluster["certificate-authority-data"]}


def role_keys(function: LambdaFunction) -> dict:
    """Keys of the function's role, as Lambda hands them out."""
    role = sts_backends[function.account_id]["aws"].assume_role(
        function.region, function.function_name, function.role, "", 3600, ""
    )
    return {
        "AWS_ACCESS_KEY_ID": role.access_key_id,
        "AWS_SECRET_ACCESS_KEY": role.secret_access_key,
        "AWS_SESSION_TOKEN": role.session_token,
    }


def invoke(function: LambdaFunction, event=None):
    """Answers with the result, whether it is an error, and what the function wrote."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{settings.moto_server_port()}",
        **role_keys(function),
        **function.environment_vars,
        **local_cluster(function.environment_vars),
    }
    with tempfile.TemporaryDirectory() as folder:
        code, answer = Path(folder, "code"), Path(folder, "answer")
        zipfile.ZipFile(io.BytesIO(function.code_bytes)).extractall(code)
        try:
            done = subprocess.run(
                ["sh", "-c", 'exec "$0" -e "$1" 3>"$2"', os.environ["OPSDX_NODE"], RUNTIME, str(answer)],
                cwd=code,
                env=environment,
                input=json.dumps(event if event is not None else {}).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=int(function.timeout),
            )
            written, failed = done.stdout.decode(), done.returncode != 0
        except subprocess.TimeoutExpired as expired:
            written, failed = (expired.stdout or b"").decode(), True
        result = answer.read_text() if answer.is_file() else ""
    if result == "":
        result = json.dumps({"errorType": "Runtime.ExitError", "errorMessage": "the function ended without an answer"})
    function.logs_backend.ensure_log_group(function.logs_group_name)
    function.save_logs(written)
    return result, failed, written


def run_functions_with_node() -> None:
    LambdaFunction._invoke_lambda = invoke


def is_invocation(environ) -> bool:
    """A function may call the emulator while it runs, so an invocation must not keep others waiting."""
    return environ.get("PATH_INFO", "").endswith("/invocations")
