"""Holds commands of the AWS CLI against the models that it is made from.

Reads a JSON list of texts, writes `{"commands": <how many>, "faults": [...]}`.
"""

import json
import re
import shlex
import sys

import botocore.session
from botocore import xform_name

# Of the CLI itself: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-options.html
GLOBAL = {
    "cli-connect-timeout", "cli-read-timeout", "max-items", "no-paginate", "output", "profile", "query", "region",
}  # fmt: skip
# Commands that the CLI makes of several operations, and so knows by no model.
CUSTOM = {
    ("cloudtrail", "validate-logs"), ("ecr", "get-login-password"), ("eks", "get-token"), ("logs", "tail"),
    ("rds", "generate-db-auth-token"), ("ssm", "start-session"),
}  # fmt: skip
# Short words of the CLI for arguments of another form:
# https://github.com/aws/aws-cli/blob/1.45.11/awscli/customizations/ec2/secgroupsimplify.py
ALIASES = {
    "authorize-security-group-ingress": {"cidr", "port", "protocol"},
    "delete-network-acl-entry": {"ingress"},
}
SERVICES = {"s3api": "s3", "configservice": "config"}

session = botocore.session.get_session()
known = set(session.get_available_services())


def own_words(rest: str) -> list[str]:
    """The words of a command up to its end; what another command prints in it is one word."""
    text, quote, at = "", "", 0
    while at < len(rest):
        sign = rest[at]
        if rest.startswith("$(", at) and quote != "'":
            at = end_of(rest, at + 2)
            text += "X"
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "|;&)":
            break
        text += sign
        at += 1
    return shlex.split(text)


def end_of(text: str, at: int) -> int:
    """The place behind the bracket that ends what began before."""
    depth, quote = 1, ""
    while at < len(text) and depth > 0:
        sign = text[at]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        else:
            depth += {"(": 1, ")": -1}.get(sign, 0)
        at += 1
    return at


def faults_of(service: str, operation: str, words: list[str]) -> list[str]:
    """What of a command no model knows, or misses."""
    if service not in known:
        return [f"no service {service}"]
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        return [f"no operation {operation}"]
    shape = model.operation_model(names[operation]).input_shape
    members = {xform_name(name, "-"): member for name, member in shape.members.items()} if shape else {}
    required = {xform_name(name, "-") for name in (shape.required_members if shape else [])}
    given = {word[2:].split("=")[0] for word in words if word.startswith("--")} - GLOBAL
    aliases = ALIASES.get(operation, set())
    meant = {name if name in members else name.removeprefix("no-") for name in given}
    found = [f"no option --{name}" for name in sorted(meant - set(members) - aliases)]
    # Nothing here is Oracle, SQL Server or Aurora.
    for name in sorted(meant & set(members)) if service == "rds" else []:
        text = re.sub("<[^>]+>", "", members[name].documentation or "")
        if re.search(r"Applies to RDS for (Oracle|SQL Server|MySQL) only", text):
            found.append(f"--{name} is of another engine")
    return found + ([] if aliases else [f"--{name} is missing" for name in sorted(required - meant)])


def main() -> None:
    """Reads, looks, tells."""
    commands, faults = 0, set()
    for text in json.load(sys.stdin):
        for service, operation, rest in re.findall(r"(?<![\w/.-])aws ([a-z0-9-]+) ([a-z0-9-]+)([^\n]*)", text):
            if service in {"configure", "s3", "sso"} or operation == "wait" or (service, operation) in CUSTOM:
                continue
            commands += 1
            for fault in faults_of(SERVICES.get(service, service), operation, own_words(rest)):
                faults.add(f"aws {service} {operation}{rest}: {fault}")
    json.dump({"commands": commands, "faults": sorted(faults)}, sys.stdout)


main()
