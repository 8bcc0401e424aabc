import type { Event, Suppression } from "./answers.js";
import type { ConnectionOptions } from "./connection.js";
import type { MailClass, Reason } from "./gen/suppression/v1/suppression_pb.js";
import type { WhenUnavailable } from "./policy.js";

/** Options of a client. */
export interface ClientOptions extends ConnectionOptions {
  /** The policy for checks when the service is unavailable. Required. */
  readonly whenUnavailable: WhenUnavailable;
  /** The deadline of a check in milliseconds, including retries. The default is 250. */
  readonly checkTimeoutMs?: number | undefined;
  /** The deadline of each call of a batch in milliseconds. The default is 1,000. */
  readonly batchTimeoutMs?: number | undefined;
  /** The deadline of every other call in milliseconds. The default is 5,000. */
  readonly timeoutMs?: number | undefined;
  /** How many calls of one batch run in parallel. The default is 4. */
  readonly batchParallelism?: number | undefined;
  /** Logs a warning when the service is unavailable, at most once a minute. Default: console.warn. */
  readonly log?: ((line: string) => void) | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Cancels the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Describes the mail that a check is about, except its recipient. */
export interface Mail extends CallOptions {
  /** The stream that the mail belongs to, such as "newsletter". Entries for all mail always apply. */
  readonly stream?: string | undefined;
  /** Complaints and unsubscribes do not apply to `MailClass.ESSENTIAL`. */
  readonly mailClass?: MailClass | undefined;
  /** The oldest revision to answer from. Default: the revision of this client's newest write. */
  readonly minRevision?: string | undefined;
}

/** The optional fields of a new entry. */
export interface Entry extends CallOptions {
  /** The stream that the entry applies to, at most 100 bytes. Default: all mail. */
  readonly stream?: string | undefined;
  /** Who creates the entry, at most 100 bytes. */
  readonly source?: string | undefined;
  /** A human-readable explanation, at most 1,000 bytes. */
  readonly detail?: string | undefined;
  /** How many milliseconds the entry stays active. Default: it does not expire. */
  readonly ttlMs?: number | undefined;
}

/** The optional fields of a new entry of a domain. */
export interface DomainEntry extends Entry {
  /** Whether the entry applies to all subdomains too. A repeated call does not take them away. */
  readonly includeSubdomains?: boolean | undefined;
}

/** Selects the entries to remove, and says why. */
export interface Removal extends CallOptions {
  /** Only entries of this reason. Default: of every reason. */
  readonly reason?: Reason | undefined;
  /** Only entries of this stream; "" selects entries for all mail. Default: of every stream. */
  readonly stream?: string | undefined;
  /** Who removes the entries, at most 100 bytes. */
  readonly source?: string | undefined;
  /** A human-readable explanation, at most 1,000 bytes. */
  readonly detail?: string | undefined;
}

/** Says why the personal data of an address is erased. */
export interface Erasure extends CallOptions {
  /** Such as a request number, at most 1,000 bytes. It is stored: do not put personal data into it. */
  readonly detail?: string | undefined;
}

/** Selects the changes to list. */
export interface ChangesQuery extends CallOptions {
  /** The `throughRevision` of the previous call. Default: list all changes. */
  readonly afterRevision?: string | undefined;
  /** The approximate number of changes to return, at most 10,000. The default is 1,000. */
  readonly pageSize?: number | undefined;
  /** How long to wait for a change if there is none. It is added to the deadline. */
  readonly maxWaitMs?: number | undefined;
}

/** The result of `suppress`. */
export interface Suppressed {
  /** The entry after the call. */
  readonly suppression: Suppression | undefined;
  /** True if the call made the entry active. False if it was already active. */
  readonly created: boolean;
  /** The revision that the call wrote. Checks at this revision or later see the entry. */
  readonly revision: string;
}

/** The result of `unsuppress`. */
export interface Unsuppressed {
  /** The entries that the call removed. Empty if no entry was active. */
  readonly removed: readonly Suppression[];
  /** The revision that the call wrote. Checks at this revision or later see the removal. */
  readonly revision: string;
}

/** The result of `erase`. */
export interface Erased {
  /** The number of entries in which the address was replaced. They stay active. */
  readonly suppressions: number;
  /** The number of feedback events that were cleared. */
  readonly events: number;
  /** The revision that the call wrote. */
  readonly revision: string;
}

/** All stored data about one address or one domain. */
export interface AddressHistory {
  /** Every entry, including removed and expired entries. Of an address, also those of its domains. */
  readonly suppressions: readonly Suppression[];
  /** The feedback about the address, newest first, at most 1,000 events. */
  readonly events: readonly Event[];
  /** The revision of the list that the response was read from. */
  readonly revision: string;
}

/** A page of changes of the list. */
export interface Changes {
  /** The changed entries, oldest change first. A removed entry has `removedTime`. */
  readonly changes: readonly Suppression[];
  /** Pass this as `afterRevision` in the next call. It can advance even if nothing changed. */
  readonly throughRevision: string;
}
