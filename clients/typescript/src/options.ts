import type { Event, Suppression } from "./answers.js";
import type { ConnectionOptions } from "./connection.js";
import type { MailClass, Reason } from "./gen/suppression/v1/suppression_pb.js";
import type { WhenUnavailable } from "./policy.js";

/** The choices of a client. */
export interface ClientOptions extends ConnectionOptions {
  /** What a check answers while the service cannot be asked. Required: see {@link WhenUnavailable}. */
  readonly whenUnavailable: WhenUnavailable;
  /** Milliseconds for a check, retries included; 250 by default. */
  readonly checkTimeoutMs?: number | undefined;
  /** Milliseconds for each call of a batch, one for 10,000 addresses; 1,000 by default. */
  readonly batchTimeoutMs?: number | undefined;
  /** Milliseconds for every other call; 5,000 by default. */
  readonly timeoutMs?: number | undefined;
  /** How many calls of one batch are under way at a time; 4 by default. */
  readonly batchParallelism?: number | undefined;
  /** Where to warn, once a minute at most, that the service cannot be asked; console.warn by default. */
  readonly log?: ((line: string) => void) | undefined;
}

/** What goes with any call. */
export interface CallOptions {
  /** Ends the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a check has to know of a mail besides its recipient. */
export interface Mail extends CallOptions {
  /** What the mail belongs to, such as "newsletter". Entries for all mail hold too. */
  readonly stream?: string | undefined;
  /** `MailClass.ESSENTIAL` passes complaints and unsubscribes. */
  readonly mailClass?: MailClass | undefined;
  /** Answer from a state at least this new; absent: as new as this client's own newest write. */
  readonly minRevision?: string | undefined;
}

/** What can be said of an entry besides its address and reason. */
export interface Entry extends CallOptions {
  /** What the entry is to hold for, at most 100 bytes; absent: all mail. */
  readonly stream?: string | undefined;
  /** Who makes the entry, at most 100 bytes. */
  readonly source?: string | undefined;
  /** Why, in words for people, at most 1,000 bytes. */
  readonly detail?: string | undefined;
  /** How many milliseconds it is to hold; absent: for ever. */
  readonly ttlMs?: number | undefined;
}

/** Which entries to remove, and why. */
export interface Removal extends CallOptions {
  /** Only entries of this reason; absent: of every reason. */
  readonly reason?: Reason | undefined;
  /** Only entries of this stream, "" for those that hold for all mail; absent: of every stream. */
  readonly stream?: string | undefined;
  /** Who removes them, at most 100 bytes. */
  readonly source?: string | undefined;
  /** Why, in words for people, at most 1,000 bytes. */
  readonly detail?: string | undefined;
}

/** Why a person is to be forgotten. */
export interface Erasure extends CallOptions {
  /** Such as the number of the request, at most 1,000 bytes. It is kept: name no person in it. */
  readonly detail?: string | undefined;
}

/** Which changes to list. */
export interface ChangesQuery extends CallOptions {
  /** The `throughRevision` of the call before; absent: begin at the beginning. */
  readonly afterRevision?: string | undefined;
  /** About how many to return, at most 10,000; 1,000 by default. */
  readonly pageSize?: number | undefined;
  /** How long to wait for a change where there is none; comes on top of the deadline. */
  readonly maxWaitMs?: number | undefined;
}

/** What became of an entry. */
export interface Suppressed {
  /** The entry as it now stands. */
  readonly suppression: Suppression | undefined;
  /** Whether the call made it stand; false where it stood before. */
  readonly created: boolean;
  /** What the call wrote; checks at least this new see the entry. */
  readonly revision: string;
}

/** What was taken off the list. */
export interface Unsuppressed {
  /** The entries that the call removed; none where nothing stood. */
  readonly removed: readonly Suppression[];
  /** What the call wrote; checks at least this new see the removal. */
  readonly revision: string;
}

/** What was forgotten of a person. */
export interface Erased {
  /** How many entries have lost the address; they stand as before. */
  readonly suppressions: number;
  /** How many pieces of feedback were forgotten. */
  readonly events: number;
  /** What the call wrote; opaque. */
  readonly revision: string;
}

/** Everything that is known of one address. */
export interface AddressHistory {
  /** Every entry, removed and expired ones included. */
  readonly suppressions: readonly Suppression[];
  /** The feedback about it, newest first, at most 1,000. */
  readonly events: readonly Event[];
  /** The state of the list that this was read from; opaque. */
  readonly revision: string;
}

/** What changed on the list. */
export interface Changes {
  /** The entries as they now stand, oldest change first; a removed one has `removedTime`. */
  readonly changes: readonly Suppression[];
  /** The `afterRevision` of the next call. Moves on even where nothing changed. */
  readonly throughRevision: string;
}
