package io.suppression.client;

import io.suppression.v1.BatchCheckResponse;
import io.suppression.v1.CheckAddressResponse;
import io.suppression.v1.Match;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Whether one address may be mailed: look at {@link #send()}.
 *
 * @param address as it was asked about
 * @param verdict what the service said; {@link Verdict#UNSPECIFIED} if it could not be asked
 * @param reason why not; {@link Reason#UNSPECIFIED} if there is nothing against it
 * @param revision the state of the list that this was read from; opaque
 * @param asOf when the list in the server's memory was last known to be complete; empty if the
 *     service could not be asked
 * @param assumed the policy that stands in for an answer; empty if there is one
 */
public record Check(
    String address,
    Verdict verdict,
    Reason reason,
    String revision,
    Optional<Instant> asOf,
    Optional<WhenUnavailable> assumed) {

  /** Whether to send: the service said so, or could not be asked and the policy says so. */
  public boolean send() {
    return answered() ? verdict == Verdict.SEND : assumed.get() == WhenUnavailable.SEND;
  }

  /** Whether the service answered at all. */
  public boolean answered() {
    return assumed.isEmpty();
  }

  static Check assumed(String address, WhenUnavailable policy) {
    return new Check(
        address,
        Verdict.UNSPECIFIED,
        Reason.UNSPECIFIED,
        "",
        Optional.empty(),
        Optional.of(policy));
  }

  static Check of(String address, CheckAddressResponse response) {
    return new Check(
        address,
        Verdict.of(response.getVerdict()),
        Reason.of(response.getReason()),
        response.getRevision(),
        Times.read(response.hasAsOfTime(), response.getAsOfTime()),
        Optional.empty());
  }

  /**
   * Reads the answer about many addresses.
   *
   * <p>One with another number of verdicts than there were questions leaves open which is whose, so
   * none of them counts and nothing may be sent.
   */
  static List<Check> of(List<String> addresses, BatchCheckResponse response) {
    boolean whole = response.getVerdictsCount() == addresses.size();
    Map<Integer, Reason> reasons =
        response.getMatchesList().stream()
            .collect(Collectors.toMap(Match::getIndex, m -> Reason.of(m.getReason()), (a, b) -> a));
    Optional<Instant> asOf = Times.read(response.hasAsOfTime(), response.getAsOfTime());
    return IntStream.range(0, addresses.size())
        .mapToObj(
            i ->
                new Check(
                    addresses.get(i),
                    whole ? Verdict.of(response.getVerdicts(i)) : Verdict.UNSPECIFIED,
                    reasons.getOrDefault(i, Reason.UNSPECIFIED),
                    response.getRevision(),
                    asOf,
                    Optional.empty()))
        .toList();
  }
}
