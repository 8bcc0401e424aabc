import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type ServiceError, status } from "@grpc/grpc-js";

/** The name of a gRPC status code, such as "UNAVAILABLE". */
export type StatusName = keyof typeof status;

/** Describes an invalid field of a request. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

interface Details {
  readonly code: StatusName;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
}

/** The base class of all errors of this package. */
export class SuppressionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The options of the client are invalid. */
export class ConfigurationError extends SuppressionError {}

/** The client was used after `close`. */
export class ClientClosedError extends SuppressionError {}

/** A call that failed. */
export abstract class CallError extends SuppressionError {
  /** The gRPC status code. */
  readonly code: StatusName;
  /** The reason of google.rpc.ErrorInfo, in UPPER_SNAKE_CASE. Empty if there is none. */
  readonly reason: string;
  /** The metadata of google.rpc.ErrorInfo. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The invalid fields, from google.rpc.BadRequest. */
  readonly violations: readonly FieldViolation[];

  constructor(message: string, details: Details) {
    super(message);
    ({
      code: this.code,
      reason: this.reason,
      metadata: this.metadata,
      violations: this.violations,
    } = details);
  }
}

/** The service rejected the request: the program or its configuration is wrong. */
export class RefusedError extends CallError {}

/** The service is unavailable. A write may or may not have taken effect; it is safe to repeat it. */
export class UnavailableError extends CallError {}

// Status codes that mean a failure of the service, not of the caller. Cancellation by the caller is
// handled before, so CANCELLED comes from a proxy or a stopping server.
const UNAVAILABLE: ReadonlySet<StatusName> = new Set([
  "UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "RESOURCE_EXHAUSTED",
  "ABORTED",
  "CANCELLED",
  "INTERNAL",
  "UNKNOWN",
  "DATA_LOSS",
] as const);

// The reason of RESOURCE_EXHAUSTED for a request that no outage explains: it is never accepted.
const REQUEST_TOO_LONG = "REQUEST_TOO_LONG";

/** Converts the error of a failed call. */
export function errorFrom(error: ServiceError): CallError {
  const code = (status[error.code] ?? "UNKNOWN") as StatusName;
  const details: Details = { code, ...detailsFrom(error) };
  const message = messageFrom(error.details, details);
  return UNAVAILABLE.has(code) && details.reason !== REQUEST_TOO_LONG
    ? new UnavailableError(message, details)
    : new RefusedError(message, details);
}

function messageFrom(text: string, { code, reason, violations }: Details): string {
  const head = reason ? `${code} (${reason})` : code;
  const faults = violations
    .filter((violation) => !text.includes(violation.description))
    .map((violation) => `${violation.field}: ${violation.description}`);
  return [text ? `${head}: ${text}` : head, ...faults].join("; ");
}

// google.rpc.Status, ErrorInfo and BadRequest are decoded by hand: only their string and message fields
// are needed, and there is no small package with these three types.
function detailsFrom(error: ServiceError): Omit<Details, "code"> {
  let reason = "";
  let metadata: Record<string, string> = {};
  let violations: FieldViolation[] = [];
  try {
    const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
    for (const any of Buffer.isBuffer(bytes) ? all(bytes, 3) : []) {
      const value = all(any, 2)[0] ?? new Uint8Array();
      const type = text(any, 1);
      if (type.endsWith("/google.rpc.ErrorInfo")) {
        reason = text(value, 1);
        metadata = Object.fromEntries(all(value, 3).map((pair) => [text(pair, 1), text(pair, 2)]));
      } else if (type.endsWith("/google.rpc.BadRequest")) {
        violations = all(value, 1).map((violation) => ({
          field: text(violation, 1),
          description: text(violation, 2),
        }));
      }
    }
  } catch {
    // The details are malformed, for example because of a proxy. The status code is still valid.
  }
  return { reason, metadata, violations };
}

function text(message: Uint8Array, number: number): string {
  return new TextDecoder().decode(all(message, number)[0]);
}

/** Returns the values of one field of type string or message. */
function all(message: Uint8Array, number: number): Uint8Array[] {
  const values: Uint8Array[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.LengthDelimited) {
      values.push(reader.bytes());
    } else {
      reader.skip(type, field);
    }
  }
  return values;
}
