import assert from "node:assert/strict";
import { test } from "node:test";

import { isLoopback } from "../src/connection.js";
import { type ClientOptions, ConfigurationError, SuppressionClient } from "../src/index.js";
import { Service } from "./service.js";

const LOCAL = "127.0.0.1:1";
const REMOTE = "suppression.example:1";

for (const [target, loopback] of [
  ["127.0.0.1:50051", true],
  ["127.8.8.8:50051", true],
  ["[::1]:50051", true],
  ["::1", true],
  ["localhost:50051", true],
  ["LocalHost", true],
  ["dns:///localhost:50051", true],
  ["dns:localhost:50051", true],
  ["unix:/run/suppression", true],
  ["dns://1.1.1.1/127.0.0.1:1", true],
  ["dns://1.1.1.1/localhost:1", false],
  ["dns:///evil.example/localhost", false],
  ["suppression.example:50051", false],
  ["localhost.example:50051", false],
  ["10.0.0.1:50051", false],
  ["0.0.0.0:50051", false],
  ["xds:///localhost", false],
  ["", false],
] as const) {
  test(`"${target}" is ${loopback ? "" : "not "}on this machine`, () => {
    assert.equal(isLoopback(target), loopback);
  });
}

const INVALID: Record<string, [string, Partial<ClientOptions>]> = {
  "no policy": [LOCAL, { whenUnavailable: undefined as never }],
  "an unknown policy": [LOCAL, { whenUnavailable: "guess" as never }],
  "plaintext to another machine": [REMOTE, {}],
  "a token in plaintext": [REMOTE, { insecure: true, token: "t" }],
  "TLS and plaintext": [LOCAL, { insecure: true, tls: true }],
  "half of mutual TLS": [LOCAL, { tls: { cert: "c" } }],
  "an empty token": [LOCAL, { token: "" }],
  "a broken token": [LOCAL, { token: "secret\n" }],
  "a timeout of zero": [LOCAL, { checkTimeoutMs: 0 }],
  "a parallelism of zero": [LOCAL, { batchParallelism: 0 }],
};
for (const [why, [server, options]] of Object.entries(INVALID)) {
  test(`${why} is rejected`, () => {
    assert.throws(
      () => new SuppressionClient(server, { whenUnavailable: "do-not-send", ...options }),
      (error: Error) => error instanceof ConfigurationError && !error.message.includes("secret"),
    );
  });
}

test("a JavaScript program without options gets a ConfigurationError", () => {
  const Untyped = SuppressionClient as new (server: string) => SuppressionClient;

  assert.throws(() => new Untyped(LOCAL), ConfigurationError);
});

for (const options of [{ insecure: true }, { tls: true, token: "t" }]) {
  test(`${Object.keys(options).join(" and ")} may connect to another machine`, () => {
    new SuppressionClient(REMOTE, { whenUnavailable: "do-not-send", ...options }).close();
  });
}

test("the token goes with every call", async () => {
  const service = await Service.start();
  const options = { whenUnavailable: "throw", checkTimeoutMs: 20_000, token: "secret" } as const;
  const client = new SuppressionClient(service.address, options);

  await client.check("a");

  assert.deepEqual(service.tokens, ["Bearer secret"]);
  client.close();
  service.stop();
});
