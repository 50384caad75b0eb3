// An OpenID4VP 1.0 holder made of libraries that know nothing of this project. It reads one task (JSON) from standard
// input and answers each question in turn, well or badly, with one line of JSON each.
//
//   { "copies": [{ "key": { JWK with "d" }, "credential": "…" }],   as `client.mjs` fetched them
//     "questions": [{ "link": "openid4vp://…", "bend": "wrong_audience", "at": 1700000000 }] }
//
// `bend` names what is done wrong, nothing if absent; `at` is the holder's clock, by default the system's. Each line:
// { "bend": …, "status": …, "body": { … } }, of the last answer if more than one was sent.

import { X509Certificate, createHash, sign } from "node:crypto";
import { text } from "node:stream/consumers";

import { setGlobalConfig } from "@openid4vc/oauth2";
import { Openid4vpClient } from "@openid4vc/openid4vp";
import { DcqlQuery } from "dcql";
import { CompactEncrypt, compactVerify, exportJWK, importJWK } from "jose";

import { sdJwtVc } from "./sd-jwt.mjs";

setGlobalConfig({ allowInsecureUrls: true });

const task = JSON.parse(await text(process.stdin));
const base64url = (data) => Buffer.from(data).toString("base64url");
const hash = (data) => createHash("sha256").update(data).digest("base64url");
const library = sdJwtVc();

const callbacks = {
  hash: (data, algorithm) => createHash(algorithm.replace("-", "")).update(data).digest(),
  getX509CertificateMetadata: (der) => {
    const names = (new X509Certificate(Buffer.from(der, "base64")).subjectAltName ?? "").split(", ");
    const of = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
    return { sanDnsNames: of("DNS:"), sanUriNames: of("URI:") };
  },
  verifyJwt: async (signer, { compact }) => {
    const { publicKey } = new X509Certificate(Buffer.from(signer.x5c[0], "base64"));
    await compactVerify(compact, publicKey, { algorithms: ["ES256"] });
    return { verified: true, signerJwk: await exportJWK(publicKey) };
  },
  encryptJwe: async ({ publicJwk, alg, enc, apu, apv }, data) => {
    const encrypt = new CompactEncrypt(Buffer.from(data)).setProtectedHeader({ alg, enc, kid: publicJwk.kid });
    const parties = { apu: Buffer.from(apu ?? "", "base64url"), apv: Buffer.from(apv ?? "", "base64url") };
    const jwe = await encrypt.setKeyManagementParameters(parties).encrypt(await importJWK(publicJwk, alg));
    return { jwe, encryptionJwk: publicJwk };
  },
  decryptJwe: () => ({ decrypted: false }),
  signJwt: () => {
    throw new Error("a holder signs no request");
  },
};

/** The key binding, made by hand, so that it can be made wrongly: over exactly what comes before it. */
async function bound(copy, presented, { aud, nonce, iat, typ = "kb+jwt" }) {
  const payload = { iat, aud, nonce, sd_hash: hash(presented) };
  const input = [{ alg: "ES256", typ }, payload].map((one) => base64url(JSON.stringify(one))).join(".");
  const key = { key: copy.key, format: "jwk", dsaEncoding: "ieee-p1363" };
  return `${presented}${input}.${base64url(sign("sha256", Buffer.from(input), key))}`;
}

/** Another character than the last but one, which may be any. */
const turned = (character) => (character === "A" ? "B" : "A");
const turnedAt = (jwt, place) => jwt.slice(0, place) + turned(jwt[place]) + jwt.slice(place + 1);

