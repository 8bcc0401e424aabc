// Runs the scenarios of clients/conformance with this client. The README there describes the formats.
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { parentPort, Worker, workerData } from "node:worker_threads";

import {
  CallError,
  type Check,
  type ClientOptions,
  MailClass,
  RefusedError,
  Reason,
  SuppressionClient,
  type Suppression,
  Verdict,
} from "../src/index.js";

type Json = Record<string, unknown>;

interface Step {
  call?: string;
  control?: string;
  client?: string;
  with?: Json;
  expect?: Json;
  error?: Json;
  save?: string;
  repeat?: number;
  eventually_ms?: number;
}

interface Scenario {
  name: string;
  needs?: string[];
  clients?: Record<string, Json>;
  steps: Step[];
}

/** The result of a step does not match the scenario. */
class Mismatch extends Error {
  override readonly name = "";
}

class Run {
  readonly #saved = new Map<string, unknown>();
  readonly #tokens = new Map<string, string>();
  readonly #clients = new Map<string, SuppressionClient>();

  constructor(
    readonly server: string,
    readonly control: string,
    readonly scenario: Scenario,
  ) {}

  async run(): Promise<void> {
    const lists = new Map<unknown, string>();
    for (const [name, options] of Object.entries(this.scenario.clients ?? { main: {} })) {
      const token = lists.get(options["list"]) ?? randomUUID();
      lists.set(options["list"], token);
      this.#tokens.set(name, token);
      this.#clients.set(name, newClient(this.server, token, options));
    }
    try {
      for (const [index, step] of this.scenario.steps.entries()) await this.#runStep(index, step);
    } finally {
      for (const client of this.#clients.values()) client.close();
    }
  }

  async #runStep(index: number, step: Step): Promise<void> {
    const deadline = performance.now() + (step.eventually_ms ?? 0);
    for (let times = step.repeat ?? 1; times > 0; ) {
      try {
        await this.#tryStep(step);
        times -= 1;
      } catch (error) {
        if (performance.now() < deadline) await pause(50);
        else throw new Mismatch(`step ${index + 1} (${step.call ?? step.control}): ${error}`);
      }
    }
  }

  async #tryStep(step: Step): Promise<void> {
    const name = step.client ?? "main";
    this.#saved.set("token", this.#tokens.get(name));
    const [result, failure] = await settled(this.#send(step, name));
    if (failure && !step.error) throw failure;
    if (step.error && !failure) throw new Mismatch(`expected an error, got ${JSON.stringify(result)}`);
    const expected = this.#resolved(step.error ?? step.expect ?? {});
    const differs = difference(expected, failure ? errorResult(failure) : result, "");
    if (differs) throw new Mismatch(differs);
    if (step.save) this.#saved.set(step.save, result?.["revision"]);
  }

  async #send(step: Step, name: string): Promise<Json> {
    const input = this.#resolved(step.with ?? {}) as Json;
    if (step.control) return this.#sendControl(step.control, input, this.#tokens.get(name)!);
    const call = CALLS[step.call!];
    if (!call) throw new Error(`unknown call ${step.call}`);
    return call(this.#clients.get(name)!, input);
  }

