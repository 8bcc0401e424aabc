import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { pipeline } from "node:stream";
import { afterEach, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { status } from "@grpc/grpc-js";

import {
  ClientClosedError,
  type ClientOptions,
  MAX_BATCH,
  MailClass,
  Reason,
  RefusedError,
  SuppressionClient,
  UnavailableError,
  Verdict,
} from "../src/index.js";
import { badRequest, detailsOf, errorInfo } from "./details.js";
import { Service } from "./service.js";

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((thing) => thing.close()));

async function startService(where?: string): Promise<Service> {
  const service = await Service.start(where);
  open.push({ close: () => service.stop() });
  return service;
}

// Long timeouts, so that tests do not fail on a busy machine.
const LONG_TIMEOUTS = { checkTimeoutMs: 20_000, batchTimeoutMs: 20_000 };

function newClient(address: string, options: Partial<ClientOptions> = {}): SuppressionClient {
  const merged = { whenUnavailable: "throw" as const, log: () => {}, ...LONG_TIMEOUTS, ...options };
  const client = new SuppressionClient(address, merged);
  open.push(client);
  return client;
}

/** Starts a TCP proxy that forwards data only after a delay. Returns its HOST:PORT. */
async function slowProxy(to: string, afterMs: number): Promise<string> {
  const [host, port] = to.split(":");
  const server = createServer(async (socket) => {
    open.push({ close: () => socket.destroy() });
    await pause(afterMs, undefined, { ref: false });
    pipeline(socket, connect(Number(port), host), socket, () => {});
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** Returns HOST:PORT where no server listens. */
async function unusedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

for (const [verdict, send] of [
  [0, false],
  [1, true],
  [2, false],
  [99, false],
] as const) {
  test(`a verdict of ${verdict} ${send ? "sends" : "does not send"}`, async () => {
    const service = await startService();
    service.verdict = verdict;

    const check = await newClient(service.address, { whenUnavailable: "send" }).check("jane@example.com");

    assert.deepEqual([check.send, check.answered, check.verdict], [send, true, verdict]);
  });
}

test("a check sends its stream and mail class", async () => {
  const service = await startService();

  await newClient(service.address).check("a", { stream: "news", mailClass: MailClass.ESSENTIAL });

  const { address, stream, mailClass } = service.requests[0]!.request;
  assert.deepEqual([address, stream, mailClass], ["a", "news", MailClass.ESSENTIAL]);
});

test("a batch is split at the limit and keeps its order", async () => {
  const service = await startService();
  const addresses = Array.from({ length: 2 * MAX_BATCH + 1 }, (_, n) => `jane${n}@example.com`);
  addresses[MAX_BATCH] = "no@example.com";

  const checks = await newClient(service.address).batchCheck(addresses);

  assert.equal(service.requests.length, 3);
  assert.deepEqual(checks.map((check) => check.address), addresses);
  assert.deepEqual(checks.filter((check) => !check.send), [checks[MAX_BATCH]]);
  assert.equal(checks[MAX_BATCH]!.reason, Reason.HARD_BOUNCE);
});

test("an empty batch makes no call", async () => {
  assert.deepEqual(await newClient(await unusedAddress()).batchCheck([]), []);
});

test("a string is not accepted as a batch", async () => {
  await assert.rejects(newClient(await unusedAddress()).filter("jane@example.com"), TypeError);
});

test("filter takes any iterable and keeps order and duplicates", async () => {
  const { address } = await startService();

  assert.deepEqual(await newClient(address).filter(new Set(["b", "no", "a"])), ["b", "a"]);
  assert.deepEqual(await newClient(address).filter(["b", "no", "a", "b"]), ["b", "a", "b"]);
});

test("a wrong number of verdicts means do not send", async () => {
  const service = await startService();
  service.droppedVerdicts = 1;

  const client = newClient(service.address, { whenUnavailable: "send" });

  assert.deepEqual(await client.filter(["a", "b", "c"]), []);
});

test("an address that cannot be encoded is sent as an empty one", async () => {
  const service = await startService();

  const [, check] = await newClient(service.address).batchCheck(["a", "\ud800@example.com"]);

  assert.equal(check!.address, "\ud800@example.com");
  assert.deepEqual(service.requests[0]!.request["addresses"], ["a", ""]);
});

test("a request that cannot be encoded does not count as unanswered", async () => {
  const client = newClient(await unusedAddress(), { whenUnavailable: "send" });

  await assert.rejects(client.check("a", { mailClass: "ESSENTIAL" as never }), /mail_class/);
  await assert.rejects(client.filter(["a", undefined as never]), TypeError);
  assert.equal(client.unanswered, 0);
});

test("checks send the revision of the newest write", async () => {
  const service = await startService();
  const client = newClient(service.address);

  await client.check("a");
  await client.suppress("a", Reason.MANUAL);
  await client.check("a");
  await client.unsuppress("a");
  await client.check("a");
  await client.check("a", { minRevision: "mine" });

  assert.deepEqual(service.revisions, ["", "w1", "w2", "mine"]);
});

for (const reason of ["REVISION_FOREIGN", "REVISION_AHEAD"]) {
  test(`an unknown revision of an own write (${reason}) is dropped`, async () => {
    const service = await startService();
    const client = newClient(service.address);
    await client.suppress("a", Reason.MANUAL);
    service.failNext(1, status.INVALID_ARGUMENT, detailsOf(errorInfo(reason)));

    assert.ok((await client.check("a")).answered);
    assert.deepEqual(service.revisions, ["w1", ""]);
  });
}

test("an unknown revision of the caller is an error", async () => {
  const service = await startService();
  service.failNext(1, status.INVALID_ARGUMENT, detailsOf(errorInfo("REVISION_FOREIGN")));

  await assert.rejects(newClient(service.address).check("a", { minRevision: "mine" }), {
    name: "RefusedError",
    reason: "REVISION_FOREIGN",
  });
});

for (const whenUnavailable of ["do-not-send", "send"] as const) {
  test(`without a server the policy ${whenUnavailable} decides, is counted and logged`, async () => {
    const lines: string[] = [];
    const log = (line: string): unknown => lines.push(line);
    const client = newClient(await unusedAddress(), { whenUnavailable, log });

    const checks = [await client.check("jane@example.com"), ...(await client.batchCheck(["a", "b"]))];

    for (const { answered, send, verdict } of checks) {
      const expected = [false, whenUnavailable === "send", Verdict.UNSPECIFIED];
      assert.deepEqual([answered, send, verdict], expected);
    }
    assert.equal(client.unanswered, 3);
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0]!, /jane/);
  });
}

test("without a server the policy send-essential sends only essential mail", async () => {
  const client = newClient(await unusedAddress(), { whenUnavailable: "send-essential" });

  assert.ok((await client.check("a", { mailClass: MailClass.ESSENTIAL })).send);
  assert.ok(!(await client.check("a", { mailClass: MailClass.ORDINARY })).send);
  assert.ok(!(await client.check("a")).send);
});

test("without a server the policy throw throws", async () => {
  const client = newClient(await unusedAddress());

  await assert.rejects(client.check("a"), { name: "UnavailableError", code: "UNAVAILABLE" });
  assert.equal(client.unanswered, 0);
});

test("without a server a write throws, whatever the policy", async () => {
  const client = newClient(await unusedAddress(), { whenUnavailable: "send" });

  await assert.rejects(client.suppress("a", Reason.MANUAL), UnavailableError);
});

const UNAVAILABLE = ["UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED"];
UNAVAILABLE.push("INTERNAL", "DATA_LOSS", "UNAVAILABLE");
const RETRIED = ["UNAVAILABLE", "UNKNOWN"];
for (let code = status.UNKNOWN; code <= status.UNAUTHENTICATED; code++) {
  const kind = UNAVAILABLE.includes(status[code]!) ? UnavailableError : RefusedError;
  const calls = RETRIED.includes(status[code]!) ? 4 : 1;

  test(`${status[code]} is an ${kind.name} after ${calls} calls`, async () => {
    const service = await startService();
    service.failNext(calls, code);

    await assert.rejects(newClient(service.address).check("a"), (error) => {
      assert.ok(error instanceof kind);
      assert.equal(error.code, status[code]);
      return true;
    });
    assert.equal(service.requests.length, calls);
  });
}

test("an error has the details of the status", async () => {
  const service = await startService();
  const details = detailsOf(
    errorInfo("TTL_NOT_POSITIVE", { limit: "0" }),
    badRequest("ttl", "must be positive"),
  );
  service.failNext(1, status.INVALID_ARGUMENT, details);

  await assert.rejects(newClient(service.address).suppress("a", Reason.MANUAL, { ttlMs: -1 }), {
    name: "RefusedError",
    message: "INVALID_ARGUMENT (TTL_NOT_POSITIVE): message; ttl: must be positive",
    metadata: { limit: "0" },
    violations: [{ field: "ttl", description: "must be positive" }],
  });
});

test("with malformed details an error has its code", async () => {
  const service = await startService();
  service.failNext(1, status.INVALID_ARGUMENT, Buffer.from([0xff, 0xff, 0xff]));

  await assert.rejects(newClient(service.address).check("a"), { code: "INVALID_ARGUMENT", reason: "" });
});

test("UNAVAILABLE is retried", async () => {
  const service = await startService();
  service.failNext(2, status.UNAVAILABLE);

  assert.ok((await newClient(service.address).check("a")).answered);
  assert.equal(service.requests.length, 3);
});

test("the largest batch is retried", async () => {
  const service = await startService();
  service.failNext(2, status.UNAVAILABLE);
  const longest = `${"a".repeat(64)}@${"d".repeat(255)}`;
  const client = newClient(service.address);

  await client.batchCheck(Array.from({ length: MAX_BATCH }, () => longest));

  assert.equal(service.requests.length, 3);
});

test("retries stop after four attempts", async () => {
  const service = await startService();
  service.failNext(9, status.UNAVAILABLE);

  await assert.rejects(newClient(service.address).suppress("a", Reason.MANUAL), UnavailableError);
  assert.equal(service.requests.length, 4);
});

test("retries are throttled while most calls fail", async () => {
  const service = await startService();
  service.failNext(1000, status.UNAVAILABLE);
  const client = newClient(service.address, { whenUnavailable: "do-not-send" });

  for (let n = 0; n < 60; n++) await client.check("a");

  assert.ok(service.requests.length <= 150, `${service.requests.length} attempts for 60 calls`);
});

test("a call ends at its deadline", async () => {
  const service = await startService();
  service.hang = true;
  const client = newClient(service.address, { checkTimeoutMs: undefined });
  const start = performance.now();

  await assert.rejects(client.check("a"), { code: "DEADLINE_EXCEEDED" });

  const took = performance.now() - start;
  assert.ok(took > 200 && took < 10_000, `${took} ms`);
});

test("an aborted call throws the reason of its signal", async () => {
  const service = await startService();
  service.hang = true;
  const client = newClient(service.address, { whenUnavailable: "send" });
  const reason = new Error("no longer needed");
  const abort = new AbortController();

  const pending = client.filter(["a"], { signal: abort.signal });
  await pause(50);
  abort.abort(reason);

  await assert.rejects(pending, reason);
  await assert.rejects(client.check("a", { signal: abort.signal }), reason);
  assert.equal(client.unanswered, 0);
});

test("a rejected call fails the whole batch", async () => {
  const service = await startService();
  service.failNext(9, status.PERMISSION_DENIED);
  const client = newClient(service.address, { whenUnavailable: "send" });

  const pending = client.batchCheck(Array.from({ length: 9 * MAX_BATCH }, () => "a"));

  await assert.rejects(pending, { code: "PERMISSION_DENIED" });
  await pause(100);
  assert.ok(service.requests.length <= 4, `${service.requests.length} calls`);
  assert.equal(client.unanswered, 0);
});

test("the client reconnects after a restart", async () => {
  const before = await startService();
  const client = newClient(before.address, { whenUnavailable: "do-not-send" });
  assert.ok((await client.check("a")).answered);

  before.stop();
  assert.ok(!(await client.check("a")).answered);
  await startService(before.address);

  while (!(await client.check("a")).answered);
});

test("the deadline of the first call starts when connecting has finished", async () => {
  const { address } = await startService();
  const slow = await slowProxy(address, 1_500);

  const check = await newClient(slow, { checkTimeoutMs: 1_000, connectTimeoutMs: 20_000 }).check("a");

  assert.equal(check.answered, true);
});

test("the first call waits for a connection only for connectTimeoutMs", async () => {
  const silent = await slowProxy(await unusedAddress(), 60_000);

  const check = newClient(silent, { checkTimeoutMs: 1, connectTimeoutMs: 1 }).check("a");

  await assert.rejects(check, UnavailableError);
});

test("abort and close end a first call that is still connecting", async () => {
  const silent = await slowProxy(await unusedAddress(), 60_000);
  const client = newClient(silent, { connectTimeoutMs: 60_000 });
  const abort = new AbortController();
  const reason = new Error("enough");

  const aborted = client.check("a", { signal: abort.signal });
  const closed = client.check("b");
  abort.abort(reason);
  await assert.rejects(aborted, reason);
  client.close();

  await assert.rejects(closed, ClientClosedError);
});

test("calls fail after close", async () => {
  const service = await startService();
  service.hang = true;
  const client = newClient(service.address, { whenUnavailable: "send" });

  const pending = client.check("a");
  await pause(50);
  client.close();
  client.close();

  await assert.rejects(pending, ClientClosedError);
  await assert.rejects(client.check("a"), ClientClosedError);
});
