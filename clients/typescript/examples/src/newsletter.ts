// Mails a newsletter to the addresses on standard input, one a line, but for those that must not be
// mailed:
//
//   SES_FROM=us@example.com SES_CONFIGURATION_SET=news node build/newsletter.js <subscribers.txt >later.txt
//
// Addresses that the service could not be asked about are printed, to be the input of another run; exits
// with 1 if there are any.
import { createInterface } from "node:readline";

import { SuppressionClient } from "@suppression-service/client";

import { Sender } from "./ses.js";

// The list changes while the run goes on, so it is asked about a part of the run at a time.
const PART = 1_000;

const sender = new Sender();
// A newsletter can wait: it is held while the service cannot be asked, and that has time to answer.
const server = process.env["SUPPRESSION_SERVER"] ?? "127.0.0.1:50051";
const client = new SuppressionClient(server, { whenUnavailable: "do-not-send", batchTimeoutMs: 10_000 });

const tally = { sent: 0, suppressed: 0, refused: 0 };

async function mailAll(addresses: string[]): Promise<void> {
  for (const check of await client.batchCheck(addresses, { stream: "newsletter" })) {
    if (check.send) await mail(check.address);
    else if (check.answered) tally.suppressed += 1;
    else console.log(check.address);
  }
}

async function mail(to: string): Promise<void> {
  try {
    await sender.send(to, "News", "This happened in November.");
    tally.sent += 1;
  } catch {
    // The text of the error can hold the address.
    tally.refused += 1;
  }
}

let part: string[] = [];
for await (const address of createInterface({ input: process.stdin })) {
  part.push(address);
  if (part.length < PART) continue;
  await mailAll(part);
  part = [];
}
await mailAll(part);

const { sent, suppressed, refused } = tally;
const later = client.unanswered;
console.error(`${sent} sent, ${suppressed} not to be mailed, ${later} for later, ${refused} refused by SES`);
process.exitCode = later > 0 ? 1 : 0;
client.close();
