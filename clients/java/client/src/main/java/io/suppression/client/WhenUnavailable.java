package io.suppression.client;

/**
 * The policy for checks when the service is unavailable.
 *
 * <p>There is no default, because only the sender knows which is worse: not sending delays mail
 * that can be important, sending can reach addresses that bounced or complained.
 */
public enum WhenUnavailable {
  /** Do not send the mail now, and check again later. */
  DO_NOT_SEND,
  /** Send the mail as if the address were not suppressed. */
  SEND,
  /** {@link #SEND} for mail of the class {@link MailClass#ESSENTIAL}, else {@link #DO_NOT_SEND}. */
  SEND_ESSENTIAL,
  /** Throw {@link UnavailableException}. */
  THROW
}
