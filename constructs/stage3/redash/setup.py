"""Brings what Redash stands on to where its image wants it, before its pods start. Runs in Redash's own image.

Every step looks first and changes only what differs, so that it may be run again at any time:
the cache's user has the password of the secret; the database has the schema of the image, after a snapshot where it changes; there is
an administrator before anybody finds the page /setup; each data source that is declared is there, for its groups only.

Settings: the file that SETUP_FILE names. Secrets: ADMIN_PASSWORD, CACHE_PASSWORD, and <NAME>_PASSWORD of each data source. None is printed.
"""

import base64
import json
import os
import subprocess
import sys
import time
from datetime import datetime, timezone

import psycopg2
import redis

# What a role reads and what it could change, in whole relations or single columns. What an extension brings is not ours.
RIGHTS_OF_ROLE = """
select n.nspname || '.' || c.relname, has_any_column_privilege(c.oid, 'SELECT'),
  has_any_column_privilege(c.oid, 'INSERT, UPDATE, REFERENCES') or has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and has_schema_privilege(n.oid, 'USAGE')
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
"""
POWERS_OF_ROLE = "select rolsuper or rolcreaterole or rolcreatedb or rolbypassrls from pg_roles where rolname = current_user"


class Refused(Exception):
    """Something that a person has to decide."""


def say(text):
    print(f"setup: {text}", flush=True)


def seconds(name, default):
    return int(os.environ.get(name, default))


def client(service, region):
    import boto3

    return boto3.client(service, region_name=region)


def manage(*words):
    """Redash's own command line."""
    subprocess.run([sys.executable, "manage.py", *words], check=True)


def cache(settings, url, password):
    """Gives the cache's user its password, unless it has it: ElastiCache makes the user without one (decision 0039)."""

    def answers():
        try:
            return redis.from_url(url, socket_connect_timeout=10, socket_timeout=10).ping()
        except redis.exceptions.AuthenticationError:
            return False

    if answers():
        return say("the cache takes the password")
    user = settings["userId"]
    say(f"the cache refuses the password: {user} is given it")
    mode = {"Type": "password", "Passwords": [password]}
    client("elasticache", settings["region"]).modify_user(UserId=user, AuthenticationMode=mode)
    end = time.monotonic() + seconds("CACHE_TIMEOUT", 600)
    while not answers():
        if time.monotonic() > end:
            raise Refused(f"the cache still refuses the password of {user}")
        time.sleep(5)
    say("the cache takes the password")


