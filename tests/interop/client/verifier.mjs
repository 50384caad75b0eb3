// An OpenID4VP 1.0 verifier made of libraries that know nothing of this project. It reads one line of JSON,
//
//   { "roots": ["PEM"], "query": { DCQL },
//     "response_mode": "direct_post" | "direct_post.jwt",
//     "identity": { "x5c": ["base64"], "key": "PKCS #8, PEM" } }   signed as x509_hash; without it, redirect_uri
//
// says where it listens ({ "base": … }), and then answers until its standard input ends: GET /new makes a request and
// gives its link; what is posted to a request's response_uri is judged, told to the wallet, and written as one line.
//
// The libraries read, decrypt and bind the answer (@openid4vc/openid4vp), check the SD-JWT, its key binding and its
// status (@sd-jwt/sd-jwt-vc) and hold the claims against the query (dcql). What they leave to their host is marked.

import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

import { setGlobalConfig } from "@openid4vc/oauth2";
import { Openid4vpVerifier } from "@openid4vc/openid4vp";
import { DcqlPresentationResult, DcqlQuery } from "dcql";
import { CompactSign, compactDecrypt, importJWK, importPKCS8 } from "jose";

import { sdJwtVc } from "./sd-jwt.mjs";

setGlobalConfig({ allowInsecureUrls: true });

/** How far a wallet's clock may be off. */
const CLOCKS_DIFFER_S = 300;

const lines = createInterface({ input: process.stdin });
const task = JSON.parse((await lines[Symbol.asyncIterator]().next()).value);
lines.on("close", () => process.exit(0));

const sessions = new Map();
const library = sdJwtVc(task.roots);
const query = DcqlQuery.parse(task.query);
DcqlQuery.validate(query);

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const fault = (at) => (error) => {
  throw Object.assign(new Error(error.message), { at });
};
const must = (at, holds, message) => holds || fault(at)(new Error(message));

function callbacks(encryptionKey) {
  return {
    hash: (data, algorithm) => createHash(algorithm.replace("-", "")).update(data).digest(),
    signJwt: async ({ alg, x5c }, { header, payload }) => {
      const key = await importPKCS8(task.identity.key, alg);
      const jwt = await new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ ...header, alg, x5c })
        .sign(key);
      return { jwt, signerJwk: {} };
    },
    decryptJwe: async (jwe) => {
      try {
        const { plaintext } = await compactDecrypt(jwe, await importJWK(encryptionKey, "ECDH-ES"));
        return { decrypted: true, decryptionJwk: encryptionKey, payload: Buffer.from(plaintext).toString() };
      } catch {
        return { decrypted: false };
      }
    },
    encryptJwe: () => fault("answer")(new Error("a verifier encrypts nothing")),
    verifyJwt: () => ({ verified: false }),
  };
}

async function ask(base) {
  const id = randomUUID();
  const responseUri = `${base}/response/${id}`;
  const encryptionKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const { kty, crv, x, y } = encryptionKey;
  const leaf = task.identity && Buffer.from(task.identity.x5c[0], "base64");
  const clientId = leaf
    ? `x509_hash:${createHash("sha256").update(leaf).digest("base64url")}`
    : `redirect_uri:${responseUri}`;
  const algorithms = { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] };
  const encryption = {
    jwks: { keys: [{ kty, crv, x, y, use: "enc", alg: "ECDH-ES", kid: id }] },
    encrypted_response_enc_values_supported: ["A256GCM"],
  };
  const verifier = new Openid4vpVerifier({ callbacks: callbacks(encryptionKey) });
  const request = await verifier.createOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: {
      response_type: "vp_token",
      client_id: clientId,
      response_uri: responseUri,
      response_mode: task.response_mode,
      nonce: randomUUID(),
      state: randomUUID(),
      dcql_query: task.query,
      client_metadata: {
        vp_formats_supported: { "dc+sd-jwt": algorithms },
        ...(task.response_mode === "direct_post.jwt" ? encryption : {}),
      },
    },
    jar: leaf && {
      jwtSigner: { method: "x5c", x5c: task.identity.x5c, alg: "ES256" },
      requestUri: `${base}/request/${id}`,
      expiresInSeconds: 180,
      // Left to itself, 0.4.6 names its own request_uri here; OpenID4VP 1.0 §5.8 wants this value of whoever does not
      // know the wallet.
      additionalJwtPayload: { aud: "https://self-issued.me/v2" },
    },
  });
  sessions.set(id, { verifier, encryptionKey, request, answered: false });
  return { link: request.authorizationRequest };
}

