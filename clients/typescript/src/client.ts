import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";

import { type Check, checkFrom, checksFrom, plain, type Suppression } from "./answers.js";
import { ConfigurationError, RefusedError, UnavailableError } from "./errors.js";
import {
  EventSchema,
  type MailClass,
  type Reason,
  SuppressionSchema,
} from "./gen/suppression/v1/suppression_pb.js";
import { SuppressionService } from "./gen/suppression/v1/suppression_service_pb.js";
import type {
  AddressHistory,
  CallOptions,
  Changes,
  ChangesQuery,
  ClientOptions,
  DomainEntry,
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

/** The largest number of addresses in one BatchCheck call. */
export const MAX_BATCH = 10_000;

/** Bytes of UTF-8 of the longest address: RFC 5321 permits 64 before the @ and 255 after it. */
const MAX_ADDRESS = 320;

const rpc = SuppressionService.method;

/** The fields of a request that say which entries it is about. */
type AddressOrDomain = { address: string } | { domain: string };

/**
 * Checks addresses and changes the suppression list.
 *
 * Create one client per process and keep it. It connects on the first call.
 *
 * Checks send the revision of this client's newest write, so they see this write on every replica. The
 * newest write is the one whose response arrived last. If writes run concurrently, pass the revision of
 * the one that matters as `minRevision`.
 *
 * Every method throws `RefusedError` if the service rejects the request, and `ClientClosedError` after
 * `close`. If the service is unavailable, checks follow the policy `whenUnavailable`; all other methods
 * throw `UnavailableError`.
 */
export class SuppressionClient {
  readonly #transport: Transport;
  readonly #policy: Policy;
  readonly #limits: { check: number; batch: number; other: number; parallelism: number };
  #newestWrite: string | undefined;

  /**
   * Creates a client. It does not connect yet.
   *
   * @param server `host:port`, `dns:///host:port` or `unix:/path`. Calls are balanced round-robin over
   *   all addresses of a name.
   * @throws ConfigurationError if the options contradict each other or are not safe.
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
      throw new ConfigurationError("timeouts and batchParallelism must be positive");
    }
    this.#policy = new Policy(options?.whenUnavailable, options?.log ?? console.warn);
    this.#transport = new Transport(server, options);
  }

  /** The number of addresses that the policy has decided because the service was unavailable. */
  get unanswered(): number {
    return this.#policy.unanswered;
  }

  /** Closes the connection. Calls in progress fail. A second `close` does nothing. */
  close(): void {
    this.#transport.close();
  }

  /** Checks one address. A malformed address is not an error: the reason is `INVALID_ADDRESS`. */
  async check(address: string, mail: Mail = {}): Promise<Check> {
    const { stream, mailClass, signal } = mail;
    try {
      const response = await this.#withMinRevision(mail.minRevision, (minRevision) => {
        const request = { address: checkable(address), stream, mailClass, minRevision };
        return this.#transport.call(rpc.checkAddress, request, this.#limits.check, signal);
      });
      return checkFrom(address, response);
    } catch (error) {
      return this.#applyPolicy([address], mailClass, error)[0]!;
    }
  }

  /**
   * Checks any number of addresses. The results are in the order of the addresses.
   *
   * The addresses are split into calls of 10,000, which run in parallel, each with its own deadline. All
   * results of one call have the same revision; results of different calls can have different revisions.
   * If one call fails because the service is unavailable, the policy decides only about its addresses.
   * The first error cancels the other calls.
   */
  async batchCheck(addresses: Iterable<string>, mail: Mail = {}): Promise<Check[]> {
    const batches = split(addresses);
    const results: Check[][] = [];
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, ...(mail.signal ? [mail.signal] : [])]);
    const queue = batches.entries();
    const checkQueue = async (): Promise<void> => {
      for (const [index, batch] of queue) {
        results[index] = await this.#checkBatch(batch, { ...mail, signal });
      }
    };
    const parallelism = Math.min(this.#limits.parallelism, batches.length);
    try {
      await Promise.all(Array.from({ length: parallelism }, checkQueue));
    } catch (error) {
      failed.abort(error);
      throw error;
    }
    return results.flat();
  }

  /** Returns the addresses that may be mailed, in the given order. */
  async filter(addresses: Iterable<string>, mail: Mail = {}): Promise<string[]> {
    const checks = await this.batchCheck(addresses, mail);
    return checks.filter((check) => check.send).map((check) => check.address);
  }

  /** Adds an address to the list. Idempotent. Resolves after the entry is durable. */
  suppress(address: string, reason: Reason, entry: Entry = {}): Promise<Suppressed> {
    return this.#suppress({ address: encodable(address) }, reason, entry);
  }

  /** Adds a domain to the list, which suppresses all its addresses. Idempotent. */
  suppressDomain(domain: string, reason: Reason, entry: DomainEntry = {}): Promise<Suppressed> {
    return this.#suppress({ domain: encodable(domain) }, reason, entry);
  }

  async #suppress(of: AddressOrDomain, reason: Reason, entry: DomainEntry): Promise<Suppressed> {
    const { stream, source, detail, ttlMs, includeSubdomains, signal } = entry;
    const ttl = ttlMs === undefined ? undefined : durationFromMs(ttlMs);
    const request = { ...of, reason, stream, source, detail, ttl, includeSubdomains };
    const response = await this.#call(rpc.suppress, request, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    const { suppression, created, revision } = response;
    return { suppression: suppression && plain(SuppressionSchema, suppression), created, revision };
  }

  /** Removes entries of an address from the list, not those of its domain. Idempotent. */
  unsuppress(address: string, removal: Removal = {}): Promise<Unsuppressed> {
    return this.#unsuppress({ address: encodable(address) }, removal);
  }

  /** Removes entries of a domain from the list, not those of its addresses. Idempotent. */
  unsuppressDomain(domain: string, removal: Removal = {}): Promise<Unsuppressed> {
    return this.#unsuppress({ domain: encodable(domain) }, removal);
  }

  async #unsuppress(of: AddressOrDomain, removal: Removal): Promise<Unsuppressed> {
    const { reason, stream, source, detail, signal } = removal;
    const request = { ...of, reason, stream, source, detail };
    const response = await this.#call(rpc.unsuppress, request, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    return { removed: response.removed.map(entryFrom), revision: response.revision };
  }

  /**
   * Erases the personal data of an address. The address stays suppressed. Idempotent.
   *
   * In its entries, a keyed hash replaces the address, message ids are cleared, and `detail` is stored as
   * their detail.
   */
  async erase(address: string, erasure: Erasure = {}): Promise<Erased> {
    const { detail, signal } = erasure;
    const response = await this.#call(rpc.eraseAddress, { address: encodable(address), detail }, signal);
    this.#newestWrite = response.revision || this.#newestWrite;
    const { suppressions, events, revision } = response;
    return { suppressions, events, revision };
  }

  /**
   * Returns the feedback about one address and every entry, including removed and expired entries, and the
   * entries of domains that apply to it.
   */
  getAddress(address: string, { signal }: CallOptions = {}): Promise<AddressHistory> {
    return this.#get({ address: encodable(address) }, signal);
  }

  /** Returns every entry of one domain, including removed and expired entries. */
  getDomain(domain: string, { signal }: CallOptions = {}): Promise<AddressHistory> {
    return this.#get({ domain: encodable(domain) }, signal);
  }

  async #get(of: AddressOrDomain, signal: AbortSignal | undefined): Promise<AddressHistory> {
    const { suppressions, events, revision } = await this.#call(rpc.getAddress, of, signal);
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

  /** Checks at most `MAX_BATCH` addresses. */
  async #checkBatch(addresses: string[], mail: Mail): Promise<Check[]> {
    const { stream, mailClass, signal } = mail;
    try {
      const response = await this.#withMinRevision(mail.minRevision, (minRevision) => {
        const request = { addresses: addresses.map(checkable), stream, mailClass, minRevision };
        return this.#transport.call(rpc.batchCheck, request, this.#limits.batch, signal);
      });
      return checksFrom(addresses, response);
    } catch (error) {
      return this.#applyPolicy(addresses, mailClass, error);
    }
  }

  /** Makes a call with the caller's revision or, if there is none, with that of the newest write. */
  async #withMinRevision<R>(
    minRevision: string | undefined,
    call: (minRevision: string | undefined) => Promise<R>,
  ): Promise<R> {
    const newest = this.#newestWrite;
    if (minRevision !== undefined || newest === undefined) return call(minRevision);
    try {
      return await call(newest);
    } catch (error) {
      if (!isUnknownRevision(error)) throw error;
    }
    // The service uses another database now, for example after a restore, and does not know this
    // revision. The caller did not pass it, so retry without it. A newer write is kept.
    if (this.#newestWrite === newest) this.#newestWrite = undefined;
    return call(undefined);
  }

  /** Lets the policy decide if the service is unavailable. Throws every other error. */
  #applyPolicy(
    addresses: readonly string[],
    mailClass: MailClass | undefined,
    error: unknown,
  ): Check[] {
    if (error instanceof UnavailableError) return this.#policy.decide(addresses, mailClass, error);
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

function isUnknownRevision(error: unknown): boolean {
  return (
    error instanceof RefusedError &&
    error.code === "INVALID_ARGUMENT" &&
    ["REVISION_FOREIGN", "REVISION_AHEAD"].includes(error.reason)
  );
}

/** Splits addresses into batches of at most `MAX_BATCH`, in order. */
function split(addresses: Iterable<string>): string[][] {
  if (typeof addresses === "string") {
    throw new TypeError("addresses must be an iterable of strings, not one string");
  }
  const all = [...addresses];
  const count = Math.ceil(all.length / MAX_BATCH);
  return Array.from({ length: count }, (_, i) => all.slice(i * MAX_BATCH, (i + 1) * MAX_BATCH));
}

/**
 * Returns the address, or "" if it has an unpaired surrogate. UTF-8 cannot encode one, so the service
 * would receive another text. The service answers `INVALID_ADDRESS` for "".
 */
function encodable(address: string): string {
  return address.isWellFormed() ? address : "";
}

/**
 * Returns the address, or "" if it cannot be encoded or is too long. The service answers
 * `INVALID_ADDRESS` for both. One long text, such as a stranger enters into a form, would make the whole
 * request too long, which the service refuses with RESOURCE_EXHAUSTED. `send` would then hold for all its
 * addresses.
 */
function checkable(address: string): string {
  return Buffer.byteLength(address) > MAX_ADDRESS ? "" : encodable(address);
}
