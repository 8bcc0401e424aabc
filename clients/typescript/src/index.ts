/**
 * The client of the suppression service. Call it before you send a mail.
 *
 * @packageDocumentation
 */
export type { Check, Event, Suppression } from "./answers.js";
export { MAX_BATCH, SuppressionClient } from "./client.js";
export type { Tls } from "./connection.js";
export {
  CallError,
  ClientClosedError,
  ConfigurationError,
  type FieldViolation,
  RefusedError,
  type StatusName,
  SuppressionError,
  UnavailableError,
} from "./errors.js";
export { MailClass, Reason, Verdict } from "./gen/suppression/v1/suppression_pb.js";
export type {
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
export type { WhenUnavailable } from "./policy.js";
