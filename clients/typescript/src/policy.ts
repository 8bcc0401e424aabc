import type { Check } from "./answers.js";
import { ConfigurationError, type UnavailableError } from "./errors.js";
import { MailClass, Reason, Verdict } from "./gen/suppression/v1/suppression_pb.js";

/**
 * The policy for checks when the service is unavailable: `do-not-send` means do not send now and check
 * again later, `send` means send as if the address were not suppressed, `send-essential` means `send`
 * for mail of the class `MailClass.ESSENTIAL` and `do-not-send` for all other mail, `throw` throws an
 * `UnavailableError`.
 *
 * There is no default, because only the sender knows which is worse: not sending delays mail that can be
 * important, sending can reach addresses that bounced or complained.
 */
export type WhenUnavailable = "do-not-send" | "send" | "send-essential" | "throw";

const CHOICES: readonly string[] = ["do-not-send", "send", "send-essential", "throw"];

const LOG_INTERVAL_MS = 60_000;

/**
 * Decides about addresses when the service is unavailable. Counts these decisions and logs a warning at
 * most once a minute, because an outage affects every check. The warning contains no address.
 */
export class Policy {
  /** The number of addresses decided so far. */
  unanswered = 0;
  readonly #choice: WhenUnavailable;
  readonly #log: (line: string) => void;
  #logged = 0;
  #loggedAt = -Infinity;

  constructor(choice: WhenUnavailable, log: (line: string) => void) {
    // JavaScript programs can omit the option.
    if (!CHOICES.includes(choice)) {
      throw new ConfigurationError(
        'choose what checks return when the service is unavailable: whenUnavailable must be ' +
          '"do-not-send", "send", "send-essential" or "throw"',
      );
    }
    this.#choice = choice;
    this.#log = log;
  }

  /** Returns the results for addresses that the service could not check, for mail of one class. */
  decide(
    addresses: readonly string[],
    mailClass: MailClass | undefined,
    error: UnavailableError,
  ): Check[] {
    if (this.#choice === "throw") throw error;
    this.#count(addresses.length, error);
    const essential = mailClass === MailClass.ESSENTIAL;
    const result = {
      send: this.#choice === "send" || (this.#choice === "send-essential" && essential),
      verdict: Verdict.UNSPECIFIED,
      reason: Reason.UNSPECIFIED,
      answered: false,
      revision: "",
      asOf: undefined,
    };
    return addresses.map((address) => ({ address, ...result }));
  }

  #count(addresses: number, error: UnavailableError): void {
    this.unanswered += addresses;
    const now = performance.now();
    if (now - this.#loggedAt < LOG_INTERVAL_MS) return;
    const since = this.unanswered - this.#logged;
    [this.#logged, this.#loggedAt] = [this.unanswered, now];
    this.#log(
      `the suppression service is unavailable (${error.code}): the policy ${this.#choice} decided ` +
        `about ${since} addresses since the last warning`,
    );
  }
}
