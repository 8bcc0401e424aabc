import assert from "node:assert/strict";
import { test } from "node:test";

import { isLoopback } from "../src/connection.js";
import { type ClientOptions, ConfigurationError, SuppressionClient } from "../src/index.js";
import { Service } from "./service.js";

const HERE = "127.0.0.1:1";
const AWAY = "suppression.example:1";

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

const REFUSED: Record<string, [string, Partial<ClientOptions>]> = {
  "no choice": [HERE, { whenUnavailable: undefined as never }],
  "an unknown choice": [HERE, { whenUnavailable: "guess" as never }],
  "plaintext beyond": [AWAY, {}],
  "a token in plaintext": [AWAY, { insecure: true, token: "t" }],
  "TLS and plaintext": [HERE, { insecure: true, tls: true }],
  "half of mutual TLS": [HERE, { tls: { cert: "c" } }],
  "an empty token": [HERE, { token: "" }],
  "a broken token": [HERE, { token: "secret\n" }],
  "no time": [HERE, { checkTimeoutMs: 0 }],
  "no parallelism": [HERE, { batchParallelism: 0 }],
};
for (const [why, [server, options]] of Object.entries(REFUSED)) {
  test(`${why} is refused`, () => {
    assert.throws(
      () => new SuppressionClient(server, { whenUnavailable: "do-not-send", ...options }),
      (error: Error) => error instanceof ConfigurationError && !error.message.includes("secret"),
    );
  });
}

test("a program without types is told what to choose", () => {
  const Untyped = SuppressionClient as new (server: string) => SuppressionClient;

  assert.throws(() => new Untyped(HERE), ConfigurationError);
});

for (const options of [{ insecure: true }, { tls: true, token: "t" }]) {
  test(`${Object.keys(options).join(" and ")} may go beyond this machine`, () => {
    new SuppressionClient(AWAY, { whenUnavailable: "do-not-send", ...options }).close();
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