/** Judges what was posted; throws an error that says `at` which check it failed. */
async function judge(session, form) {
  const payload = session.request.authorizationRequestPayload;
  // Left to the host: a request is answered once.
  must("replay", !session.answered, "the request was answered already");
  const parsed = await session.verifier
    .parseOpenid4vpAuthorizationResponse({
      authorizationResponse: form,
      authorizationRequestPayload: payload,
      callbacks: callbacks(session.encryptionKey),
    })
    .catch(fault("answer"));
  session.answered = true;
  const presented = {};
  for (const [id, list] of Object.entries(parsed.dcql.presentations)) {
    const asked = query.credentials.find((one) => one.id === id);
    must("query", asked !== undefined, "a credential that was not asked for");
    presented[id] = [];
    for (const presentation of list) {
      const { payload: signed, kb } = await library
        .verify(presentation, { keyBindingNonce: parsed.expectedNonce })
        .catch(fault("sd-jwt"));
      // Left to the host: for whom the holder signed, and when.
      must("audience", kb.payload.aud === payload.client_id, "it was signed for another verifier");
      const age = Date.now() / 1000 - kb.payload.iat;
      must("stale", Math.abs(age) <= CLOCKS_DIFFER_S, `it was signed ${Math.round(age)} s ago`);
      // Left to the host: `dcql` says whether enough was disclosed, not whether too much was; and `sd-jwt-vc` passes
      // over a disclosure that belongs nowhere.
      const { disclosures } = await library.decode(presentation);
      const steps = new Set(asked.claims.flatMap(({ path }) => path));
      const extra = disclosures.filter(({ key }) => !steps.has(key));
      must("too-much", extra.length === 0, "it discloses what was not asked");
      presented[id].push({
        credential_format: "dc+sd-jwt",
        vct: signed.vct,
        claims: await library.getClaims(presentation),
        cryptographic_holder_binding: true,
      });
    }
  }
  const result = DcqlPresentationResult.fromDcqlPresentation(presented, { dcqlQuery: query });
  await Promise.resolve()
    .then(() => DcqlPresentationResult.validate(result))
    .catch(fault("query"));
  return Object.values(presented).flatMap((list) => list.map(({ claims }) => claims));
}

async function answer(session, body) {
  const form = Object.fromEntries(new URLSearchParams(body));
  try {
    const claims = await judge(session, form);
    say({ accepted: true, claims });
    return [200, {}];
  } catch (error) {
    if (error.at === undefined) throw error;
    say({ accepted: false, at: error.at, why: error.message });
    return [400, { error: "invalid_request", at: error.at, error_description: error.message }];
  }
}

const server = createServer(async (request, response) => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const [, what, id] = request.url.split("/");
  const session = sessions.get(id);
  const reply = (status, type, content) => response.writeHead(status, { "content-type": type }).end(content);
  try {
    if (what === "new") return reply(200, "application/json", JSON.stringify(await ask(base)));
    if (session === undefined) return reply(404, "text/plain", "nothing here");
    if (what === "request") {
      const { authorizationRequestJwt } = session.request.jar;
      return reply(200, "application/oauth-authz-req+jwt", authorizationRequestJwt);
    }
    const [status, content] = await answer(session, await text(request));
    return reply(status, "application/json", JSON.stringify(content));
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    return reply(500, "text/plain", "the verifier gave up");
  }
});
server.listen(0, "127.0.0.1", () => say({ base: `http://127.0.0.1:${server.address().port}` }));
