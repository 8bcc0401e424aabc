import type { Check } from "./answers.js";
import { ConfigurationError, type UnavailableError } from "./errors.js";
import { Reason, Verdict } from "./gen/suppression/v1/suppression_pb.js";

/**
 * What a check answers while the service cannot be asked: `do-not-send` does not send, `send` sends as though
 * nothing stood against it, `throw` throws an `UnavailableError`.
 *
 * There is no default: holding delays mail that may matter, sending mails addresses that bounced or
 * complained. Only the sender knows which is worse.
 */
export type WhenUnavailable = "do-not-send" | "send" | "throw";

const LOG_INTERVAL_MS = 60_000;

/**
 * Stands in for missing answers, counts them, and says so in the log: once a minute at most, since an
 * outage meets every check, and the log is not to become the second outage. No line holds an address.
 */
export class Policy {
  /** How many addresses were decided without an answer so far. */
  unanswered = 0;
  readonly #choice: WhenUnavailable;
  readonly #log: (line: string) => void;
  #logged = 0;
  #loggedAt = -Infinity;

  constructor(choice: WhenUnavailable, log: (line: string) => void) {
    // Programs in plain JavaScript can leave it out.
    if (!["do-not-send", "send", "throw"].includes(choice)) {
      throw new ConfigurationError(
        'choose what checks do while the service cannot be asked: whenUnavailable is "do-not-send", ' +
          '"send" or "throw"',
      );
    }
    this.#choice = choice;
    this.#log = log;
  }

  /** Decides about addresses that the service could not be asked about. */
  standIn(addresses: readonly string[], error: UnavailableError): Check[] {
    if (this.#choice === "throw") throw error;
    this.#count(addresses.length, error);
    const answer = {
      send: this.#choice === "send",
      verdict: Verdict.UNSPECIFIED,
      reason: Reason.UNSPECIFIED,
      answered: false,
      revision: "",
      asOf: undefined,
    };
    return addresses.map((address) => ({ address, ...answer }));
  }

  #count(addresses: number, error: UnavailableError): void {
    this.unanswered += addresses;
    const now = performance.now();
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    const since = this.unanswered - this.#logged;
    [this.#logged, this.#loggedAt] = [this.unanswered, now];
    this.#log(
      `the suppression service could not be asked (${error.code}) about ${since} addresses since ` +
        `the last such line: policy ${this.#choice}`,
    );
  }
}
