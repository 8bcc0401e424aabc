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

async function serve(where?: string): Promise<Service> {
  const service = await Service.start(where);
  open.push({ close: () => service.stop() });
  return service;
}

// So that a busy machine fails no test.
const PATIENT = { checkTimeoutMs: 20_000, batchTimeoutMs: 20_000 };

function clientOf(address: string, options: Partial<ClientOptions> = {}): SuppressionClient {
  const made = { whenUnavailable: "throw" as const, log: () => {}, ...PATIENT, ...options };
  const client = new SuppressionClient(address, made);
  open.push(client);
  return client;
}

/** Returns an address that takes connections and passes them on to another after a while, if ever. */
async function hesitant(to: string, afterMs: number): Promise<string> {
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

/** Returns an address where nothing listens. */
async function nobody(): Promise<string> {
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
    const service = await serve();
    service.verdict = verdict;

    const check = await clientOf(service.address, { whenUnavailable: "send" }).check("jane@example.com");

    assert.deepEqual([check.send, check.answered, check.verdict], [send, true, verdict]);
  });
}

test("a check says what it is about", async () => {
  const service = await serve();

  await clientOf(service.address).check("a", { stream: "news", mailClass: MailClass.ESSENTIAL });

  const { address, stream, mailClass } = service.requests[0]!.request;
  assert.deepEqual([address, stream, mailClass], ["a", "news", MailClass.ESSENTIAL]);
});

test("a batch is split at the limit and keeps its order", async () => {
  const service = await serve();
  const addresses = Array.from({ length: 2 * MAX_BATCH + 1 }, (_, n) => `jane${n}@example.com`);
  addresses[MAX_BATCH] = "no@example.com";

  const checks = await clientOf(service.address).batchCheck(addresses);

  assert.equal(service.requests.length, 3);
  assert.deepEqual(checks.map((check) => check.address), addresses);
  assert.deepEqual(checks.filter((check) => !check.send), [checks[MAX_BATCH]]);
  assert.equal(checks[MAX_BATCH]!.reason, Reason.HARD_BOUNCE);
});

test("an empty batch asks nobody", async () => {
  assert.deepEqual(await clientOf(await nobody()).batchCheck([]), []);
});

test("one text is not a batch of letters", async () => {
  await assert.rejects(clientOf(await nobody()).filter("jane@example.com"), TypeError);
});

test("filter keeps order and duplicates, of any iterable", async () => {
  const { address } = await serve();

  assert.deepEqual(await clientOf(address).filter(new Set(["b", "no", "a"])), ["b", "a"]);
  assert.deepEqual(await clientOf(address).filter(["b", "no", "a", "b"]), ["b", "a", "b"]);
});

test("an answer of another length sends nothing", async () => {
  const service = await serve();
  service.dropped = 1;

  const client = clientOf(service.address, { whenUnavailable: "send" });

  assert.deepEqual(await client.filter(["a", "b", "c"]), []);
});

test("text that cannot be carried does not arrive as another", async () => {
  const service = await serve();

  const [, check] = await clientOf(service.address).batchCheck(["a", "\ud800@example.com"]);

  assert.equal(check!.address, "\ud800@example.com");
  assert.deepEqual(service.requests[0]!.request["addresses"], ["a", ""]);
});

test("a question that cannot be written is a mistake, not an outage", async () => {
  const client = clientOf(await nobody(), { whenUnavailable: "send" });

  await assert.rejects(client.check("a", { mailClass: "ESSENTIAL" as never }), /mail_class/);
  await assert.rejects(client.filter(["a", undefined as never]), TypeError);
  assert.equal(client.unanswered, 0);
});

test("checks carry the revision of own writes", async () => {
  const service = await serve();
  const client = clientOf(service.address);

  await client.check("a");
  await client.suppress("a", Reason.MANUAL);
  await client.check("a");
  await client.unsuppress("a");
  await client.check("a");
  await client.check("a", { minRevision: "mine" });

  assert.deepEqual(service.revisions, ["", "w1", "w2", "mine"]);
});

