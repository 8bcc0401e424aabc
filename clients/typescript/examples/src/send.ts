// Sends a password reset to one address, unless the address must not be mailed:
//
//   SES_FROM=us@example.com SES_CONFIGURATION_SET=transactional node build/send.js jane@example.com
//
// Exits with status 1 if the address must not be mailed.
import { MailClass, Reason, SuppressionClient } from "@suppression-service/client";

import { Sender } from "./ses.js";

const [to] = process.argv.slice(2);
if (!to) throw new Error("usage: send ADDRESS");

const sender = new Sender();
// The recipient waits for this mail, so it is sent when the service is unavailable. A new process must
// connect first, so it needs a longer timeout than a long-running one.
const server = process.env["SUPPRESSION_SERVER"] ?? "127.0.0.1:50051";
const client = new SuppressionClient(server, { whenUnavailable: "send", checkTimeoutMs: 5_000 });

const mail = { stream: "transactional", mailClass: MailClass.ESSENTIAL };
const check = await client.check(to, mail);
if (check.send) {
  await sender.send(to, "Your new password", "Choose it within the next hour.");
} else {
  console.log("not sent:", Reason[check.reason] ?? check.reason);
  process.exitCode = 1;
}
client.close();
