package io.suppression.client;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One entry of the list: one address or one domain, suppressed for one reason, on one stream or for
 * all mail.
 *
 * @param address the address in canonical form; empty in an entry of a domain
 * @param stream the stream that the entry applies to; empty for all mail
 * @param reason why the address is suppressed
 * @param source who created the entry
 * @param detail a description from the source
 * @param messageId the SES message id of the mail that bounced or caused the complaint
 * @param feedbackId the SES feedback id of the newest feedback that the entry is based on
 * @param firstSeen when the oldest feedback or request that the entry is based on happened
 * @param lastSeen when the newest feedback or request that the entry is based on happened
 * @param occurrences the number of distinct feedback items that the entry is based on
 * @param expires when the entry expires; empty for never
 * @param removed when the entry was removed; empty if it was not
 * @param removedBy who removed the entry
 * @param removalDetail why the entry was removed
 * @param revision the revision that last changed the entry; opaque
 * @param domain the domain whose addresses are all suppressed; empty in an entry of an address
 * @param includeSubdomains whether the entry of a domain applies to its subdomains too
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
    String revision,
    String domain,
    boolean includeSubdomains) {

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
        entry.getRevision(),
        entry.getDomain(),
        entry.getIncludeSubdomains());
  }

  static List<Suppression> of(List<io.suppression.v1.Suppression> entries) {
    return entries.stream().map(Suppression::of).toList();
  }
}
