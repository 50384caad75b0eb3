"""An OpenID4VP 1.0 verifier made of a library that knows nothing of this project: polaris-oid4vp.

It reads one line of JSON,

    {"roots": ["PEM"], "vct": "https://…", "claims": [["family_name"], …],
     "issuer": "https://…", "signer_purpose": "1.2.3", "folder": "where its keys go"}

says where it listens ({"base": …}), and then answers until its standard input ends: GET /new makes a request and gives
its link; what is posted to a request's response_uri is judged, told to the wallet, and written as one line.

The library makes and signs the request (x509_hash, direct_post.jwt), decrypts the answer and judges it; the listener
here stands in for its own only in that it says out loud which check failed and speaks plain http on this machine.
`--version` says which library it is.
"""

import base64
import json
import os
import pathlib
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

from cryptography.x509 import ObjectIdentifier, load_der_x509_certificate, load_pem_x509_certificate
from polaris_oid4vp import sdjwt, status
from polaris_oid4vp.cli import keygen
from polaris_oid4vp.verifier import Verifier


def say(line):
    print(json.dumps(line), flush=True)


def answer(verifier, form):
    """The HTTP status and body for a posted form; one line says the verdict."""
    status, body, verdict = verifier.handle_direct_post(form)
    accepted = status == 200 and verdict.authentic
    if accepted:
        say({"accepted": True, "claims": verdict.claims, "revocation": verdict.revocation})
    else:
        say({"accepted": False, "at": verdict.code, "why": verdict.reason})
        body = dict(body, at=verdict.code, error_description=verdict.reason)
    return status, body


def status_resolver(roots, issuer):
    """Asks the issuer's status lists, which the library judges; who may publish them its host has to state.

    Here: whoever the issuer's authority has certified, at addresses of the issuer alone.
    """
    def signed(signing_input, signature, header):
        leaf, *above = [load_der_x509_certificate(base64.b64decode(der)) for der in header["x5c"]]
        chain = [leaf, *above]
        for one, parent in zip(chain, chain[1:]):
            one.verify_directly_issued_by(parent)
        roots_of_it = [root for root in roots if root.subject == chain[-1].issuer]
        chain[-1].verify_directly_issued_by(roots_of_it[0])
        return sdjwt._verify_es256(leaf.public_key(), signing_input, signature)

    def authority(*, credential_issuer, status_uri, header, issuer_key_verify=None):
        ours = credential_issuer == issuer and status_uri.startswith(issuer + "/")
        return (signed, status.STATED, "certified by the issuer's root") if ours else None

    def fetch(uri):
        wanted = urllib.request.Request(uri, headers={"Accept": "application/statuslist+jwt"})
        with urllib.request.urlopen(wanted, timeout=10) as answer:
            return answer.read()

    def resolve(*, uri, idx, issuer):
        return status.decide_by_fetching(
            index=idx, expected_uri=uri, authority=authority, fetch=fetch, credential_issuer=issuer)

    return resolve


def handler(verifier_of):
    class Handler(BaseHTTPRequestHandler):
        def reply(self, status, kind, content):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def form(self):
            length = int(self.headers.get("Content-Length", "0"))
            return urllib.parse.parse_qs(self.rfile.read(length).decode("ascii"))

        def request_object(self, wallet_nonce):
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
            jar = verifier_of().request_object(query["state"][0], wallet_nonce=wallet_nonce)
            if jar is None:
                return self.reply(404, "text/plain", b"nothing here")
            return self.reply(200, "application/oauth-authz-req+jwt", jar.encode("ascii"))

        def do_GET(self):
            if self.path == "/new":
                session, _ = verifier_of().new_request()
                params = verifier_of().authorization_request_params(session)
                link = "openid4vp://?" + urllib.parse.urlencode(params)
                return self.reply(200, "application/json", json.dumps({"link": link}).encode())
            return self.request_object(None)

        def do_POST(self):
            if self.path.startswith("/request"):
                return self.request_object((self.form().get("wallet_nonce") or [None])[0])
            status, body = answer(verifier_of(), self.form())
            return self.reply(status, "application/json", json.dumps(body).encode())

        def log_message(self, *_):
            pass

    return Handler


def main():
    if sys.argv[1:] == ["--version"]:
        print("polaris-oid4vp", version("polaris-oid4vp"))
        return
    task = json.loads(sys.stdin.readline())
    # The library takes an issuer's certificate only for the purposes on a list of its own, which no setting extends;
    # our signers have a purpose of this project. Everything else about the certificate it still judges itself.
    sdjwt._ISSUER_EKUS = sdjwt._ISSUER_EKUS | {ObjectIdentifier(task["signer_purpose"])}
    roots = [load_pem_x509_certificate(pem.encode()) for pem in task["roots"]]
    folder = pathlib.Path(task["folder"])
    keygen(folder, "localhost")
    made = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(lambda: made[0]))
    base = "http://127.0.0.1:%d" % server.server_address[1]
    names = {path.name: path.read_bytes() for path in folder.iterdir()}
    made.append(Verifier(
        client_cert_pem=names["client.pem"],
        client_key_pem=names["client-key.pem"],
        request_uri=base + "/request",
        response_uri=base + "/response",
        issuer_trust_anchors=roots,
        vct_values=[task["vct"]],
        claims=[tuple(path) for path in task["claims"]],
        credential_query_id="card",
        status_resolver=status_resolver(roots, task["issuer"]),
    ))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say({"base": base})
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
