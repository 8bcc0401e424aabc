import { once } from "node:events";

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, type ClientUnaryCall, Metadata } from "@grpc/grpc-js";

import {
  channelCredentials,
  channelOptions,
  type ConnectionOptions,
  firstAttempt,
  requireSafe,
} from "./connection.js";
import { ClientClosedError, errorFrom } from "./errors.js";

/** Carries calls through one channel, which connects at the first of them. */
export class Transport {
  readonly #channel: Client;
  readonly #metadata = new Metadata();
  readonly #underWay = new Set<ClientUnaryCall>();
  readonly #connectTimeoutMs: number;
  #connected: Promise<void> | undefined;
  #closed = false;

  constructor(server: string, options: ConnectionOptions) {
    requireSafe(server, options);
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 2_000;
    this.#channel = new Client(server, channelCredentials(options), channelOptions(server));
    if (options.token !== undefined) {
      this.#metadata.set("authorization", `Bearer ${options.token}`);
    }
  }

  /**
   * Makes one call.
   *
   * @throws CallError if it failed, ClientClosedError, or the reason of the signal.
   */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    if (this.#closed) throw new ClientClosedError("the client is closed");
    signal?.throwIfAborted();
    // Here and not by gRPC, to which a request that cannot be written is a failure of the service.
    const written = Buffer.from(toBinary(method.input, create(method.input, request)));
    await this.#firstAttempt(signal);
    if (this.#closed) throw new ClientClosedError("the client was closed during the call");
    return new Promise((resolve, reject) => {
      const call = this.#channel.makeUnaryRequest<Buffer, MessageShape<O>>(
        `/${method.parent.typeName}/${method.name}`,
        (bytes) => bytes,
        (bytes) => fromBinary(method.output, bytes),
        written,
        this.#metadata,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          this.#underWay.delete(call);
          if (response !== undefined && !error) return resolve(response);
          if (this.#closed) reject(new ClientClosedError("the client was closed during the call"));
          else if (signal?.aborted) reject(signal.reason);
          else if (error) reject(errorFrom(error));
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener("abort", cancel);
      this.#underWay.add(call);
    });
  }

  // In a process that has just started, connecting can take longer than a check may.
  async #firstAttempt(signal: AbortSignal | undefined): Promise<void> {
    this.#connected ??= firstAttempt(this.#channel.getChannel(), this.#connectTimeoutMs);
    if (!signal) return this.#connected;
    const over = new AbortController();
    try {
      await Promise.race([this.#connected, once(signal, "abort", { signal: over.signal })]);
    } finally {
      over.abort();
    }
    signal.throwIfAborted();
  }

  /** Closes the connection. Calls under way fail; closing again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#underWay) call.cancel();
    this.#channel.close();
  }
}
