package io.suppression.client;

import io.suppression.v1.ListChangesResponse;
import java.util.List;

/**
 * What changed on the list.
 *
 * @param changes the entries as they now stand, oldest change first; a removed one says when
 * @param throughRevision what the next call asks for changes after. Moves on even where nothing
 *     changed.
 */
public record Changes(List<Suppression> changes, String throughRevision) {
  static Changes of(ListChangesResponse response) {
    return new Changes(Suppression.of(response.getChangesList()), response.getThroughRevision());
  }
}
