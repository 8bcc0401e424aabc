package io.suppression.client;

/**
 * What a check answers while the service cannot be asked.
 *
 * <p>There is no default: holding delays mail that may matter, sending mails addresses that bounced
 * or complained. Only the sender knows which is worse.
 */
public enum WhenUnavailable {
  /** Do not send; ask again later. */
  DO_NOT_SEND,
  /** Send as though nothing stood against it. */
  SEND,
  /** Throw {@link UnavailableException}. */
  THROW
}
