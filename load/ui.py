"""The login of Locust's page: Locust has none by itself, and whoever sees the page starts load. Used with `--web-login`."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from flask_login import UserMixin, login_user
from locust import events
from locust.env import Environment
from werkzeug.wrappers import Response

USER = "load"


class Person(UserMixin):  # type: ignore[misc]
    """Who knows the password: there is one login."""

    def get_id(self) -> str:
        """Its only name."""
        return USER


@events.init.add_listener
def require_login(environment: Environment, **_: Any) -> None:
    """Puts the login in front of every page."""
    ui = environment.web_ui
    if ui is None or ui.app is None:
        return
    known = (Path(os.environ["LOAD_PRIVATE"]) / "ui-password").read_text(encoding="utf-8").strip()
    if known == "":
        raise SystemExit("the secret ui-password must hold a value, got an empty text")
    ui.app.config.update(
        SECRET_KEY=secrets.token_bytes(32),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        # Only where it is reached by HTTPS, as it is behind the entrance.
        SESSION_COOKIE_SECURE=os.environ.get("LOAD_UI_PLAIN", "") == "",
    )
    ui.login_manager.user_loader(lambda name: Person() if name == USER else None)
    ui.auth_args = {"username_password_callback": "/login_submit"}
    pages = Blueprint("auth", __name__)

    @pages.route("/login_submit", methods=["POST"])
    def login_submit() -> Response:
        given = [request.form.get(field, "") for field in ("username", "password")]
        right = [hmac.compare_digest(a.encode(), b.encode()) for a, b in zip(given, (USER, known), strict=True)]
        if all(right):
            session.pop("auth_error", None)
            login_user(Person())
            return redirect(url_for("locust.index"))
        session["auth_error"] = "That is not the login: the secret load/ui-password holds it."
        return redirect(url_for("locust.login"))

    ui.app.register_blueprint(pages)
