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
 * The result for one address. Use {@link #send()} to decide whether to send.
 *
 * @param address the address as passed by the caller
 * @param verdict the verdict of the service; {@link Verdict#UNSPECIFIED} if the service was
 *     unavailable
 * @param reason why the address must not be mailed; {@link Reason#UNSPECIFIED} if it may be mailed
 * @param revision the revision of the list that the verdict was read from; opaque
 * @param asOf when the list in the server's memory was last known to be up to date; empty if the
 *     service was unavailable
 * @param assumed the policy that decided because the service was unavailable; empty if the service
 *     answered. Of SEND_ESSENTIAL it is SEND or DO_NOT_SEND, by the class of the mail
 */
public record Check(
    String address,
    Verdict verdict,
    Reason reason,
    String revision,
    Optional<Instant> asOf,
    Optional<WhenUnavailable> assumed) {

  /**
   * Whether to send: the verdict is SEND, or the service was unavailable and the policy is SEND.
   */
  public boolean send() {
    return answered() ? verdict == Verdict.SEND : assumed.get() == WhenUnavailable.SEND;
  }

  /** Whether the service answered. */
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
   * Converts the response for many addresses.
   *
   * <p>If the number of verdicts differs from the number of addresses, no verdict can be matched to
   * an address, so all verdicts are unspecified and no mail is sent.
   */
  static List<Check> of(List<String> addresses, BatchCheckResponse response) {
    boolean complete = response.getVerdictsCount() == addresses.size();
    Map<Integer, Reason> reasons =
        response.getMatchesList().stream()
            .collect(Collectors.toMap(Match::getIndex, m -> Reason.of(m.getReason()), (a, b) -> a));
    Optional<Instant> asOf = Times.read(response.hasAsOfTime(), response.getAsOfTime());
    return IntStream.range(0, addresses.size())
        .mapToObj(
            i ->
                new Check(
                    addresses.get(i),
                    complete ? Verdict.of(response.getVerdicts(i)) : Verdict.UNSPECIFIED,
                    reasons.getOrDefault(i, Reason.UNSPECIFIED),
                    response.getRevision(),
                    asOf,
                    Optional.empty()))
        .toList();
  }
}
