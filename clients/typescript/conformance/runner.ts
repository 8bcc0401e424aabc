// Runs the scenarios of clients/conformance through this client; the format is described there.
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

/** A step that came to something else than it should. */
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

  async play(): Promise<void> {
    const lists = new Map<unknown, string>();
    for (const [name, options] of Object.entries(this.scenario.clients ?? { main: {} })) {
      const token = lists.get(options["list"]) ?? randomUUID();
      lists.set(options["list"], token);
      this.#tokens.set(name, token);
      this.#clients.set(name, clientWith(this.server, token, options));
    }
    try {
      for (const [index, step] of this.scenario.steps.entries()) await this.#step(index, step);
    } finally {
      for (const client of this.#clients.values()) client.close();
    }
  }

  async #step(index: number, step: Step): Promise<void> {
    const until = performance.now() + (step.eventually_ms ?? 0);
    for (let times = step.repeat ?? 1; times > 0; ) {
      try {
        await this.#once(step);
        times -= 1;
      } catch (error) {
        if (performance.now() < until) await pause(50);
        else throw new Mismatch(`step ${index + 1} (${step.call ?? step.control}): ${error}`);
      }
    }
  }

  async #once(step: Step): Promise<void> {
    const name = step.client ?? "main";
    this.#saved.set("token", this.#tokens.get(name));
    const [outcome, failure] = await settled(this.#outcome(step, name));
    if (failure && !step.error) throw failure;
    if (step.error && !failure) throw new Mismatch(`no error, but ${JSON.stringify(outcome)}`);
    const expected = this.#resolved(step.error ?? step.expect ?? {});
    const differs = difference(expected, failure ? described(failure) : outcome, "");
    if (differs) throw new Mismatch(differs);
    if (step.save) this.#saved.set(step.save, outcome?.["revision"]);
  }

  async #outcome(step: Step, name: string): Promise<Json> {
    const given = this.#resolved(step.with ?? {}) as Json;
    if (step.control) return this.#tell(step.control, given, this.#tokens.get(name)!);
    const call = CALLS[step.call!];
    if (!call) throw new Error(`this client has no ${step.call}`);
    return call(this.#clients.get(name)!, given);
  }

  async #tell(name: string, body: Json, token: string): Promise<Json> {
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
  const without = new Set(but);
  const numbers = Array.from({ length: count }, (_, n) => n).filter((n) => !without.has(n));
  return numbers.map((n) => numbered.replaceAll("{n}", String(n)));
}

function clientWith(server: string, token: string, options: Json): SuppressionClient {
  const choices = { DO_NOT_SEND: "do-not-send", SEND: "send", RAISE: "throw" } as const;
  const patience = options["default_timeouts"] ? undefined : 20_000;
  const limit = (name: string) => (options[name] as number | undefined) ?? patience;
  const made: ClientOptions = {
    whenUnavailable: choices[(options["when_unavailable"] ?? "DO_NOT_SEND") as keyof typeof choices],
    token,
    checkTimeoutMs: limit("check_timeout_ms"),
    batchTimeoutMs: limit("batch_timeout_ms"),
    timeoutMs: limit("timeout_ms"),
    batchParallelism: options["batch_parallelism"] as number | undefined,
    log: () => {},
  };
  return new SuppressionClient(server, made);
}

const CALLS: Record<string, (client: SuppressionClient, given: Json) => Promise<Json>> = {
  check: async (client, given) => checked(await client.check(textOf(given, "address"), mail(given))),
  batch_check: async (client, given) => {
    const checks = await client.batchCheck(given["addresses"] as string[], mail(given));
    return {
      checks: checks.map(checked),
      addresses: checks.map(({ address }) => address),
      not_send: checks.flatMap(({ send }, index) => (send ? [] : [index])),
      unanswered: checks.filter(({ answered }) => !answered).length,
      revision: checks[0]?.revision,
    };
  },
  filter: async (client, given) => ({
    addresses: await client.filter(given["addresses"] as string[], mail(given)),
  }),
  suppress: async (client, given) => {
    const { suppression, created, revision } = await client.suppress(
      textOf(given, "address"),
      reasonOf(given)!,
      { ...written(given), ttlMs: milliseconds(given["ttl_seconds"]) },
    );
    return { suppression: suppression && entry(suppression), created, revision };
  },
  unsuppress: async (client, given) => {
    const removal = { ...written(given), reason: reasonOf(given) };
    const { removed, revision } = await client.unsuppress(textOf(given, "address"), removal);
    return { removed: removed.map(entry), revision };
  },
  erase: async (client, given) => {
    const { detail } = written(given);
    const done = await client.erase(textOf(given, "address"), { detail });
    return { entries: done.suppressions, events: done.events, revision: done.revision };
  },
  get_address: async (client, given) => {
    const { suppressions, revision } = await client.getAddress(textOf(given, "address"));
    return { suppressions: suppressions.map(entry), revision };
  },
  list_changes: async (client, given) => {
    const { changes, throughRevision } = await client.listChanges({
      afterRevision: given["after_revision"] as string | undefined,
      pageSize: given["page_size"] as number | undefined,
      maxWaitMs: given["max_wait_ms"] as number | undefined,
    });
    return { changes: changes.map(entry), revision: throughRevision };
  },
  unanswered: async (client) => ({ unanswered: client.unanswered }),
};

