"""PyPI `authlib`, an OAuth client that much of Python's web signs in with, unchanged; and `joserfc`, by which it reads tokens."""

import http.client
import json
import time
import unittest
import urllib.error
import urllib.request

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from rig import PATIENCE_S, OnTwin, told

BACK = "http://127.0.0.1:9/cb"
CONFIG = """
apps:
  - { app_key: anna, app_secret: s3cret-of-anna, user: anna }
  - { app_key: shop, app_secret: s3cret-of-shop, user: shop }
sso: { token_life: 10s, refresh_life: 1h, keys: { rotate: 1h, keep: 2 }, directory_token: s3cret-of-directory }
"""


class Sso(OnTwin):
    platform, key = "sso", "anna"

    def more(self, place):
        config = place / "twin.yaml"
        config.write_text(CONFIG)
        return ["--config", str(config)]

    def said(self):
        with urllib.request.urlopen(f"http://{self.path}/.well-known/openid-configuration", timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def session(self, client="anna", secret=None, **how):
        return OAuth2Session(client, secret or f"s3cret-of-{client}", trust_env=False, redirect_uri=BACK, leeway=0, **how)

    def keys(self):
        with urllib.request.urlopen(self.said()["jwks_uri"], timeout=PATIENCE_S) as answer:
            return KeySet.import_key_set(json.load(answer))

    def verified(self, token, typ="at+jwt", **claims):
        read = jwt.decode(token, self.keys(), algorithms=["Ed25519", "EdDSA"])
        self.assertEqual(read.header["typ"], typ)
        wanted = {"iss": {"essential": True, "value": self.said()["issuer"]}}
        wanted |= {name: {"essential": True, "value": value} for name, value in claims.items()}
        jwt.JWTClaimsRegistry(**wanted).validate(read.claims)
        return read.claims

    def active(self, token):
        answer = self.session("shop").introspect_token(self.said()["introspection_endpoint"], token)
        self.assertEqual(answer.status_code, 200)
        return answer.json()

    def directory(self, method, path, body=None, token="s3cret-of-directory"):
        request = urllib.request.Request(f"http://{self.direct}{path}", None if body is None else json.dumps(body).encode(), method=method)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/scim+json")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def set_active(self, value):
        operations = [{"op": "replace", "path": "active", "value": value}]
        patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
        return self.directory("PATCH", "/scim/v2/Users/anna", patch)

    def test_an_application_gets_a_token_by_either_way_and_it_verifies(self):
        said = self.said()
        self.assertEqual(said["issuer"], f"http://{self.path}")
        for way in ["client_secret_basic", "client_secret_post"]:
            token = self.session(token_endpoint_auth_method=way).fetch_token(said["token_endpoint"], grant_type="client_credentials")
            self.assertEqual((token["token_type"], token["expires_in"]), ("Bearer", 10))
            self.assertEqual(self.verified(token["access_token"], sub="anna", client_id="anna")["aud"], said["issuer"])
            told = self.active(token["access_token"])
            self.assertEqual((told["active"], told["sub"], told["username"]), (True, "anna", "anna"))

    def test_a_person_signs_in_with_proof_of_the_code_and_is_renewed(self):
        said = self.said()
        session = self.session(scope="openid", code_challenge_method="S256")
        verifier = "v" * 43
        place, state = session.create_authorization_url(said["authorization_endpoint"], code_verifier=verifier, nonce="n-1")
        back = self.followed(place)
        self.assertTrue(back.startswith(BACK + "?code="), back)
        token = session.fetch_token(said["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)
        self.verified(token["id_token"], typ="JWT", aud="anna", nonce="n-1", sub="anna")
        renewed = session.refresh_token(said["token_endpoint"])
        self.assertNotEqual(renewed["refresh_token"], token["refresh_token"])
        self.assertEqual(session.get(said["userinfo_endpoint"]).json()["sub"], "anna")
        with self.assertRaises(OAuthError) as no:
            session.refresh_token(said["token_endpoint"], token["refresh_token"])
        self.assertEqual(no.exception.error, "invalid_grant")
        self.assertEqual(self.active(renewed["access_token"]), {"active": False}, "used twice, it is somebody else's")

    def followed(self, place):
        """Where a page would send a browser."""

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        with self.assertRaises(urllib.error.HTTPError) as sent:
            urllib.request.build_opener(Stay, urllib.request.ProxyHandler({})).open(place, timeout=PATIENCE_S)
        sent.exception.close()
        self.assertEqual(sent.exception.code, 302)
        return sent.exception.headers["Location"]

    def test_a_token_is_given_back_and_ends_with_its_time(self):
        said = self.said()
        session = self.session(scope="openid")
        session.fetch_token(said["token_endpoint"], grant_type="client_credentials")
        token = session.token["access_token"]
        self.assertTrue(self.active(token)["active"])
        self.assertEqual(session.revoke_token(said["revocation_endpoint"], token).status_code, 200)
        self.assertEqual(self.active(token), {"active": False})
        self.assertEqual(session.get(said["userinfo_endpoint"]).status_code, 401)
        other = session.fetch_token(said["token_endpoint"], grant_type="client_credentials")["access_token"]
        time.sleep(11.1)  # Good for ten seconds, which are counted whole.
        self.assertEqual(self.active(other), {"active": False})

    def test_whoever_is_taken_away_has_nothing_any_more(self):
        said = self.said()
        session = self.session()
        token = session.fetch_token(said["token_endpoint"], grant_type="client_credentials")["access_token"]
        self.assertEqual(self.set_active(False)[0], 200)
        self.assertEqual(self.active(token), {"active": False})
        with self.assertRaises(OAuthError) as no:
            session.fetch_token(said["token_endpoint"], grant_type="client_credentials")
        self.assertEqual(no.exception.error, "invalid_grant")
        self.assertEqual(self.set_active(True)[1]["active"], True)
        session.fetch_token(said["token_endpoint"], grant_type="client_credentials")
        for token, status in [("wrong", 401), ("s3cret-of-directory", 404)]:
            self.assertEqual(self.directory("GET", "/scim/v2/Users/nobody", token=token)[0], status)

    def test_whatever_is_forged_is_told_no(self):
        said = self.said()
        for client, secret in [("anna", "wrong"), ("nobody", "s3cret-of-anna")]:
            with self.assertRaises(OAuthError) as no:
                self.session(client, secret).fetch_token(said["token_endpoint"], grant_type="client_credentials")
            self.assertEqual(no.exception.error, "invalid_client")
        token = self.session().fetch_token(said["token_endpoint"], grant_type="client_credentials")["access_token"]
        header, claims, signature = token.split(".")
        none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiZmQtMSJ9"
        for forged in [f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{header}.{claims}.", f"{header}.{claims}.{signature[:-4]}AAAA", "x", "a.b.c", token + "\0"]:
            self.assertEqual(self.active(forged), {"active": False}, forged)
            with self.assertRaises((JoseError, ValueError)):
                self.verified(forged)

    def test_a_body_of_a_hundred_mebibytes_is_refused(self):
        for path, kind in [("/token", "application/x-www-form-urlencoded"), ("/scim/v2/Users", "application/scim+json")]:
            connection = http.client.HTTPConnection(self.direct, timeout=PATIENCE_S)
            sent = 0
            try:
                connection.putrequest("POST", path)
                connection.putheader("Content-Type", kind)
                connection.putheader("Authorization", "Bearer s3cret-of-directory")
                connection.putheader("Content-Length", str(100 << 20))
                connection.endheaders()
                for _ in range(1600):
                    connection.send(b"a" * 65536)
                    sent += 65536
            except OSError:
                # It was told no, and not heard out.
                pass
            try:
                answer = connection.getresponse()
                self.assertEqual(answer.status, 413)
                body = json.loads(answer.read())
                self.assertEqual(body.get("error") or body["status"], {"/token": "invalid_request"}.get(path, "413"))
                self.assertIn("too large", body.get("error_description") or body["detail"])
            except (ConnectionError, http.client.BadStatusLine):
                self.assertLess(sent, 100 << 20, "all of it was taken and nothing said")
            connection.close()
        token = self.session().fetch_token(self.said()["token_endpoint"], grant_type="client_credentials")
        self.assertEqual(token["token_type"], "Bearer", "it goes on")

    def test_who_was_taken_away_on_the_path_is_refused_there(self):
        session, said = self.session(), self.said()
        session.fetch_token(said["token_endpoint"], grant_type="client_credentials")
        with self.fault("deprovision", group="purchasing"):
            with self.assertRaises(OAuthError) as no:
                session.fetch_token(said["token_endpoint"], grant_type="client_credentials")
            self.assertEqual(no.exception.error, "invalid_grant")
            # What the directory does not say to others goes on.
            self.session("shop").fetch_token(said["token_endpoint"], grant_type="client_credentials")


if __name__ == "__main__":
    told()
