package io.suppression.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One entry of the list: one address, for one reason, on one stream or all mail.
 *
 * @param address in canonical form
 * @param stream the stream that it holds for; empty for all mail
 * @param reason why it stands
 * @param source who made it
 * @param detail what the source had to say
 * @param messageId the SES id of the mail that was bounced or complained about
 * @param feedbackId the SES id of the newest feedback behind it
 * @param firstSeen when the first of the facts behind it happened
 * @param lastSeen when the newest of the facts behind it happened
 * @param occurrences how many pieces of feedback stand behind it
 * @param expires when it stops holding; empty for never
 * @param removed when it was taken off the list; empty if it was not
 * @param removedBy who took it off
 * @param removalDetail why it was taken off
 * @param revision the revision that last changed it; opaque
 */
public record Suppression(
    String address,
    String stream,
    Reason reason,
    String source,
    String detail,
    String messageId,
    String feedbackId,
    Optional<Instant> firstSeen,
    Optional<Instant> lastSeen,
    long occurrences,
    Optional<Instant> expires,
    Optional<Instant> removed,
    String removedBy,
    String removalDetail,
    String revision) {

  static Suppression of(io.suppression.v1.Suppression entry) {
    return new Suppression(
        entry.getAddress(),
        entry.getStream(),
        Reason.of(entry.getReason()),
        entry.getSource(),
        entry.getDetail(),
        entry.getMessageId(),
        entry.getFeedbackId(),
        Times.read(entry.hasFirstSeenTime(), entry.getFirstSeenTime()),
        Times.read(entry.hasLastSeenTime(), entry.getLastSeenTime()),
        entry.getOccurrences(),
        Times.read(entry.hasExpireTime(), entry.getExpireTime()),
        Times.read(entry.hasRemovedTime(), entry.getRemovedTime()),
        entry.getRemovedBy(),
        entry.getRemovalDetail(),
        entry.getRevision());
  }

  static List<Suppression> of(List<io.suppression.v1.Suppression> entries) {
    return entries.stream().map(Suppression::of).toList();
  }
}
