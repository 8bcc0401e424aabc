import type { DescMessage, Message, MessageShape } from "@bufbuild/protobuf";
import { isMessage } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema, timestampDate } from "@bufbuild/protobuf/wkt";

import type {
  Event as EventMessage,
  Suppression as SuppressionMessage,
} from "./gen/suppression/v1/suppression_pb.js";
import { Reason, Verdict } from "./gen/suppression/v1/suppression_pb.js";
import type {
  BatchCheckResponse,
  CheckAddressResponse,
} from "./gen/suppression/v1/suppression_service_pb.js";

/** Whether one address may be mailed. */
export interface Check {
  /** As it was asked about. */
  readonly address: string;
  /** Whether to send: the service said so, or could not be asked and the policy says so. */
  readonly send: boolean;
  /** What the service said; `UNSPECIFIED` if it could not be asked. */
  readonly verdict: Verdict;
  /** Why not; `UNSPECIFIED` if there is nothing against it. */
  readonly reason: Reason;
  /** Whether the service answered at all; the policy stands in where it did not. */
  readonly answered: boolean;
  /** The state of the list that this was read from; opaque. */
  readonly revision: string;
  /** When the list in the server's memory was last known to be complete. */
  readonly asOf: Date | undefined;
}

type PlainValue<V> = V extends Timestamp ? Date : V extends bigint ? number : V;

/** A message of the contract as a plain object, with dates for times. */
export type Plain<M extends Message> = {
  readonly [F in keyof M as Exclude<F, "$typeName" | "$unknown">]: PlainValue<M[F]>;
};

/** One entry of the list: one address, for one reason, on one stream or all mail. */
export type Suppression = Plain<SuppressionMessage>;

/** One piece of feedback about one recipient, as it was received. */
export type Event = Plain<EventMessage>;

/** Reads the answer about one address. */
export function checkFrom(
  address: string,
  { verdict, reason, revision, asOfTime }: Omit<CheckAddressResponse, "$typeName">,
): Check {
  const asOf = asOfTime && timestampDate(asOfTime);
  const send = verdict === Verdict.SEND;
  return { address, send, verdict, reason, answered: true, revision, asOf };
}

/**
 * Reads the answer about many addresses, in their order.
 *
 * An answer with another number of verdicts than there were questions leaves open which is whose, so
 * none of them counts and nothing may be sent.
 */
export function checksFrom(addresses: readonly string[], response: BatchCheckResponse): Check[] {
  const { revision, asOfTime } = response;
  const verdicts = response.verdicts.length === addresses.length ? response.verdicts : [];
  const reasons = new Map(response.matches.map(({ index, reason }) => [index, reason]));
  return addresses.map((address, index) => {
    const verdict = verdicts[index] ?? Verdict.UNSPECIFIED;
    const reason = reasons.get(index) ?? Reason.UNSPECIFIED;
    return checkFrom(address, { verdict, reason, revision, asOfTime });
  });
}

/** Turns a message into a plain object. */
export function plain<S extends DescMessage>(
  schema: S,
  message: MessageShape<S>,
): Plain<MessageShape<S>> {
  const values = message as unknown as Record<string, unknown>;
  const pairs = schema.fields.map(({ localName }) => [localName, plainValue(values[localName])]);
  return Object.fromEntries(pairs) as Plain<MessageShape<S>>;
}

function plainValue(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  return isMessage(value, TimestampSchema) ? timestampDate(value) : value;
}
