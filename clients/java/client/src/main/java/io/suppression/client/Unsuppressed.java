package io.suppression.client;

import io.suppression.v1.UnsuppressResponse;
import java.util.List;

/**
 * The result of {@link SuppressionClient#unsuppress}.
 *
 * @param removed the entries that the call removed; empty if no entry was active
 * @param revision the revision that the call wrote; checks at this revision or later see the
 *     removal
 */
public record Unsuppressed(List<Suppression> removed, String revision) {
  static Unsuppressed of(UnsuppressResponse response) {
    return new Unsuppressed(Suppression.of(response.getRemovedList()), response.getRevision());
  }
}
