import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { ServerCredentials } from "@grpc/grpc-js";

import { SuppressionClient, type Tls } from "../src/index.js";
import { Service } from "./service.js";

// Node.js cannot create certificates, so openssl does.
const missing = spawnSync("openssl", ["version"]).error ? "openssl is missing" : false;
const skip = process.env["CI"] ? false : missing;

let service: Service;
let cert: Buffer;
let key: Buffer;

before(async () => {
  if (skip) return;
  const folder = mkdtempSync(join(tmpdir(), "suppression-"));
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  const named = ["-subj", "/CN=suppression", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...made, ...named, "-keyout", keyFile, "-out", certFile], {
    stdio: "ignore",
  });
  [cert, key] = [readFileSync(certFile), readFileSync(keyFile)];
  rmSync(folder, { recursive: true });
  const pair = { private_key: key, cert_chain: cert };
  service = await Service.start("127.0.0.1:0", ServerCredentials.createSsl(cert, [pair], true));
});
after(() => service?.stop());

async function answered(tls: Tls | true): Promise<boolean> {
  const client = new SuppressionClient(service.address, {
    whenUnavailable: "do-not-send",
    checkTimeoutMs: 20_000,
    token: "secret",
    tls,
    log: () => {},
  });
  const check = await client.check("jane@example.com");
  client.close();
  return check.answered;
}

test("mutual TLS works if both certificates are trusted", { skip }, async () => {
  assert.ok(await answered({ ca: cert, cert, key }));
  assert.ok(await answered({ ca: cert.toString(), cert: cert.toString(), key: key.toString() }));
});

test("mutual TLS rejects a client without a certificate", { skip }, async () => {
  assert.ok(!(await answered({ ca: cert })));
});

test("a server with an untrusted certificate is rejected", { skip }, async () => {
  assert.ok(!(await answered({ cert, key })));
  assert.ok(!(await answered(true)));
});
