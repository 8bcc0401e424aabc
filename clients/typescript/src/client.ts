import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";

import { type Check, checkFrom, checksFrom, plain, type Suppression } from "./answers.js";
import { ConfigurationError, RefusedError, UnavailableError } from "./errors.js";
import { EventSchema, type Reason, SuppressionSchema } from "./gen/suppression/v1/suppression_pb.js";
import { SuppressionService } from "./gen/suppression/v1/suppression_service_pb.js";
import type {
  AddressHistory,
  CallOptions,
  Changes,
  ChangesQuery,
  ClientOptions,
  Entry,
  Erased,
  Erasure,
  Mail,
  Removal,
  Suppressed,
  Unsuppressed,
} from "./options.js";
import { Policy } from "./policy.js";
import { Transport } from "./transport.js";

/** How many addresses the service takes in one call. */
export const MAX_BATCH = 10_000;

const rpc = SuppressionService.method;

/**
 * Asks before each mail, and changes the list.
 *
 * Keep one for the life of a process. It connects at its first call.
 *
 * Checks carry the revision of this client's newest write, so that they see it on every replica. The
 * newest is the one that was answered last: of writes that overlap, hand the revision of the one that
 * matters to the check as `minRevision`.
 *
 * Every method throws `RefusedError` for what the service refuses, and `ClientClosedError` after
 * `close`. While the service cannot be asked, checks do as `whenUnavailable` says; everything else
 * throws `UnavailableError`.
 */
export class SuppressionClient {
  readonly #transport: Transport;
  readonly #policy: Policy;
  readonly #limits: { check: number; batch: number; other: number; parallelism: number };
  #newestWrite: string | undefined;

