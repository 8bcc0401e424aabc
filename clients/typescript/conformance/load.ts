// Asks through one client until standard input ends; clients/conformance says how it reports.
import { setTimeout as pause } from "node:timers/promises";

import { CallError, SuppressionClient } from "../src/index.js";

const CALLERS = 4;
const PAUSE_MS = 10;
/** How many checks come before those that count. */
const WARM_UP = 100;

const client = new SuppressionClient(`ipv4:${process.argv.slice(2).join(",")}`, {
  whenUnavailable: "throw",
  // The client does not look into a list of addresses for whether they are loopback.
  insecure: true,
});
const came = { answered: 0, failed: {} as Record<string, number>, slowest_ms: 0 };
let before = 0;
let over = false;

async function askOn(): Promise<void> {
  while (!over) {
    const began = performance.now();
    count(await failureOf(client.check("jane@example.com")), performance.now() - began);
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
  if (before < WARM_UP) {
    if (++before === WARM_UP) console.log("asking");
    return;
  }
  came.slowest_ms = Math.max(came.slowest_ms, tookMs);
  if (failure) came.failed[failure] = (came.failed[failure] ?? 0) + 1;
  else came.answered += 1;
}

process.stdin.on("end", () => (over = true)).resume();
await Promise.all(Array.from({ length: CALLERS }, askOn));
client.close();
console.log(JSON.stringify(came));
