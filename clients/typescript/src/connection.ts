import { isIP } from "node:net";

import {
  type ChannelCredentials,
  type ChannelInterface,
  type ChannelOptions,
  connectivityState,
  credentials,
} from "@grpc/grpc-js";

import { ConfigurationError } from "./errors.js";

/** PEM texts. */
export interface Tls {
  /** The authorities to trust; absent: those that Node.js comes with. */
  readonly ca?: string | Uint8Array;
  /** The chain of the client's own certificate, for mutual TLS. */
  readonly cert?: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array;
}

/** How the service is reached, and how safely. */
export interface ConnectionOptions {
  /** Sent as `authorization: Bearer …`; beyond this machine only through TLS. */
  readonly token?: string | undefined;
  /** Talk through TLS; `true` trusts the public authorities. */
  readonly tls?: Tls | boolean | undefined;
  /** Allow plaintext beyond this machine, in a network that you trust. */
  readonly insecure?: boolean | undefined;
  /**
   * Milliseconds that the first calls wait, before their deadlines start to run, for the first attempt
   * to connect to come to an end; 2,000 by default.
   */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Round robin over all addresses that the server's name has, and retries.
 *
 * Every call is idempotent, so every call is retried, within its one deadline. The throttle lets a
 * burst of fifty failures be retried, and from then on about one call for ten that succeed: a service
 * that is down is not hammered. CANCELLED is what a server that stops makes of calls which it has
 * read and not begun (grpc/grpc#41785); a caller's own cancelling ends the call, retries included.
 * UNKNOWN is what some libraries make of a connection that is cut while they write
 * (grpc/grpc-java#10120).
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

/** Returns the settings of the channel. */
export function channelOptions(server: string): ChannelOptions {
  return {
    "grpc.service_config": JSON.stringify(SERVICE_CONFIG),
    // What DNS has to say about retries does not count.
    "grpc.service_config_disable_resolution": 1,
    // Notice a dead peer under a waiting call. Not on idle connections: servers close the connection
    // of a client that pings without calls.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    // By default gRPC waits up to two minutes before it tries a server again. Shorter than servers
    // drain: while one restarts after the other, the first is found again in time.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    // A request that outgrows this buffer is not retried; the longest batch has 3.3 MB.
    "grpc.per_rpc_retry_buffer_size": 4 * MIB,
    // A page of 10,000 changes outgrows the default of 4 MiB.
    "grpc.max_receive_message_length": 64 * MIB,
    // A proxy from the environment would carry loopback plaintext off the machine.
    ...(isLoopback(server) ? { "grpc.enable_http_proxy": 0 } : {}),
  };
}

/** Returns the credentials of the channel. */
export function channelCredentials({ tls }: ConnectionOptions): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { ca, cert, key } = tls === true ? ({} as Tls) : tls;
  return credentials.createSsl(pem(ca), pem(key), pem(cert));
}

/** Connects, and returns once that has succeeded or failed, or the time is over. */
export async function firstAttempt(channel: ChannelInterface, atMostMs: number): Promise<void> {
  const deadline = Date.now() + atMostMs;
  const { IDLE, CONNECTING } = connectivityState;
  let state = channel.getConnectivityState(true);
  while ((state === IDLE || state === CONNECTING) && Date.now() < deadline) {
    const before = state;
    // An error is the end of the time; the state says so too.
    await new Promise((resolve) => channel.watchConnectivityState(before, deadline, resolve));
    state = channel.getConnectivityState(true);
  }
}

function pem(given: string | Uint8Array | undefined): Buffer | null {
  return given === undefined ? null : Buffer.from(given);
}

/** Refuses plaintext, and above all a token in plaintext, beyond this machine. */
export function requireSafe(server: string, { token, tls, insecure }: ConnectionOptions): void {
  if (tls && insecure) throw new ConfigurationError("tls and insecure contradict each other");
  if (typeof tls === "object" && (tls.cert === undefined) !== (tls.key === undefined)) {
    throw new ConfigurationError("mutual TLS needs both cert and key");
  }
  if (token !== undefined && !/^[!-~]([ -~]*[!-~])?$/.test(token)) {
    throw new ConfigurationError("the token must be printable ASCII without blanks around it");
  }
  if (tls || isLoopback(server)) return;
  const away = `${server} is not on this machine:`;
  if (!insecure) {
    throw new ConfigurationError(
      `${away} use tls, or allow plaintext as insecure if you trust the network`,
    );
  }
  if (token !== undefined) {
    throw new ConfigurationError(`${away} a token goes there only through TLS`);
  }
}

/** Says whether a gRPC target, such as `dns:///localhost:50051`, stays on this machine. */
export function isLoopback(server: string): boolean {
  if (server.startsWith("unix:")) return true;
  const [, resolver = "", address = server] = /^dns:(?:\/\/([^/]*)\/)?(.*)$/.exec(server) ?? [];
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(address);
  // More than one colon without brackets is a bare IPv6 address.
  const bare = address.split(":").length === 2 ? address.replace(/:\d+$/, "") : address;
  const host = (bracketed?.[1] ?? bare).toLowerCase();
  // dns://resolver/localhost asks a stranger where localhost is.
  if (host === "localhost") return resolver === "";
  return isIP(host) === 4 ? host.startsWith("127.") : host === "::1";
}