  /**
   * Makes a client; nothing is connected yet.
   *
   * @param server `host:port`, `dns:///host:port` to spread over all addresses of a name, or
   *   `unix:/path`.
   * @throws ConfigurationError if the options do not go together, or are not safe.
   */
  constructor(server: string, options: ClientOptions) {
    const { checkTimeoutMs, batchTimeoutMs, timeoutMs, batchParallelism } = options ?? {};
    this.#limits = {
      check: checkTimeoutMs ?? 250,
      batch: batchTimeoutMs ?? 1_000,
      other: timeoutMs ?? 5_000,
      parallelism: batchParallelism ?? 4,
    };
    const positive = [...Object.values(this.#limits), options?.connectTimeoutMs ?? 1];
    if (!positive.every((limit) => limit > 0)) {
      throw new ConfigurationError("time-outs and batchParallelism must be positive");
    }
    this.#policy = new Policy(options?.whenUnavailable, options?.log ?? console.warn);
    this.#transport = new Transport(server, options);
  }

  /** How many addresses the policy decided about so far, for want of an answer. */
  get unanswered(): number {
    return this.#policy.unanswered;
  }

  /** Closes the connection. Calls under way fail; closing again does nothing. */
  close(): void {
    this.#transport.close();
  }

  /** Asks whether one address may be mailed. Text that is no address is answered, not thrown. */
  async check(address: string, mail: Mail = {}): Promise<Check> {
    const { stream, mailClass, signal } = mail;
    try {
      const response = await this.#fresh(mail.minRevision, (minRevision) => {
        const request = { address: onWire(address), stream, mailClass, minRevision };
        return this.#transport.call(rpc.checkAddress, request, this.#limits.check, signal);
      });
      return checkFrom(address, response);
    } catch (error) {
      return this.#standIn([address], error)[0]!;
    }
  }

  /**
   * Asks about any number of addresses; the answers are in their order.
   *
   * Every 10,000 addresses are one call with a deadline of its own, several under way at a time. Each
   * call is answered at one revision, but two calls can be answered at two, and one can go unanswered
   * without the others. The first error ends it all.
   */
  async batchCheck(addresses: Iterable<string>, mail: Mail = {}): Promise<Check[]> {
    const pieces = split(addresses);
    const answers: Check[][] = [];
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(mail.signal ? [mail.signal] : [])]);
    const rest = pieces.entries();
    const work = async (): Promise<void> => {
      for (const [index, piece] of rest) {
        answers[index] = await this.#piece(piece, { ...mail, signal });
      }
    };
    const workers = Array.from({ length: Math.min(this.#limits.parallelism, pieces.length) }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      failed.abort(error);
      throw error;
    }
    return answers.flat();
  }

  /** Returns the addresses that may be mailed, in their order. */
  async filter(addresses: Iterable<string>, mail: Mail = {}): Promise<string[]> {
    const checks = await this.batchCheck(addresses, mail);
    return checks.filter((check) => check.send).map((check) => check.address);
  }

  /** Puts an address on the list. Idempotent; returns once the entry is durable. */
  async suppress(address: string, reason: Reason, entry: Entry = {}): Promise<Suppressed> {
    const { stream, source, detail, ttlMs, signal } = entry;
    const ttl = ttlMs === undefined ? undefined : durationFromMs(ttlMs);
    const request = { address: onWire(address), reason, stream, source, detail, ttl };
    const response = await this.#call(rpc.suppress, request, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    const { suppression, created, revision } = response;
    return { suppression: suppression && plain(SuppressionSchema, suppression), created, revision };
  }

  /** Takes entries of an address off the list. Idempotent. */
  async unsuppress(address: string, removal: Removal = {}): Promise<Unsuppressed> {
    const { reason, stream, source, detail, signal } = removal;
    const request = { address: onWire(address), reason, stream, source, detail };
    const response = await this.#call(rpc.unsuppress, request, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    return { removed: response.removed.map(entryFrom), revision: response.revision };
  }

  /**
   * Has a person forgotten; the address stays blocked as it is. Idempotent.
   *
   * Entries keep a keyed hash instead of the address, and no text but `detail`.
   */
  async erase(address: string, erasure: Erasure = {}): Promise<Erased> {
    const { detail, signal } = erasure;
    const response = await this.#call(rpc.eraseAddress, { address: onWire(address), detail }, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    const { suppressions, events, revision } = response;
    return { suppressions, events, revision };
  }

  /** Returns every entry and the feedback of one address. */
  async getAddress(address: string, { signal }: CallOptions = {}): Promise<AddressHistory> {
    const { suppressions, events, revision } = await this.#call(
      rpc.getAddress,
      { address: onWire(address) },
      signal,
    );
    return {
      suppressions: suppressions.map(entryFrom),
      events: events.map((event) => plain(EventSchema, event)),
      revision,
    };
  }

  /** Returns the entries that changed after a revision, oldest change first. */
  async listChanges(query: ChangesQuery = {}): Promise<Changes> {
    const { afterRevision, pageSize, maxWaitMs, signal } = query;
    const maxWait = maxWaitMs === undefined ? undefined : durationFromMs(maxWaitMs);
    const { changes, throughRevision } = await this.#transport.call(
      rpc.listChanges,
      { afterRevision, pageSize, maxWait },
      this.#limits.other + (maxWaitMs ?? 0),
      signal,
    );
    return { changes: changes.map(entryFrom), throughRevision };
  }

  /** Asks about at most `MAX_BATCH` addresses. */
  async #piece(addresses: string[], mail: Mail): Promise<Check[]> {
    const { stream, mailClass, signal } = mail;
    try {
      const response = await this.#fresh(mail.minRevision, (minRevision) => {
        const request = { addresses: addresses.map(onWire), stream, mailClass, minRevision };
        return this.#transport.call(rpc.batchCheck, request, this.#limits.batch, signal);
      });
      return checksFrom(addresses, response);
    } catch (error) {
      return this.#standIn(addresses, error);
    }
  }

  /** Asks for an answer at least as new as the caller wants, else as one's own writes. */
  async #fresh<R>(
    wanted: string | undefined,
    ask: (minRevision: string | undefined) => Promise<R>,
  ): Promise<R> {
    const carried = this.#newestWrite;
    if (wanted !== undefined || carried === undefined) return ask(wanted);
    try {
      return await ask(carried);
    } catch (error) {
      if (!isOfAnotherDatabase(error)) throw error;
    }
    // The service has moved to another database, where what was written before means nothing. The
    // caller did not ask for it, so ask without; a newer write stays.
    if (this.#newestWrite === carried) this.#newestWrite = undefined;
    return ask(undefined);
  }

  /** Lets the policy decide where the service could not be asked, and only there. */
  #standIn(addresses: readonly string[], error: unknown): Check[] {
    if (error instanceof UnavailableError) return this.#policy.standIn(addresses, error);
    throw error;
  }

  #call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<O>> {
    return this.#transport.call(method, request, this.#limits.other, signal);
  }
}

function entryFrom(message: MessageShape<typeof SuppressionSchema>): Suppression {
  return plain(SuppressionSchema, message);
}

function isOfAnotherDatabase(error: unknown): boolean {
  return (
    error instanceof RefusedError &&
    error.code === "INVALID_ARGUMENT" &&
    ["REVISION_FOREIGN", "REVISION_AHEAD"].includes(error.reason)
  );
}

/** Splits addresses into pieces that the service takes, in order. */
function split(addresses: Iterable<string>): string[][] {
  if (typeof addresses === "string") {
    throw new TypeError("addresses must be an iterable of texts, not one text");
  }
  const all = [...addresses];
  const count = Math.ceil(all.length / MAX_BATCH);
  return Array.from({ length: count }, (_, i) => all.slice(i * MAX_BATCH, (i + 1) * MAX_BATCH));
}

/**
 * Replaces what protobuf cannot carry, half a surrogate pair, by the empty text, which is no address
 * either. Otherwise it would arrive as another text.
 */
function onWire(address: string): string {
  return address.isWellFormed() ? address : "";
}
