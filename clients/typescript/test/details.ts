import { BinaryWriter } from "@bufbuild/protobuf/wire";

/** Returns an encoded google.rpc.Status with the given details. */
export function detailsOf(...details: Uint8Array[]): Buffer {
  return Buffer.from(message([[1, 3]], ...details.map((bytes) => [3, bytes] as const)));
}

export function errorInfo(reason: string, metadata: Record<string, string> = {}): Uint8Array {
  const pairs = Object.entries(metadata).map(([key, value]) => [3, texts(key, value)] as const);
  return any("google.rpc.ErrorInfo", message([], [1, utf8(reason)], [2, utf8("suppression.v1")], ...pairs));
}

export function badRequest(field: string, description: string): Uint8Array {
  return any("google.rpc.BadRequest", message([], [1, texts(field, description)]));
}

function any(type: string, value: Uint8Array): Uint8Array {
  return message([], [1, utf8(`type.googleapis.com/${type}`)], [2, value]);
}

function texts(first: string, second: string): Uint8Array {
  return message([], [1, utf8(first)], [2, utf8(second)]);
}

function message(
  numbers: (readonly [number, number])[],
  ...fields: (readonly [number, Uint8Array])[]
): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of numbers) writer.tag(field, 0).int32(value);
  for (const [field, bytes] of fields) writer.tag(field, 2).bytes(bytes);
  return writer.finish();
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