function textOf(given: Json, name: string): string {
  return given[name] as string;
}

function mail(given: Json) {
  return {
    stream: given["stream"] as string | undefined,
    mailClass: given["mail_class"] as never && MailClass[given["mail_class"] as never],
    minRevision: given["min_revision"] as string | undefined,
  };
}

function written(given: Json) {
  const [stream, source, detail] = ["stream", "source", "detail"].map((name) => given[name]);
  return { stream, source, detail } as { stream?: string; source?: string; detail?: string };
}

function reasonOf(given: Json): Reason | undefined {
  return given["reason"] === undefined ? undefined : Reason[given["reason"] as keyof typeof Reason];
}

function milliseconds(seconds: unknown): number | undefined {
  return typeof seconds === "number" ? seconds * 1000 : undefined;
}

function checked({ address, send, verdict, reason, answered, revision }: Check): Json {
  return { address, send, verdict: Verdict[verdict] ?? "UNKNOWN", reason: named(reason), answered, revision };
}

function entry(of: Suppression): Json {
  const { address, stream, reason, source, detail, occurrences, expireTime, removedTime } = of;
  return {
    ...{ address, stream, reason: named(reason), source, detail, occurrences },
    expires: expireTime !== undefined,
    removed: removedTime !== undefined,
    removed_by: of.removedBy,
    removal_detail: of.removalDetail,
  };
}

function named(reason: Reason): string {
  return Reason[reason] ?? "UNKNOWN";
}

function described(error: CallError): Json {
  return {
    code: error.code,
    reason: error.reason,
    fields: error.violations.map(({ field }) => field),
    refused: error instanceof RefusedError,
  };
}

async function settled(outcome: Promise<Json>): Promise<[Json?, CallError?]> {
  try {
    return [await outcome];
  } catch (error) {
    if (error instanceof CallError) return [undefined, error];
    throw error;
  }
}

/** Returns where `found` does not match, and "" if it does. */
function difference(expected: unknown, found: unknown, path: string): string {
  if (Array.isArray(expected) && Array.isArray(found)) {
    if (expected.length !== found.length) {
      return `${path || "it"} has ${found.length} items instead of ${expected.length}`;
    }
    return first(expected.map((item, i) => () => difference(item, found[i], `${path}[${i}]`)));
  }
  if (typeof expected !== "object" || expected === null || Array.isArray(expected)) {
    return isDeepStrictEqual(expected, found) ? "" : said(path, expected, found);
  }
  if ("between" in expected) {
    const [low, high] = expected.between as [number, number];
    const within = typeof found === "number" && low <= found && found <= high;
    return within ? "" : said(path, expected, found);
  }
  if (typeof found !== "object" || found === null) return said(path, expected, found);
  const members = Object.entries(expected);
  return first(members.map(([name, of]) => () => difference(of, (found as Json)[name], `${path}.${name}`)));
}

function first(looks: (() => string)[]): string {
  for (const look of looks) {
    const differs = look();
    if (differs) return differs;
  }
  return "";
}

function said(path: string, expected: unknown, found: unknown): string {
  return `${path || "it"}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
}

/**
 * Plays one scenario in a thread of its own: gRPC throttles retries for each server and process, and
 * the outage of one scenario is not to spoil the retries of the next.
 */
async function played(server: string, control: string, scenario: Scenario): Promise<string> {
  const thread = new Worker(new URL(import.meta.url), { workerData: { server, control, scenario } });
  const [detail] = (await once(thread, "message")) as [string];
  await thread.terminate();
  return detail;
}

async function main([server, control, folder, ...names]: string[]): Promise<number> {
  if (!server || !control || !folder) throw new Error("run SERVER CONTROL SCENARIOS [NAME…]");
  let failed = 0;
  for (const scenario of scenariosIn(folder)) {
    if (names.length > 0 && !names.includes(scenario.name)) continue;
    const detail = await played(server, control, scenario);
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
  const detail = await new Run(server!, control!, scenario).play().then(() => "", String);
  parentPort.postMessage(detail);
} else {
  process.exitCode = await main(process.argv.slice(2));
}
