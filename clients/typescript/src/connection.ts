import { isIP } from "node:net";

import {
  type ChannelCredentials,
  type ChannelInterface,
  type ChannelOptions,
  connectivityState,
  credentials,
} from "@grpc/grpc-js";

import { ConfigurationError } from "./errors.js";

/** Certificates and keys for TLS, in PEM. */
export interface Tls {
  /** The trusted certificate authorities. Default: those of Node.js. */
  readonly ca?: string | Uint8Array;
  /** The client's certificate chain, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array;
}

/** Options of the connection. */
export interface ConnectionOptions {
  /** Sent as `authorization: Bearer …`. Requires TLS unless the server is on this machine. */
  readonly token?: string | undefined;
  /** Enables TLS. `true` trusts the public certificate authorities. */
  readonly tls?: Tls | boolean | undefined;
  /** Allows plaintext connections to other machines. Use it only in a trusted network. */
  readonly insecure?: boolean | undefined;
  /**
   * How many milliseconds the first calls wait for the first connection attempt to finish. Their
   * deadlines start after that. The default is 2,000.
   */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Round-robin load balancing over all addresses of the target, and retries.
 *
 * Every RPC is idempotent, so every RPC is retried within its deadline. Retry throttling allows a burst
 * of fifty retries, then about one retry per ten successful calls. This protects a service that is down.
 * CANCELLED is retried because a stopping server returns it for calls that it has read but not started
 * (grpc/grpc#41785). If the caller cancels a call, it is not retried. UNKNOWN is retried because some
 * libraries return it when a connection breaks during a write (grpc/grpc-java#10120).
 */
const SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{ service: "suppression.v1.SuppressionService" }],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.02s",
        maxBackoff: "0.5s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE", "CANCELLED", "UNKNOWN"],
      },
    },
  ],
  retryThrottling: { maxTokens: 100, tokenRatio: 0.1 },
};

const MIB = 1024 * 1024;

/** Returns the channel options. */
export function channelOptions(server: string): ChannelOptions {
  return {
    "grpc.service_config": JSON.stringify(SERVICE_CONFIG),
    // Do not let a service config from DNS replace this one.
    "grpc.service_config_disable_resolution": 1,
    // Detect a dead peer during a call. Do not ping on idle connections: servers close the connection
    // of a client that pings without calls.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    // By default gRPC waits up to two minutes before it reconnects. The maximum here is shorter than the
    // time a server takes to drain: in a rolling restart, the client reconnects to the first server
    // before the next one stops.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    // A request larger than this buffer is not retried. The largest batch has 3.3 MB.
    "grpc.per_rpc_retry_buffer_size": 4 * MIB,
    // A page of 10,000 changes is larger than the default limit of 4 MiB.
    "grpc.max_receive_message_length": 64 * MIB,
    // A proxy from the environment would send loopback traffic in plaintext to another machine.
    ...(isLoopback(server) ? { "grpc.enable_http_proxy": 0 } : {}),
  };
}

/** Returns the channel credentials. */
export function channelCredentials({ tls }: ConnectionOptions): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { ca, cert, key } = tls === true ? ({} as Tls) : tls;
  return credentials.createSsl(pem(ca), pem(key), pem(cert));
}

/** Connects. Resolves when the attempt has succeeded or failed, or after `timeoutMs`. */
export async function connectOnce(channel: ChannelInterface, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const { IDLE, CONNECTING } = connectivityState;
  let state = channel.getConnectivityState(true);
  while ((state === IDLE || state === CONNECTING) && Date.now() < deadline) {
    const before = state;
    // The callback's error means that the deadline has expired; the loop checks that itself.
    await new Promise((resolve) => channel.watchConnectivityState(before, deadline, resolve));
    state = channel.getConnectivityState(true);
  }
}

function pem(text: string | Uint8Array | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}

/** Rejects plaintext connections to other machines, unless `insecure` is set and there is no token. */
export function requireSafe(server: string, { token, tls, insecure }: ConnectionOptions): void {
  if (tls && insecure) throw new ConfigurationError("tls and insecure contradict each other");
  if (typeof tls === "object" && (tls.cert === undefined) !== (tls.key === undefined)) {
    throw new ConfigurationError("mutual TLS needs both cert and key");
  }
  if (token !== undefined && !/^[!-~]([ -~]*[!-~])?$/.test(token)) {
    throw new ConfigurationError("the token must be printable ASCII without surrounding whitespace");
  }
  if (tls || isLoopback(server)) return;
  const reason = `${server} is not a loopback address:`;
  if (!insecure) {
    throw new ConfigurationError(
      `${reason} use tls, or allow plaintext with insecure if you trust the network`,
    );
  }
  if (token !== undefined) {
    throw new ConfigurationError(`${reason} a token requires TLS`);
  }
}

/** Returns whether a gRPC target, such as `dns:///localhost:50051`, is on this machine. */
export function isLoopback(server: string): boolean {
  if (server.startsWith("unix:")) return true;
  const [, resolver = "", address = server] = /^dns:(?:\/\/([^/]*)\/)?(.*)$/.exec(server) ?? [];
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(address);
  // More than one colon without brackets is a bare IPv6 address.
  const bare = address.split(":").length === 2 ? address.replace(/:\d+$/, "") : address;
  const host = (bracketed?.[1] ?? bare).toLowerCase();
  // For dns://resolver/localhost another machine resolves the name localhost.
  if (host === "localhost") return resolver === "";
  return isIP(host) === 4 ? host.startsWith("127.") : host === "::1";
}
