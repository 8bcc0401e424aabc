import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  status,
} from "@grpc/grpc-js";

import { Reason, Verdict } from "../src/gen/suppression/v1/suppression_pb.js";
import { SuppressionService } from "../src/gen/suppression/v1/suppression_service_pb.js";

type Json = Record<string, unknown>;

interface Failure {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

/**
 * A gRPC server on loopback for tests. It records requests and can fail on demand. It answers SEND,
 * except for addresses that begin with "no".
 */
export class Service {
  readonly requests: { method: string; request: Json }[] = [];
  readonly tokens: string[] = [];
  failures: Failure[] = [];
  hang = false;
  verdict: number = Verdict.SEND;
  droppedVerdicts = 0;
  address = "";
  readonly #server = new Server({ "grpc.max_receive_message_length": 8 * 1024 * 1024 });

  static async start(where = "127.0.0.1:0", credentials?: ServerCredentials): Promise<Service> {
    const service = new Service();
    await service.#listen(where, credentials ?? ServerCredentials.createInsecure());
    return service;
  }

  async #listen(where: string, credentials: ServerCredentials): Promise<void> {
    const methods = SuppressionService.methods.map((method) => [method.name, definition(method)]);
    const handlers = SuppressionService.methods.map((method) => [method.name, this.#handle(method)]);
    this.#server.addService(Object.fromEntries(methods), Object.fromEntries(handlers));
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(where, credentials, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    this.address = `127.0.0.1:${port}`;
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  failNext(times: number, code: status, details?: Buffer): void {
    const metadata = new Metadata();
    if (details) metadata.set("grpc-status-details-bin", details);
    this.failures = Array.from({ length: times }, () => ({ code, details: "message", metadata }));
  }

  /** The min_revision of each check so far. */
  get revisions(): unknown[] {
    return this.requests
      .filter(({ method }) => method === "CheckAddress")
      .map(({ request }) => request["minRevision"]);
  }

  #handle(method: DescMethod) {
    return (call: ServerUnaryCall<Json, Json>, respond: sendUnaryData<Json>): void => {
      this.requests.push({ method: method.name, request: call.request });
      this.tokens.push(...call.metadata.get("authorization").map(String));
      const failure = this.failures.shift();
      if (failure) respond(failure);
      else if (!this.hang) respond(null, this.#answer(method.name, call.request));
    };
  }

  #answer(method: string, request: Json): Json {
    if (method === "CheckAddress") return { ...this.#decide(String(request["address"])), revision: "r" };
    if (method === "BatchCheck") return this.#decideAll(request["addresses"] as string[]);
    return { revision: method === "Suppress" ? "w1" : "w2" };
  }

  #decide(address: string): { verdict: number; reason: Reason } {
    return address.startsWith("no")
      ? { verdict: Verdict.DO_NOT_SEND, reason: Reason.HARD_BOUNCE }
      : { verdict: this.verdict, reason: Reason.UNSPECIFIED };
  }

  #decideAll(addresses: string[]): Json {
    const answers = addresses.map((address, index) => ({ index, ...this.#decide(address) }));
    return {
      verdicts: answers.map(({ verdict }) => verdict).slice(this.droppedVerdicts),
      matches: answers.filter(({ reason }) => reason).map(({ index, reason }) => ({ index, reason })),
      revision: "r",
    };
  }
}

function definition({ parent, name, input, output }: DescMethod) {
  return {
    path: `/${parent.typeName}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: Json) => Buffer.from(toBinary(input, create(input, message))),
    requestDeserialize: (bytes: Buffer) => fromBinary(input, bytes) as unknown as Json,
    responseSerialize: (message: Json) => Buffer.from(toBinary(output, create(output, message))),
    responseDeserialize: (bytes: Buffer) => fromBinary(output, bytes) as unknown as Json,
  };
}
