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
  connectOnce,
  requireSafe,
} from "./connection.js";
import { ClientClosedError, errorFrom } from "./errors.js";

/** Makes calls on one gRPC channel. It connects on the first call. */
export class Transport {
  readonly #channel: Client;
  readonly #metadata = new Metadata();
  readonly #inProgress = new Set<ClientUnaryCall>();
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
   * @throws CallError if the call fails, ClientClosedError, or the reason of the signal.
   */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<MessageShape<O>> {
    if (this.#closed) throw new ClientClosedError("the client is closed");
    signal?.throwIfAborted();
    // Encoded here, because gRPC reports a request that it cannot encode as a failure of the service.
    const encoded = Buffer.from(toBinary(method.input, create(method.input, request)));
    await this.#connectOnce(signal);
    if (this.#closed) throw new ClientClosedError("the client was closed during the call");
    return new Promise((resolve, reject) => {
      const call = this.#channel.makeUnaryRequest<Buffer, MessageShape<O>>(
        `/${method.parent.typeName}/${method.name}`,
        (bytes) => bytes,
        (bytes) => fromBinary(method.output, bytes),
        encoded,
        this.#metadata,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          this.#inProgress.delete(call);
          if (response !== undefined && !error) return resolve(response);
          if (this.#closed) reject(new ClientClosedError("the client was closed during the call"));
          else if (signal?.aborted) reject(signal.reason);
          else if (error) reject(errorFrom(error));
        },
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener("abort", cancel);
      this.#inProgress.add(call);
    });
  }

  // In a new process, connecting can take longer than the deadline of a check.
  async #connectOnce(signal: AbortSignal | undefined): Promise<void> {
    this.#connected ??= connectOnce(this.#channel.getChannel(), this.#connectTimeoutMs);
    if (!signal) return this.#connected;
    const done = new AbortController();
    try {
      await Promise.race([this.#connected, once(signal, "abort", { signal: done.signal })]);
    } finally {
      done.abort();
    }
    signal.throwIfAborted();
  }

  /** Closes the connection. Calls in progress fail. A second `close` does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#inProgress) call.cancel();
    this.#channel.close();
  }
}