def snapshot(settings):
    """Takes a snapshot of the instance, and waits for it."""
    rds = client("rds", settings["region"])
    instance = settings["instance"]
    name = f"{instance}-before-redash-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    say(f"snapshot {name}")
    rds.create_db_snapshot(DBInstanceIdentifier=instance, DBSnapshotIdentifier=name)
    end = seconds("SNAPSHOT_TIMEOUT", 2400)
    rds.get_waiter("db_snapshot_completed").wait(
        DBInstanceIdentifier=instance,
        DBSnapshotIdentifier=name,
        WaiterConfig={"Delay": 15, "MaxAttempts": max(1, end // 15)},
    )
    say(f"snapshot {name} is there")


def database(settings):
    """Makes the schema in an empty database, or brings it up to the image's."""
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from redash.cli.database import is_db_empty
    from redash.models import db

    if is_db_empty():
        say("the database is empty: its tables are made")
        return manage("database", "create_tables")
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(os.path.join(os.getcwd(), "migrations"))
    wanted = scripts.get_current_head()
    if current == wanted:
        return say(f"the database is at {wanted}, as the image wants it")
    if current not in {script.revision for script in scripts.walk_revisions()}:
        raise Refused(
            f"the database is at {current}, which this image does not know: a newer one made it. "
            "Go back with that one, or restore the snapshot (runbook, Redash, Go back)"
        )
    snapshot(settings)
    say(f"from {current} to {wanted}; back again: /app/manage.py db downgrade {current}")
    manage("db", "upgrade")
    say(f"the database is at {wanted}")


def administrator(settings, password):
    """The first account is an administrator, and the page /setup is closed from then on."""
    from redash.handlers.setup import create_org
    from redash.models import Organization

    if Organization.query.first() is not None:
        return say("there is an organization")
    create_org(settings["organization"], settings["name"], settings["email"], password)
    say(f"administrator {settings['email']}")


def secret_of(name):
    return os.environ[f"{name.upper().replace('-', '_')}_PASSWORD"]


def only_reads(source, secret):
    """Refuses a role that reads more than its views, or less, or that can write anything."""
    where = {"host": source["host"], "port": source["port"], "dbname": source["database"], "user": source["user"]}
    verified = {"sslmode": "verify-full", "sslrootcert": source["certificates"], "connect_timeout": 10}
    with psycopg2.connect(**where, **verified, **{"password": secret}) as connection, connection.cursor() as cursor:
        cursor.execute(POWERS_OF_ROLE)
        (powers,) = cursor.fetchone()
        cursor.execute(RIGHTS_OF_ROLE)
        rows = cursor.fetchall()
    writes = sorted(name for name, _, write in rows if write)
    reads = {name for name, read, _ in rows if read}
    faults = [
        powers and "may make roles or databases, or is a superuser",
        writes and f"can write {', '.join(writes)}",
        reads - set(source["views"]) and f"also reads {', '.join(sorted(reads - set(source['views'])))}",
        set(source["views"]) - reads and f"cannot read {', '.join(sorted(set(source['views']) - reads))}",
    ]
    found = [fault for fault in faults if fault]
    if found:
        raise Refused(f"data source {source['name']}: the role {source['user']} {'; '.join(found)}")


def data_sources(declared):
    """Each declared data source is there, for its groups only. One that people made keeps its queries, and no group sees it."""
    from redash.models import DataSource, DataSourceGroup, Group, Organization, db
    from redash.query_runner import get_configuration_schema_for_query_runner_type
    from redash.utils.configuration import ConfigurationContainer

    org = Organization.query.one()
    groups = {group.name: group for group in Group.query.filter(Group.org == org)}

    def group(name):
        if name not in groups:
            groups[name] = Group(name=name, org=org, permissions=Group.DEFAULT_PERMISSIONS)
            db.session.add(groups[name])
            say(f"group {name}")
        return groups[name]

    known = {source.name: source for source in DataSource.query.filter(DataSource.org == org)}
    for source in declared:
        secret = secret_of(source["name"])
        only_reads(source, secret)
        with open(source["certificates"], "rb") as certificates:
            options = {
                "host": source["host"],
                "port": int(source["port"]),
                "dbname": source["database"],
                "user": source["user"],
                "password": secret,
                "sslmode": "verify-full",
                "sslrootcertFile": base64.b64encode(certificates.read()).decode(),
            }
        one = known.pop(source["name"], None)
        if one is None:
            one = DataSource(name=source["name"], type="pg", org=org)
        one.type = "pg"
        one.options = ConfigurationContainer(options, get_configuration_schema_for_query_runner_type("pg"))
        db.session.add(one)
        assign(one, [group(name) for name in source["groups"]])
        say(f"data source {source['name']} for {', '.join(source['groups'])}")
    for name, other in known.items():
        assign(other, [])
        say(f"data source {name} is not declared: no group sees it any more")
    db.session.commit()


def assign(source, groups):
    from redash.models import DataSourceGroup, db

    for link in list(source.data_source_groups or []):
        if link.group not in groups:
            db.session.delete(link)
    linked = {link.group for link in source.data_source_groups or []}
    for group in groups:
        if group not in linked:
            db.session.add(DataSourceGroup(data_source=source, group=group))


def main():
    with open(os.environ["SETUP_FILE"]) as file:
        settings = json.load(file)
    cache(settings["cache"], os.environ["REDASH_REDIS_URL"], os.environ["CACHE_PASSWORD"])
    from redash import create_app

    with create_app().app_context():
        database(settings["database"])
        administrator(settings["administrator"], os.environ["ADMIN_PASSWORD"])
        data_sources(settings["dataSources"])
    say("done")


if __name__ == "__main__":
    try:
        main()
    except Refused as refusal:
        sys.exit(f"setup: {refusal}")