  async #sendControl(name: string, body: Json, token: string): Promise<Json> {
    const response = await fetch(`http://${this.control}/${name}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(`control: ${JSON.stringify(answer)}`);
    return answer;
  }

  #resolved(value: unknown): unknown {
    if (typeof value === "string" && value.startsWith("$")) return this.#saved.get(value.slice(1));
    if (Array.isArray(value)) return value.map((item) => this.#resolved(item));
    if (typeof value !== "object" || value === null) return value;
    if ("numbered" in value) return numbered(value as unknown as Numbered);
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, this.#resolved(of)]));
  }
}

interface Numbered {
  numbered: string;
  count: number;
  but?: number[];
}

function numbered({ numbered, count, but = [] }: Numbered): string[] {
  const excluded = new Set(but);
  const numbers = Array.from({ length: count }, (_, n) => n).filter((n) => !excluded.has(n));
  return numbers.map((n) => numbered.replaceAll("{n}", String(n)));
}

function newClient(server: string, token: string, options: Json): SuppressionClient {
  const policies = {
    DO_NOT_SEND: "do-not-send",
    SEND: "send",
    SEND_ESSENTIAL: "send-essential",
    RAISE: "throw",
  } as const;
  const defaultTimeout = options["default_timeouts"] ? undefined : 20_000;
  const timeout = (name: string) => (options[name] as number | undefined) ?? defaultTimeout;
  const clientOptions: ClientOptions = {
    whenUnavailable: policies[(options["when_unavailable"] ?? "DO_NOT_SEND") as keyof typeof policies],
    token,
    checkTimeoutMs: timeout("check_timeout_ms"),
    batchTimeoutMs: timeout("batch_timeout_ms"),
    timeoutMs: timeout("timeout_ms"),
    batchParallelism: options["batch_parallelism"] as number | undefined,
    log: () => {},
  };
  return new SuppressionClient(server, clientOptions);
}

const CALLS: Record<string, (client: SuppressionClient, input: Json) => Promise<Json>> = {
  check: async (client, input) => checkResult(await client.check(textOf(input, "address"), mail(input))),
  batch_check: async (client, input) => {
    const checks = await client.batchCheck(input["addresses"] as string[], mail(input));
    return {
      checks: checks.map(checkResult),
      addresses: checks.map(({ address }) => address),
      not_send: checks.flatMap(({ send }, index) => (send ? [] : [index])),
      unanswered: checks.filter(({ answered }) => !answered).length,
      revision: checks[0]?.revision,
    };
  },
  filter: async (client, input) => ({
    addresses: await client.filter(input["addresses"] as string[], mail(input)),
  }),
  suppress: async (client, input) => {
    const entry = {
      ...written(input),
      ttlMs: milliseconds(input["ttl_seconds"]),
      includeSubdomains: input["include_subdomains"] as boolean | undefined,
    };
    const { suppression, created, revision } = await ("domain" in input
      ? client.suppressDomain(textOf(input, "domain"), reasonOf(input)!, entry)
      : client.suppress(textOf(input, "address"), reasonOf(input)!, entry));
    return { suppression: suppression && entryResult(suppression), created, revision };
  },
  unsuppress: async (client, input) => {
    const removal = { ...written(input), reason: reasonOf(input) };
    const { removed, revision } = await ("domain" in input
      ? client.unsuppressDomain(textOf(input, "domain"), removal)
      : client.unsuppress(textOf(input, "address"), removal));
    return { removed: removed.map(entryResult), revision };
  },
  erase: async (client, input) => {
    const { detail } = written(input);
    const done = await client.erase(textOf(input, "address"), { detail });
    return { entries: done.suppressions, events: done.events, revision: done.revision };
  },
  get_address: async (client, input) => {
    const { suppressions, revision } = await ("domain" in input
      ? client.getDomain(textOf(input, "domain"))
      : client.getAddress(textOf(input, "address")));
    return { suppressions: suppressions.map(entryResult), revision };
  },
  list_changes: async (client, input) => {
    const { changes, throughRevision } = await client.listChanges({
      afterRevision: input["after_revision"] as string | undefined,
      pageSize: input["page_size"] as number | undefined,
      maxWaitMs: input["max_wait_ms"] as number | undefined,
    });
    return { changes: changes.map(entryResult), revision: throughRevision };
  },
  unanswered: async (client) => ({ unanswered: client.unanswered }),
};

function textOf(input: Json, name: string): string {
  return input[name] as string;
}

function mail(input: Json) {
  return {
    stream: input["stream"] as string | undefined,
    mailClass: input["mail_class"] as never && MailClass[input["mail_class"] as never],
    minRevision: input["min_revision"] as string | undefined,
  };
}

function written(input: Json) {
  const [stream, source, detail] = ["stream", "source", "detail"].map((name) => input[name]);
  return { stream, source, detail } as { stream?: string; source?: string; detail?: string };
}

function reasonOf(input: Json): Reason | undefined {
  return input["reason"] === undefined ? undefined : Reason[input["reason"] as keyof typeof Reason];
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}

function checkResult({ address, send, verdict, reason, answered, revision }: Check): Json {
  return { address, send, verdict: Verdict[verdict] ?? "UNKNOWN", reason: named(reason), answered, revision };
}

function entryResult(of: Suppression): Json {
  const { address, stream, reason, source, detail, occurrences, expireTime, removedTime } = of;
  return {
    ...{ address, stream, reason: named(reason), source, detail, occurrences },
    domain: of.domain,
    include_subdomains: of.includeSubdomains,
    expires: expireTime !== undefined,
    removed: removedTime !== undefined,
    removed_by: of.removedBy,
    removal_detail: of.removalDetail,
  };
}

function named(reason: Reason): string {
  return Reason[reason] ?? "UNKNOWN";
}

function errorResult(error: CallError): Json {
  return {
    code: error.code,
    reason: error.reason,
    fields: error.violations.map(({ field }) => field),
    refused: error instanceof RefusedError,
  };
}

async function settled(result: Promise<Json>): Promise<[Json?, CallError?]> {
  try {
    return [await result];
  } catch (error) {
    if (error instanceof CallError) return [undefined, error];
    throw error;
  }
}

/** Describes the first mismatch; "" if there is none. */
function difference(expected: unknown, actual: unknown, path: string): string {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (expected.length !== actual.length) {
      return `${path || "result"}: expected ${expected.length} items, got ${actual.length}`;
    }
    return first(expected.map((item, i) => () => difference(item, actual[i], `${path}[${i}]`)));
  }
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    return isDeepStrictEqual(expected, actual) ? "" : mismatch(path, expected, actual);
  }
  if ("between" in expected) {
    const [low, high] = expected.between as [number, number];
    const within = typeof actual === "number" && low <= actual && actual <= high;
    return within ? "" : mismatch(path, expected, actual);
  }
  if (typeof actual !== "object" || actual === null) return mismatch(path, expected, actual);
  const members = Object.entries(expected);
  return first(members.map(([name, of]) => () => difference(of, (actual as Json)[name], `${path}.${name}`)));
}

function first(comparisons: (() => string)[]): string {
  for (const compare of comparisons) {
    const differs = compare();
    if (differs) return differs;
  }
  return "";
}

function mismatch(path: string, expected: unknown, actual: unknown): string {
  return `${path || "result"}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
}

/**
 * Runs one scenario in a worker thread, which has its own instance of the gRPC library. gRPC throttles
 * retries per server, so otherwise the failures of one scenario would affect the retries of the next.
 */
async function runInThread(server: string, control: string, scenario: Scenario): Promise<string> {
  const thread = new Worker(new URL(import.meta.url), { workerData: { server, control, scenario } });
  const [detail] = (await once(thread, "message")) as [string];
  await thread.terminate();
  return detail;
}

async function main([server, control, folder, ...names]: string[]): Promise<number> {
  if (!server || !control || !folder) throw new Error("usage: run SERVER CONTROL SCENARIOS [NAME…]");
  let failed = 0;
  for (const scenario of scenariosIn(folder)) {
    if (names.length > 0 && !names.includes(scenario.name)) continue;
    const detail = await runInThread(server, control, scenario);
    const result = detail ? "FAIL" : "ok";
    failed += detail ? 1 : 0;
    console.log(JSON.stringify({ runner: "typescript", scenario: scenario.name, result, detail }));
    console.error(detail ? `FAIL ${scenario.name}: ${detail}` : `ok ${scenario.name}`);
  }
  return failed ? 1 : 0;
}

function scenariosIn(folder: string): Scenario[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8"));
  return texts.flatMap((text) => (JSON.parse(text) as { scenarios: Scenario[] }).scenarios);
}

if (parentPort) {
  const { server, control, scenario } = workerData as Record<string, string> & { scenario: Scenario };
  const detail = await new Run(server!, control!, scenario).run().then(() => "", String);
  parentPort.postMessage(detail);
} else {
  process.exitCode = await main(process.argv.slice(2));
}
