// A wallet made of a library that knows nothing of this project: it reads one task (JSON) from standard input,
// activates, and writes what it got, or what it was refused, as one line of JSON.
//
//   { "offer_uri": "openid-credential-offer://…",   what the QR code says
//     "copies": 3,                                  then ask, with the same token, for so many SD-JWT copies in one
//                                                   request, each for a fresh key, and verify each of them
//     "roots": ["PEM"],                             whom these copies are believed
//     "tx_code": "12345678",                        the activation code, if there is one
//     "key": { JWK with "d" },                      the device key; a fresh one if absent
//     "dpop": true,                                 bind the token to the device key (RFC 9449)
//     "refresh": true,                              then refresh the token and ask a second time
//     "notify": ["credential_accepted"] }           then report these events
//
// `node client.mjs --versions` says which library it is, and fails where `npm ci` was not run.
// Exit code 0 with { "ok": … } or { "refused": … }; anything else is a fault of this program or the library.

import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import {
  Oauth2Client,
  Oauth2ClientErrorResponseError,
  clientAuthenticationAnonymous,
  getAuthorizationServerMetadataFromList,
} from "@openid4vc/oauth2";
import {
  Openid4vciClient,
  Openid4vciRetrieveCredentialsError,
  Openid4vciSendNotificationError,
  setGlobalConfig,
} from "@openid4vc/openid4vci";

import { sdJwtVc } from "./sd-jwt.mjs";

// The library speaks https alone unless told; the issuer under test listens on this machine in plain http.
setGlobalConfig({ allowInsecureUrls: true });

const ES256 = "ES256";
const OUR_FORMAT = "vnd.mleg.x509+json";
const SD_JWT = "dc+sd-jwt";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const publicPart = ({ kty, crv, x, y }) => ({ kty, crv, x, y });
const freshKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const unused = (name) => () => {
  throw new Error(`${name} is no part of this flow`);
};

/** What the library leaves to its host: randomness, hashing, and the keys, each known by its public part. */
function callbacks(keys) {
  const holder = ({ publicJwk }) => keys.find((key) => key.x === publicJwk.x);
  return {
    hash: (data, algorithm) => createHash(algorithm.replace("-", "")).update(data).digest(),
    generateRandom: (length) => randomBytes(length),
    clientAuthentication: clientAuthenticationAnonymous(),
    signJwt: (signer, { header, payload }) => {
      const key = holder(signer);
      const privateKey = createPrivateKey({ key, format: "jwk" });
      const input = [header, payload].map((part) => base64url(JSON.stringify(part))).join(".");
      const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return { jwt: `${input}.${base64url(signature)}`, signerJwk: publicPart(key) };
    },
    verifyJwt: unused("verifyJwt"),
    decryptJwe: unused("decryptJwe"),
    encryptJwe: unused("encryptJwe"),
  };
}

/**
 * Tells the library's format registry of our private format. Without this its high-level credential request
 * refuses what it has no schema for, before anything is sent.
 */
function learnFormat(metadata) {
  const configurations = Object.entries(metadata.credentialIssuer.credential_configurations_supported);
  for (const [id, configuration] of configurations) {
    if (configuration.format === OUR_FORMAT) metadata.knownCredentialConfigurations[id] = configuration;
  }
}

