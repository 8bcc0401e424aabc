package io.suppression.client;

import io.suppression.v1.SuppressResponse;

/**
 * The result of {@link SuppressionClient#suppress}.
 *
 * @param suppression the entry after the call
 * @param created true if the call made the entry active, false if it was already active
 * @param revision the revision that the call wrote; checks at this revision or later see the entry
 */
public record Suppressed(Suppression suppression, boolean created, String revision) {
  static Suppressed of(SuppressResponse response) {
    return new Suppressed(
        Suppression.of(response.getSuppression()), response.getCreated(), response.getRevision());
  }
}
