package io.suppression.client;

import java.time.Instant;
import java.util.Optional;

/**
 * One piece of feedback about one recipient, as it was received.
 *
 * @param kind as SES names it, such as "Bounce"
 * @param type within the kind, such as "Permanent"
 * @param subType within the type, such as "NoEmail"
 * @param feedbackId the SES feedback id
 * @param messageId the SES id of the mail that it is about
 * @param configurationSet what the mail was sent through
 * @param status the enhanced status code (RFC 3463), such as "5.1.1"
 * @param diagnostic what the receiving server said; text from outside
 * @param happened when it happened
 * @param received when it was recorded
 * @param reason what it suppressed the address for; {@link Reason#UNSPECIFIED}: nothing
 */
public record Event(
    String kind,
    String type,
    String subType,
    String feedbackId,
    String messageId,
    String configurationSet,
    String status,
    String diagnostic,
    Optional<Instant> happened,
    Optional<Instant> received,
    Reason reason) {

  static Event of(io.suppression.v1.Event event) {
    return new Event(
        event.getKind(),
        event.getType(),
        event.getSubType(),
        event.getFeedbackId(),
        event.getMessageId(),
        event.getConfigurationSet(),
        event.getStatus(),
        event.getDiagnostic(),
        Times.read(event.hasEventTime(), event.getEventTime()),
        Times.read(event.hasReceiveTime(), event.getReceiveTime()),
        Reason.of(event.getReason()));
  }
}
