// Sends a newsletter to the addresses on standard input, one per line. Skips addresses that must not be
// mailed:
//
//   SES_FROM=us@example.com SES_CONFIGURATION_SET=news node build/newsletter.js <subscribers.txt >unchecked.txt
//
// Prints the addresses that could not be checked because the service was unavailable. Use them as the
// input of another run. Exits with status 1 if there are any.
import { createInterface } from "node:readline";

import { SuppressionClient } from "@suppression-service/client";

import { Sender } from "./ses.js";

// The list can change during a run, so the addresses are checked in chunks.
const CHUNK_SIZE = 1_000;

const sender = new Sender();
// A newsletter can wait: do not send while the service is unavailable, and use a long timeout.
const server = process.env["SUPPRESSION_SERVER"] ?? "127.0.0.1:50051";
const client = new SuppressionClient(server, { whenUnavailable: "do-not-send", batchTimeoutMs: 10_000 });

const counts = { sent: 0, suppressed: 0, rejected: 0 };

async function sendChunk(addresses: string[]): Promise<void> {
  for (const check of await client.batchCheck(addresses, { stream: "newsletter" })) {
    if (check.send) await send(check.address);
    else if (check.answered) counts.suppressed += 1;
    else console.log(check.address);
  }
}

async function send(to: string): Promise<void> {
  try {
    await sender.send(to, "News", "This happened in November.");
    counts.sent += 1;
  } catch {
    // Do not log the error: its message can contain the address.
    counts.rejected += 1;
  }
}

let chunk: string[] = [];
for await (const address of createInterface({ input: process.stdin })) {
  chunk.push(address);
  if (chunk.length < CHUNK_SIZE) continue;
  await sendChunk(chunk);
  chunk = [];
}
await sendChunk(chunk);

const { sent, suppressed, rejected } = counts;
const unchecked = client.unanswered;
console.error(`${sent} sent, ${suppressed} suppressed, ${unchecked} unchecked, ${rejected} rejected by SES`);
process.exitCode = unchecked > 0 ? 1 : 0;
client.close();
