"""PyPI `azure-identity` and `msal`, Microsoft's own libraries for signing in, unchanged.

Both refuse an authority without HTTPS. To the twin they come by its own TLS, trusting its authority; then instance discovery is off, since
that asks login.microsoftonline.com whatever the authority is, and nobody signs in with a password, since that asks the authority's host at
port 443 whatever port it has. Over the path, which speaks HTTP to its clients, they come by what both take from whoever uses them, a
transport: it has the platform's own host found at the path, as a hosts file would.
"""

import logging
import ssl
import time
from urllib.parse import urlsplit

import httpx
import msal
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential
from requests.adapters import HTTPAdapter

from rig import OnTwin, told

TENANT = "contoso"
SCOPE = "https://graph.microsoft.com/.default"
CHALLENGE = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
CONFIG = """
users: [bert]
apps:
  - { app_key: robot, app_secret: right, user: robot }
  - { app_key: anna, app_secret: password }
  - { app_key: carl, app_secret: password }
"""
# It shouts about every refusal, and here these are meant.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())
logging.getLogger("azure.identity").propagate = False


class At(HTTPAdapter):
    """Leads every host to one address, by HTTP."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    def send(self, request, **more):
        meant = urlsplit(request.url)
        request.headers["Host"] = meant.netloc
        request.url = meant._replace(scheme="http", netloc=self.address).geturl()
        return super().send(request, **more)


def leading(address):
    session = requests.Session()
    # Neither proxies nor authorities of this machine.
    session.trust_env = False
    session.mount("https://", At(address))
    return session


class Entra(OnTwin):
    # Whom the path knows signs in by this name.
    platform, key = "teams", "anna@firedrill.example"

    def more(self, place):
        config = place / "twin.yaml"
        config.write_text(CONFIG)
        return ["--tls", "127.0.0.1:0", "--ca", str(place / "ca"), "--config", str(config)]

    def robot(self, secret="right", app="robot", **how):
        """The application's credential; as it stands by TLS."""
        if not how:
            port = urlsplit(self.twin.ready["https"]).port
            how = {"authority": f"https://localhost:{port}", "disable_instance_discovery": True}
            how["connection_verify"] = self.twin.ready["ca"]
        credential = ClientSecretCredential(TENANT, app, secret, **how)
        self.addCleanup(credential.close)
        return credential

    def by_path(self):
        session = leading(self.path)
        self.addCleanup(session.close)
        transport = RequestsTransport(session=session, session_owner=False)
        # A fence is around everything that it is asked; the library would stumble over that before it comes to the token.
        return {"transport": transport, "disable_instance_discovery": True}

    def person(self, address):
        session = leading(address)
        self.addCleanup(session.close)
        authority = f"https://login.microsoftonline.com/{TENANT}"
        return msal.PublicClientApplication("phone", authority=authority, http_client=session)

    def sign_in(self, app, name="anna", password="password"):
        return app.acquire_token_by_username_password(f"{name}@firedrill.example", password, ["User.Read"])

    def renewed(self, app):
        """By the refresh token that the library keeps."""
        (account,) = app.get_accounts()
        return app.acquire_token_silent_with_error(["User.Read"], account=account, force_refresh=True)

    def refused(self, code, credential, **how):
        with self.assertRaises(ClientAuthenticationError) as caught:
            credential.get_token(SCOPE, **how)
        self.assertIn(f"AADSTS{code}:", caught.exception.message)

    def by_http(self, token):
        """What Graph says at the path to whoever asks who he is."""
        url = f"http://{self.path}/v1.0/me"
        return httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

    def graph(self, method, path, token, **body):
        trusted = ssl.create_default_context(cafile=self.twin.ready["ca"])
        url = self.twin.ready["https"] + path
        return httpx.request(method, url, headers={"Authorization": f"Bearer {token}"}, verify=trusted, **body)

    def test_a_token_by_tls_is_good_for_graph(self):
        given = self.robot().get_token(SCOPE)
        self.assertLessEqual(given.expires_on - time.time(), 3_600)
        self.assertEqual(self.graph("GET", "/v1.0/users/bert", given.token).status_code, 200)
        # With challenges understood it lives for 28 hours; from that a busy machine takes seconds.
        long = self.robot().get_token(SCOPE, enable_cae=True)
        self.assertGreater(long.expires_on - time.time(), 27 * 3_600)

    def test_why_an_application_gets_none(self):
        self.refused(7000215, self.robot(secret="wrong"))
        self.refused(700016, self.robot(app="another"))

    def test_whoever_is_disabled_or_signed_out_is_told_so(self):
        token = self.robot().get_token(SCOPE).token
        anna = self.person(self.direct)
        self.assertIn("access_token", self.sign_in(anna))
        self.assertIn("access_token", self.renewed(anna))
        revoke = "/v1.0/users/anna/revokeSignInSessions"
        self.assertEqual(self.graph("POST", revoke, token).status_code, 200)
        self.assertEqual(self.renewed(anna)["error_codes"], [50173])
        self.assertIn("access_token", self.sign_in(anna))
        self.assertEqual(self.graph("PATCH", "/v1.0/users/anna", token, json={"accountEnabled": False}).status_code, 204)
        for no in (self.sign_in(anna), self.renewed(anna)):
            self.assertEqual((no["error"], no["error_codes"]), ("invalid_grant", [50057]))
        self.assertEqual(self.sign_in(anna, "nobody")["error_codes"], [50034])
        self.assertEqual(self.sign_in(anna, "carl", "wrong")["error_codes"], [50126])

    def test_whoever_is_frozen_neither_goes_on_nor_signs_in_and_others_do(self):
        app = self.person(self.path)
        anna, carl = (self.sign_in(app, name)["access_token"] for name in ("anna", "carl"))
        self.assertEqual((self.by_http(anna), self.by_http(carl)), (200, 200))
        with self.fault("account_freeze", account="anna"):
            self.assertEqual((self.by_http(anna), self.by_http(carl)), (401, 200))
            self.assertEqual(self.sign_in(app)["error_codes"], [50057])
            self.assertIn("access_token", self.sign_in(app, "carl"))
        self.assertIn("access_token", self.sign_in(self.person(self.path)))

    def test_a_fence_is_a_policy_s_block_and_can_leave_signing_in_alone(self):
        anna, robot = self.person(self.path), self.robot(**self.by_path())
        # Both libraries have found out how to sign in.
        kept = self.sign_in(anna)["refresh_token"]
        robot.get_token(SCOPE)
        with self.fault("geo_fence", region="hk"):
            no = anna.acquire_token_by_refresh_token(kept, ["User.Read"])
            said = (no["error_codes"], no["error"], no["suberror"])
            self.assertEqual(said, ([53003], "interaction_required", "message_only"))
            # Without claims it would give the token that it has.
            self.refused(53003, robot, claims=CHALLENGE)
        with self.fault("geo_fence", region="hk", actions={"login": "allow"}):
            # Others, since each repeats a no that it was told to itself, for a minute or two.
            token = self.sign_in(self.person(self.path))["access_token"]
            self.assertEqual(self.by_http(token), 401)
            self.assertTrue(self.robot(**self.by_path()).get_token(SCOPE).token)


if __name__ == "__main__":
    told()
