import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

// The fake service of the client's tests: addresses that begin with "no" are suppressed.
import { Service } from "../../build/test/service.js";

interface Mail {
  ConfigurationSetName: string;
  Destination: { ToAddresses: string[] };
}

let service: Service;
let ses: Server;
let mails: Mail[];
let endpoint: string;

before(async () => {
  service = await Service.start();
  ses = createServer(async (request, response) => {
    mails.push(JSON.parse(await text(request)) as Mail);
    response.end('{"MessageId": "m"}');
  });
  await new Promise<void>((resolve) => ses.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(ses.address() as { port: number }).port}`;
});
beforeEach(() => {
  mails = [];
});
after(() => {
  service.stop();
  ses.close();
});

async function run(program: string, input: string, server: string, ...args: string[]) {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const env = {
    PATH: process.env["PATH"],
    SUPPRESSION_SERVER: server,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
    SES_FROM: "us@example.com",
    SES_CONFIGURATION_SET: "news",
  };
  const child = spawn(process.execPath, [path, ...args], { env });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const [status, output] = await Promise.all([ended, text(child.stdout)]);
  return { status, output, to: mails.map((mail) => mail.Destination.ToAddresses[0]) };
}

test("a mail is sent with the configuration set", async () => {
  const { status, to } = await run("send.js", "", service.address, "jane@example.com");

  assert.deepEqual([status, to], [0, ["jane@example.com"]]);
  assert.equal(mails[0]!.ConfigurationSetName, "news");
});

test("a mail to a suppressed address is not sent", async () => {
  const { status, output, to } = await run("send.js", "", service.address, "no@example.com");

  assert.deepEqual([status, output, to], [1, "not sent: HARD_BOUNCE\n", []]);
});

test("a newsletter skips suppressed addresses", async () => {
  const { status, to } = await run("newsletter.js", "a@example.com\nno@example.com\nb@example.com\n", service.address);

  assert.deepEqual([status, to], [0, ["a@example.com", "b@example.com"]]);
});

test("a newsletter is not sent when the service is unavailable", async () => {
  const { status, output, to } = await run("newsletter.js", "a@example.com\n", "127.0.0.1:1");

  assert.deepEqual([status, output, to], [1, "a@example.com\n", []]);
});
