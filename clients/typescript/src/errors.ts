import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { type ServiceError, status } from "@grpc/grpc-js";

/** The name of a gRPC status, such as "UNAVAILABLE". */
export type StatusName = keyof typeof status;

/** What is wrong with one field of a request. */
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

/** The root of all errors of this package. */
export class SuppressionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The client was set up in a way that it refuses. */
export class ConfigurationError extends SuppressionError {}

/** The client was used after it was closed. */
export class ClientClosedError extends SuppressionError {}

/** A call that failed. */
export abstract class CallError extends SuppressionError {
  /** The gRPC status. */
  readonly code: StatusName;
  /** UPPER_SNAKE, from google.rpc.ErrorInfo; empty where the service named none. */
  readonly reason: string;
  /** What ErrorInfo says beside the reason. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields at fault, from google.rpc.BadRequest. */
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

/**
 * The service answered, and refuses a call like this one: a mistake of the program or its
 * configuration.
 */
export class RefusedError extends CallError {}

/** The service could not be asked. A write may have been made or not; it does no harm to repeat it. */
export class UnavailableError extends CallError {}

// What time, or someone at the service, mends. Nobody here cancels a call without saying so, hence
// CANCELLED comes from a proxy or a stopping server.
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

/** Returns the error that a failed call stands for. */
export function errorFrom(error: ServiceError): CallError {
  const code = (status[error.code] ?? "UNKNOWN") as StatusName;
  const details: Details = { code, ...detailsFrom(error) };
  const message = messageFrom(error.details, details);
  return UNAVAILABLE.has(code)
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

// google.rpc.Status, ErrorInfo and BadRequest are read by hand: all their fields of interest are
// texts and messages, and no package has just these three.
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
    // A proxy mangled the details; the code still holds.
  }
  return { reason, metadata, violations };
}

function text(message: Uint8Array, number: number): string {
  return new TextDecoder().decode(all(message, number)[0]);
}

/** Returns the values of one field, of a message or text type. */
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
