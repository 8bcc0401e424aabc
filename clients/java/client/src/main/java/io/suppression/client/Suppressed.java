package io.suppression.client;

import io.suppression.v1.SuppressResponse;

/**
 * What became of an entry.
 *
 * @param suppression the entry as it now stands
 * @param created whether the call made it stand; false where it stood before
 * @param revision what the call wrote; checks at least this new see the entry
 */
public record Suppressed(Suppression suppression, boolean created, String revision) {
  static Suppressed of(SuppressResponse response) {
    return new Suppressed(
        Suppression.of(response.getSuppression()), response.getCreated(), response.getRevision());
  }
}
