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
  /** The address as passed by the caller. */
  readonly address: string;
  /** Whether to send: the verdict is `SEND`, or the service was unavailable and the policy says so. */
  readonly send: boolean;
  /** The verdict of the service; `UNSPECIFIED` if the service was unavailable. */
  readonly verdict: Verdict;
  /** Why the address must not be mailed; `UNSPECIFIED` if it may be mailed. */
  readonly reason: Reason;
  /** Whether the service answered. If it did not, the policy decided. */
  readonly answered: boolean;
  /** The revision of the list that the verdict was read from. It is opaque. */
  readonly revision: string;
  /** When the list in the server's memory was last known to be up to date. */
  readonly asOf: Date | undefined;
}

type PlainValue<V> = V extends Timestamp ? Date : V extends bigint ? number : V;

/** A protobuf message as a plain object, with `Date` for timestamps. */
export type Plain<M extends Message> = {
  readonly [F in keyof M as Exclude<F, "$typeName" | "$unknown">]: PlainValue<M[F]>;
};

/**
 * One entry of the list: one address or one domain, suppressed for one reason, on one stream or for all
 * mail.
 */
export type Suppression = Plain<SuppressionMessage>;

/** One feedback item about one recipient, as received. */
export type Event = Plain<EventMessage>;

/** Converts the response for one address. */
export function checkFrom(
  address: string,
  { verdict, reason, revision, asOfTime }: Omit<CheckAddressResponse, "$typeName">,
): Check {
  const asOf = asOfTime && timestampDate(asOfTime);
  const send = verdict === Verdict.SEND;
  return { address, send, verdict, reason, answered: true, revision, asOf };
}

/**
 * Converts the response for many addresses, in the order of the addresses.
 *
 * If the number of verdicts differs from the number of addresses, no verdict can be matched to an
 * address, so all verdicts are `UNSPECIFIED` and no mail is sent.
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

/** Converts a message to a plain object. */
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
