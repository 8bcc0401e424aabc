package io.suppression.client;

import io.suppression.v1.EraseAddressResponse;

/**
 * The result of {@link SuppressionClient#erase}.
 *
 * @param suppressions the number of entries in which the address was replaced; they stay active
 * @param events the number of feedback events that were cleared
 * @param revision the revision that the call wrote
 */
public record Erased(int suppressions, int events, String revision) {
  static Erased of(EraseAddressResponse response) {
    return new Erased(response.getSuppressions(), response.getEvents(), response.getRevision());
  }
}