async function activate(task) {
  const key = task.key ?? freshKey();
  const keys = [key];
  const shared = { callbacks: callbacks(keys) };
  const client = new Openid4vciClient(shared);
  const signerOf = (one) => ({ method: "jwk", alg: ES256, publicJwk: publicPart(one) });
  const signer = signerOf(key);

  const offer = await client.resolveCredentialOffer(task.offer_uri);
  const metadata = await client.resolveIssuerMetadata(offer.credential_issuer);
  learnFormat(metadata);
  const [configuration] = offer.credential_configuration_ids;

  const retrieve = async ({ accessTokenResponse, dpop }, wanted = configuration, holders = [key]) => {
    const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata: metadata });
    const proof = async (one) => {
      const { jwt } = await client.createCredentialRequestJwtProof({
        issuerMetadata: metadata,
        credentialConfigurationId: wanted,
        signer: signerOf(one),
        nonce,
      });
      return jwt;
    };
    const { credentialResponse } = await client.retrieveCredentials({
      issuerMetadata: metadata,
      credentialConfigurationId: wanted,
      accessToken: accessTokenResponse.access_token,
      proofs: { jwt: await Promise.all(holders.map(proof)) },
      dpop,
    });
    return credentialResponse;
  };

  const fetchCopies = async (token) => {
    const configurations = metadata.credentialIssuer.credential_configurations_supported;
    const wanted = offer.credential_configuration_ids.find((id) => configurations[id]?.format === SD_JWT);
    const known = metadata.knownCredentialConfigurations[wanted];
    if (known?.format !== SD_JWT) throw new Error("the library does not know the SD-JWT configuration");
    const holders = Array.from({ length: task.copies }, freshKey);
    keys.push(...holders);
    const { credentials } = await retrieve(token, wanted, holders);
    const library = sdJwtVc(task.roots);
    return Promise.all(
      credentials.map(async ({ credential }, place) => {
        const { payload } = await library.verify(credential);
        if (payload.vct !== known.vct) throw new Error("it is of another type than the metadata say");
        const bound = payload.cnf.jwk;
        const holder = holders.find(({ x, y }) => x === bound.x && y === bound.y);
        if (holder !== holders[place]) throw new Error("a copy is bound to another key");
        return { key: holder, credential, claims: await library.getClaims(credential) };
      }),
    );
  };

  let token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer: offer,
    issuerMetadata: metadata,
    txCode: task.tx_code ?? undefined,
    dpop: task.dpop ? { signer } : undefined,
  });
  const first = token.accessTokenResponse;
  const response = await retrieve(token);
  const copies = task.copies ? await fetchCopies(token) : undefined;

  let refreshed;
  if (task.refresh) {
    token = await new Oauth2Client(shared).retrieveRefreshTokenAccessToken({
      authorizationServerMetadata: getAuthorizationServerMetadataFromList(
        metadata.authorizationServers,
        token.authorizationServer,
      ),
      refreshToken: first.refresh_token,
      dpop: token.dpop,
    });
    refreshed = await retrieve(token);
  }
  for (const event of task.notify ?? []) {
    await client.sendNotification({
      issuerMetadata: metadata,
      notification: { notificationId: response.notification_id, event },
      accessToken: token.accessTokenResponse.access_token,
      dpop: token.dpop,
    });
  }

  return {
    key,
    protocol: metadata.originalDraftVersion,
    grants: offer.grants,
    token_type: first.token_type,
    has_refresh_token: first.refresh_token !== undefined,
    credentials: response.credentials,
    copies,
    refreshed_credentials: refreshed?.credentials,
  };
}

/** What the library makes of an answer that was an error, or nothing if the error is of another kind. */
function refusal(error) {
  if (error instanceof Oauth2ClientErrorResponseError) {
    return { at: "token", status: error.response.status, body: error.errorResponse };
  }
  if (error instanceof Openid4vciRetrieveCredentialsError) {
    const { response, credentialErrorResponseResult: parsed } = error.response;
    return { at: "credential", status: response.status, body: parsed?.data };
  }
  if (error instanceof Openid4vciSendNotificationError) {
    const { response, notificationErrorResponseResult: parsed } = error.response;
    return { at: "notification", status: response.status, body: parsed?.data };
  }
  return undefined;
}

function versions() {
  const version = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
  const packages = ["@openid4vc/openid4vci", "@openid4vc/openid4vp", "@openid4vc/oauth2", "dcql"];
  return [`node ${process.versions.node}`, ...packages.map((name) => `${name} ${version(name)}`)].join(", ");
}

if (process.argv[2] === "--versions") {
  console.log(versions());
} else {
  const task = JSON.parse(await text(process.stdin));
  const outcome = await activate(task).then(
    (ok) => ({ ok }),
    (error) => {
      const refused = refusal(error);
      if (refused === undefined) throw error;
      return { refused };
    },
  );
  console.log(JSON.stringify(outcome));
}