for (const reason of ["REVISION_FOREIGN", "REVISION_AHEAD"]) {
  test(`a moved database (${reason}) does not stop checks`, async () => {
    const service = await serve();
    const client = clientOf(service.address);
    await client.suppress("a", Reason.MANUAL);
    service.fails(1, status.INVALID_ARGUMENT, detailsOf(errorInfo(reason)));

    assert.ok((await client.check("a")).answered);
    assert.deepEqual(service.revisions, ["w1", ""]);
  });
}

test("a revision of the caller's is not dropped", async () => {
  const service = await serve();
  service.fails(1, status.INVALID_ARGUMENT, detailsOf(errorInfo("REVISION_FOREIGN")));

  await assert.rejects(clientOf(service.address).check("a", { minRevision: "mine" }), {
    name: "RefusedError",
    reason: "REVISION_FOREIGN",
  });
});

for (const whenUnavailable of ["do-not-send", "send"] as const) {
  test(`with nobody there a check is to ${whenUnavailable}, which is counted and logged`, async () => {
    const lines: string[] = [];
    const log = (line: string): unknown => lines.push(line);
    const client = clientOf(await nobody(), { whenUnavailable, log });

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

test("with nobody there throw throws", async () => {
  const client = clientOf(await nobody());

  await assert.rejects(client.check("a"), { name: "UnavailableError", code: "UNAVAILABLE" });
  assert.equal(client.unanswered, 0);
});

test("with nobody there a write is thrown, whatever the policy", async () => {
  const client = clientOf(await nobody(), { whenUnavailable: "send" });

  await assert.rejects(client.suppress("a", Reason.MANUAL), UnavailableError);
});

const UNAVAILABLE = ["UNKNOWN", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED"];
UNAVAILABLE.push("INTERNAL", "DATA_LOSS", "UNAVAILABLE");
const RETRIED = ["UNAVAILABLE", "UNKNOWN"];
for (let code = status.UNKNOWN; code <= status.UNAUTHENTICATED; code++) {
  const kind = UNAVAILABLE.includes(status[code]!) ? UnavailableError : RefusedError;
  const calls = RETRIED.includes(status[code]!) ? 4 : 1;

  test(`${status[code]} is an ${kind.name} after ${calls} calls`, async () => {
    const service = await serve();
    service.fails(calls, code);

    await assert.rejects(clientOf(service.address).check("a"), (error) => {
      assert.ok(error instanceof kind);
      assert.equal(error.code, status[code]);
      return true;
    });
    assert.equal(service.requests.length, calls);
  });
}

test("an error brings its details", async () => {
  const service = await serve();
  const details = detailsOf(
    errorInfo("TTL_NOT_POSITIVE", { limit: "0" }),
    badRequest("ttl", "must be more than nothing"),
  );
  service.fails(1, status.INVALID_ARGUMENT, details);

  await assert.rejects(clientOf(service.address).suppress("a", Reason.MANUAL, { ttlMs: -1 }), {
    name: "RefusedError",
    message: "INVALID_ARGUMENT (TTL_NOT_POSITIVE): as told; ttl: must be more than nothing",
    metadata: { limit: "0" },
    violations: [{ field: "ttl", description: "must be more than nothing" }],
  });
});

test("mangled details leave the code", async () => {
  const service = await serve();
  service.fails(1, status.INVALID_ARGUMENT, Buffer.from([0xff, 0xff, 0xff]));

  await assert.rejects(clientOf(service.address).check("a"), { code: "INVALID_ARGUMENT", reason: "" });
});

test("a passing failure is retried", async () => {
  const service = await serve();
  service.fails(2, status.UNAVAILABLE);

  assert.ok((await clientOf(service.address).check("a")).answered);
  assert.equal(service.requests.length, 3);
});

test("a passing failure of the largest batch is retried", async () => {
  const service = await serve();
  service.fails(2, status.UNAVAILABLE);
  const longest = `${"a".repeat(64)}@${"d".repeat(255)}`;
  const client = clientOf(service.address);

  await client.batchCheck(Array.from({ length: MAX_BATCH }, () => longest));

  assert.equal(service.requests.length, 3);
});

test("a lasting failure is given up", async () => {
  const service = await serve();
  service.fails(9, status.UNAVAILABLE);

  await assert.rejects(clientOf(service.address).suppress("a", Reason.MANUAL), UnavailableError);
  assert.equal(service.requests.length, 4);
});

test("a service that is down is not hammered", async () => {
  const service = await serve();
  service.fails(1000, status.UNAVAILABLE);
  const client = clientOf(service.address, { whenUnavailable: "do-not-send" });

  for (let n = 0; n < 60; n++) await client.check("a");

  assert.ok(service.requests.length <= 150, `${service.requests.length} tries for 60 calls`);
});

test("silence ends at the deadline", async () => {
  const service = await serve();
  service.silent = true;
  const client = clientOf(service.address, { checkTimeoutMs: undefined });
  const began = performance.now();

  await assert.rejects(client.check("a"), { code: "DEADLINE_EXCEEDED" });

  const took = performance.now() - began;
  assert.ok(took > 200 && took < 10_000, `${took} ms`);
});

test("a caller that gives up gets its own reason", async () => {
  const service = await serve();
  service.silent = true;
  const client = clientOf(service.address, { whenUnavailable: "send" });
  const reason = new Error("no longer needed");
  const giveUp = new AbortController();

  const asked = client.filter(["a"], { signal: giveUp.signal });
  await pause(50);
  giveUp.abort(reason);

  await assert.rejects(asked, reason);
  await assert.rejects(client.check("a", { signal: giveUp.signal }), reason);
  assert.equal(client.unanswered, 0);
});

test("a refusal ends the whole batch", async () => {
  const service = await serve();
  service.fails(9, status.PERMISSION_DENIED);
  const client = clientOf(service.address, { whenUnavailable: "send" });

  const asked = client.batchCheck(Array.from({ length: 9 * MAX_BATCH }, () => "a"));

  await assert.rejects(asked, { code: "PERMISSION_DENIED" });
  await pause(100);
  assert.ok(service.requests.length <= 4, `${service.requests.length} calls`);
  assert.equal(client.unanswered, 0);
});

test("a restarted server is found again", async () => {
  const before = await serve();
  const client = clientOf(before.address, { whenUnavailable: "do-not-send" });
  assert.ok((await client.check("a")).answered);

  before.stop();
  assert.ok(!(await client.check("a")).answered);
  await serve(before.address);

  while (!(await client.check("a")).answered);
});

test("the deadline of the first call begins once connecting has ended", async () => {
  const { address } = await serve();
  const slow = await hesitant(address, 1_500);

  const check = await clientOf(slow, { checkTimeoutMs: 1_000, connectTimeoutMs: 20_000 }).check("a");

  assert.equal(check.answered, true);
});

test("the first call waits for a connection no longer than it may", async () => {
  const silent = await hesitant(await nobody(), 60_000);

  const check = clientOf(silent, { checkTimeoutMs: 1, connectTimeoutMs: 1 }).check("a");

  await assert.rejects(check, UnavailableError);
});

test("a signal and closing end a first call that still connects", async () => {
  const silent = await hesitant(await nobody(), 60_000);
  const client = clientOf(silent, { connectTimeoutMs: 60_000 });
  const giveUp = new AbortController();
  const reason = new Error("enough");

  const aborted = client.check("a", { signal: giveUp.signal });
  const closed = client.check("b");
  giveUp.abort(reason);
  await assert.rejects(aborted, reason);
  client.close();

  await assert.rejects(closed, ClientClosedError);
});

test("a closed client says so", async () => {
  const service = await serve();
  service.silent = true;
  const client = clientOf(service.address, { whenUnavailable: "send" });

  const asked = client.check("a");
  await pause(50);
  client.close();
  client.close();

  await assert.rejects(asked, ClientClosedError);
  await assert.rejects(client.check("a"), ClientClosedError);
});