/** What is done to a presentation: of (what is presented, without binding; what is bound; the copy that signs). */
const BENDS = {
  wrong_audience: ([jwt, ...rest], binding, copy) =>
    bound(copy, [jwt, ...rest, ""].join("~"), { ...binding, aud: "redirect_uri:https://other.example/response" }),
  wrong_nonce: (parts, binding, copy) => bound(copy, [...parts, ""].join("~"), { ...binding, nonce: "another" }),
  no_key_binding: (parts) => [...parts, ""].join("~"),
  other_key: (parts, binding) => bound(task.copies[1], [...parts, ""].join("~"), binding),
  other_type: (parts, binding, copy) => bound(copy, [...parts, ""].join("~"), { ...binding, typ: "jwt" }),
  stale_binding: (parts, binding, copy) =>
    bound(copy, [...parts, ""].join("~"), { ...binding, iat: binding.iat - 3600 }),
  altered_disclosure: ([jwt, first, ...rest], binding, copy) => {
    const [salt, name] = JSON.parse(Buffer.from(first, "base64url").toString());
    const altered = base64url(JSON.stringify([salt, name, "Nowak-Inna"]));
    return bound(copy, [jwt, altered, ...rest, ""].join("~"), binding);
  },
  altered_claims: ([jwt, ...rest], binding, copy) => {
    const [header, payload, signature] = jwt.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    const longer = base64url(JSON.stringify({ ...claims, exp: claims.exp + 86_400 }));
    return bound(copy, [[header, longer, signature].join("."), ...rest, ""].join("~"), binding);
  },
  altered_signature: ([jwt, ...rest], binding, copy) =>
    bound(copy, [turnedAt(jwt, jwt.length - 20), ...rest, ""].join("~"), binding),
  dropped_disclosure: async ([jwt, first, ...rest], binding, copy) => {
    const whole = await bound(copy, [jwt, first, ...rest, ""].join("~"), binding);
    return whole.replace(`~${first}~`, "~");
  },
};

/** The frame for `present` that discloses `paths`. */
function frameOf(paths) {
  const frame = {};
  for (const path of paths) {
    path.reduce((at, step, place) => (at[step] ??= place + 1 < path.length ? {} : true), frame);
  }
  return frame;
}

async function presentation(copy, query, binding, bend) {
  let paths = query.claims.map(({ path }) => path);
  if (bend === "over_disclosure") paths = [...paths, ["personal_administrative_number"]];
  if (bend === "under_disclosure") paths = paths.slice(1);
  const sdJwt = sdJwtVc();
  sdJwt.config({
    ...sdJwt.userConfig,
    kbSigner: (data) =>
      base64url(sign("sha256", Buffer.from(data), { key: copy.key, format: "jwk", dsaEncoding: "ieee-p1363" })),
    kbSignAlg: "ES256",
  });
  const good = await sdJwt.present(copy.credential, frameOf(paths), { kb: { payload: binding } });
  const parts = good.split("~").slice(0, -1);
  return BENDS[bend] ? BENDS[bend](parts, binding, copy) : good;
}

async function held(copy) {
  const { jwt } = await library.decode(copy.credential);
  const claims = await library.getClaims(copy.credential);
  return {
    credential_format: "dc+sd-jwt",
    vct: jwt.payload.vct,
    claims,
    cryptographic_holder_binding: true,
  };
}

async function answer({ link, bend, at }) {
  const client = new Openid4vpClient({ callbacks });
  const { params } = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: link });
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({ authorizationRequestPayload: params });
  const request = resolved.authorizationRequestPayload;
  const query = DcqlQuery.parse(resolved.dcql.query);
  const copy = task.copies[0];
  const matches = DcqlQuery.query(query, [await held(copy)]);
  if (!matches.can_be_satisfied) throw new Error("the copy does not answer the question");
  const [asked] = query.credentials;
  const binding = { iat: at ?? Math.floor(Date.now() / 1000), aud: request.client_id, nonce: request.nonce };
  const text = await presentation(copy, asked, binding, bend);
  const list = bend === "twice" ? [text, text] : [text];
  const encrypted = request.response_mode === "direct_post.jwt" && bend !== "unencrypted";
  const asPlain = { ...request, response_mode: "direct_post" };
  const shaped = bend === "wrong_state" ? { ...request, state: "another" } : request;
  const response = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: encrypted ? shaped : { ...asPlain, state: shaped.state },
    authorizationResponsePayload: { vp_token: { [bend === "other_id" ? "another" : asked.id]: list } },
    jarm: encrypted
      ? {
          encryption: { nonce: "" },
          serverMetadata: {
            authorization_signing_alg_values_supported: [],
            authorization_encryption_alg_values_supported: ["ECDH-ES"],
            authorization_encryption_enc_values_supported: ["A128GCM", "A256GCM"],
          },
        }
      : undefined,
  });
  const submit = () =>
    client.submitOpenid4vpAuthorizationResponse({
      authorizationRequestPayload: request,
      authorizationResponsePayload: response.authorizationResponsePayload,
      jarm: response.jarm && { responseJwt: response.jarm.responseJwt },
    });
  let sent = await submit();
  if (bend === "replay") sent = await submit();
  return { bend, version: resolved.version, status: sent.response.status, body: await sent.response.json() };
}

for (const question of task.questions) {
  console.log(JSON.stringify(await answer(question)));
}
