// SD-JWT VCs as `@sd-jwt/sd-jwt-vc` reads them, with what that library leaves to its host: hashing, signatures (by
// `jose`), and whom to believe.

import { X509Certificate, createHash, randomBytes, webcrypto } from "node:crypto";

import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc";
import { compactVerify, importJWK } from "jose";

// `jose` 6 looks for it there; Node 18 does not put it there of itself.
globalThis.crypto ??= webcrypto;

const part = (text) => JSON.parse(Buffer.from(text, "base64url").toString());

/** The signer's certificate of a JWS whose `x5c` leads to one of `anchors`. */
function signer(header, anchors) {
  const chain = (header.x5c ?? []).map((der) => new X509Certificate(Buffer.from(der, "base64")));
  if (chain.length === 0) throw new Error("no certificate says who signed");
  const now = Date.now();
  const issued = (one, above) => one.checkIssued(above) && one.verify(above.publicKey);
  chain.forEach((one, place) => {
    const dated = Date.parse(one.validFrom) <= now && now < Date.parse(one.validTo);
    const above = chain[place + 1];
    const leads = above ? above.ca && issued(one, above) : anchors.some((anchor) => issued(one, anchor));
    if (!dated || !leads) throw new Error("the signer's certificates lead to nobody who is trusted");
  });
  return chain[0];
}

/**
 * The library, believing what is signed under `roots` (PEM). Status lists are fetched and judged by the library itself.
 */
export function sdJwtVc(roots = []) {
  const anchors = roots.map((pem) => new X509Certificate(pem));
  const verifier = async (data, signature) => {
    const [header, payload] = data.split(".").map(part);
    const certificate = signer(header, anchors);
    const names = (certificate.subjectAltName ?? "").split(", ");
    if (payload.vct !== undefined && payload.iss !== undefined && !names.includes(`URI:${payload.iss}`)) {
      throw new Error("the signer's certificate does not name the issuer");
    }
    await compactVerify(`${data}.${signature}`, certificate.publicKey, { algorithms: ["ES256"] });
    return true;
  };
  const kbVerifier = async (data, signature, payload) => {
    const key = await importJWK(payload.cnf.jwk, "ES256");
    await compactVerify(`${data}.${signature}`, key, { algorithms: ["ES256"] });
    return true;
  };
  return new SDJwtVcInstance({
    hasher: (data, algorithm) =>
      createHash(algorithm.replace("-", ""))
        .update(typeof data === "string" ? data : Buffer.from(data))
        .digest(),
    hashAlg: "sha-256",
    saltGenerator: (length) => randomBytes(length).toString("base64url"),
    verifier,
    statusVerifier: verifier,
    kbVerifier,
  });
}
