package io.suppression.client;

/** What kind of mail is about to be sent. */
public enum MailClass {
  /** Mail that every entry on the list stops. */
  ORDINARY,
  /**
   * Password resets, receipts, legal notices: passes complaints and unsubscribes, never bounces and
   * never manual entries.
   */
  ESSENTIAL;

  io.suppression.v1.MailClass proto() {
    return io.suppression.v1.MailClass.valueOf("MAIL_CLASS_" + name());
  }
}
