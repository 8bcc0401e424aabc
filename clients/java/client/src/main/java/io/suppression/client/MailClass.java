package io.suppression.client;

/** How important a mail is to its recipient. */
public enum MailClass {
  /** Every entry on the list applies to this mail. */
  ORDINARY,
  /**
   * Password resets, receipts, legal notices: complaints and unsubscribes do not apply to this
   * mail. Bounces and manual entries do.
   */
  ESSENTIAL;

  io.suppression.v1.MailClass proto() {
    return io.suppression.v1.MailClass.valueOf("MAIL_CLASS_" + name());
  }
}
