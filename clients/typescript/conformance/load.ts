// Sends checks through one client until standard input ends. The README of clients/conformance
// describes the output.
import { setTimeout as pause } from "node:timers/promises";

import { CallError, SuppressionClient } from "../src/index.js";

const CALLERS = 4;
const PAUSE_MS = 10;
/** Number of checks before counting starts. */
const WARM_UP = 100;

const client = new SuppressionClient(`ipv4:${process.argv.slice(2).join(",")}`, {
  whenUnavailable: "throw",
  // The client does not recognise a list of loopback addresses.
  insecure: true,
});
const stats = { answered: 0, failed: {} as Record<string, number>, slowest_ms: 0 };
let warmed = 0;
let stopped = false;

async function sendChecks(): Promise<void> {
  while (!stopped) {
    const start = performance.now();
    count(await failureOf(client.check("jane@example.com")), performance.now() - start);
    await pause(PAUSE_MS);
  }
}

async function failureOf(check: Promise<unknown>): Promise<string> {
  try {
    await check;
    return "";
  } catch (error) {
    return error instanceof CallError ? error.code : String(error);
  }
}

function count(failure: string, tookMs: number): void {
  if (warmed < WARM_UP) {
    if (++warmed === WARM_UP) console.log("ready");
    return;
  }
  stats.slowest_ms = Math.max(stats.slowest_ms, tookMs);
  if (failure) stats.failed[failure] = (stats.failed[failure] ?? 0) + 1;
  else stats.answered += 1;
}

process.stdin.on("end", () => (stopped = true)).resume();
await Promise.all(Array.from({ length: CALLERS }, sendChecks));
client.close();
console.log(JSON.stringify(stats));
