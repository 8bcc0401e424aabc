package io.suppression.client;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.suppression.v1.BatchCheckRequest;
import io.suppression.v1.CheckAddressRequest;
import io.suppression.v1.EraseAddressRequest;
import io.suppression.v1.GetAddressRequest;
import io.suppression.v1.ListChangesRequest;
import io.suppression.v1.SuppressRequest;
import io.suppression.v1.SuppressionServiceGrpc;
import io.suppression.v1.SuppressionServiceGrpc.SuppressionServiceBlockingStub;
import io.suppression.v1.UnsuppressRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Asks before each mail, and changes the list.
 *
 * <p>Safe to share between threads: keep one for the life of a process.
 *
 * <p>Checks carry the revision of this client's newest write, so that they see it on every replica;
 * a {@link Mail#minRevision()} of the caller's goes instead. Where writes of several threads
 * overlap, the newest is the one that was answered last.
 *
 * <p>Every method throws {@link RefusedException} for what the service refuses, {@link
 * ClientClosedException} after {@link #close()}, and {@link CallCancelledException} in a thread
 * that is interrupted. While the service cannot be asked, checks do as {@link WhenUnavailable}
 * says; everything else throws {@link UnavailableException}.
 */
public final class SuppressionClient implements AutoCloseable {
  /** How many addresses the service takes in one call. */
  public static final int MAX_BATCH = 10_000;

  // What the service says of a revision that means nothing to its database, as after a restore.
  private static final Set<String> OF_ANOTHER_DATABASE =
      Set.of("REVISION_FOREIGN", "REVISION_AHEAD");

  private static final long RECONNECT_INTERVAL = TimeUnit.SECONDS.toNanos(1);

  private final ManagedChannel channel;
  private final Greeting greeting;
  private final SuppressionServiceBlockingStub stub;
  private final Policy policy;
  private final Duration checkTimeout;
  private final Duration batchTimeout;
  private final Duration timeout;
  private final int batchParallelism;
  private final AtomicReference<String> newestWrite = new AtomicReference<>("");
  private final AtomicLong reconnectAfter = new AtomicLong(System.nanoTime());
  private volatile boolean closed;

  private SuppressionClient(Builder builder) {
    channel = builder.connection().open();
    greeting = new Greeting(channel, builder.connectTimeout);
    stub = SuppressionServiceGrpc.newBlockingStub(channel);
    policy = new Policy(builder.whenUnavailable, System::nanoTime);
    checkTimeout = builder.checkTimeout;
    batchTimeout = builder.batchTimeout;
    timeout = builder.timeout;
    batchParallelism = builder.batchParallelism;
  }

  /**
   * Starts to set up a client.
   *
   * @param server a gRPC target: {@code host:port}, {@code dns:///host:port} or {@code
   *     unix:///path}. Calls go round all addresses of a name.
   * @param whenUnavailable what a check answers while the service cannot be asked
   */
  public static Builder builder(String server, WhenUnavailable whenUnavailable) {
    return new Builder(server, whenUnavailable);
  }

  /** Asks whether one address may be mailed, with ordinary mail of no stream. */
  public Check check(String address) {
    return check(address, Mail.ORDINARY);
  }

  /**
   * Asks whether one address may be mailed.
   *
   * @param address without a display name; case and blanks around it do not matter. Text that is no
   *     address is answered, not thrown.
   * @param mail what it is to be mailed
   * @throws RefusedException the service does not accept the question
   * @throws UnavailableException it could not be asked, and the policy is {@link
   *     WhenUnavailable#THROW}
   */
  public Check check(String address, Mail mail) {
    CheckAddressRequest.Builder request =
        CheckAddressRequest.newBuilder()
            .setAddress(encodable(address))
            .setStream(mail.stream())
            .setMailClass(mail.mailClass().proto());
    try {
      return Check.of(
          address,
          fresh(
              mail,
              revision ->
                  within(checkTimeout).checkAddress(request.setMinRevision(revision).build())));
    } catch (UnavailableException error) {
      return policy.standIn(List.of(address), error).get(0);
    }
  }

  /** Asks about any number of addresses, with ordinary mail of no stream. */
  public List<Check> batchCheck(Collection<String> addresses) {
    return batchCheck(addresses, Mail.ORDINARY);
  }

  /**
   * Asks about any number of addresses; the answers are in their order.
   *
   * <p>Every 10,000 addresses are one call with a deadline of its own, several under way at a time.
   * Each call is answered at one revision, but two calls can be answered at two, and one can go
   * unanswered without the others.
   *
   * <p>Arguments and exceptions are those of {@link #check(String, Mail)}. The first exception ends
   * it all.
   */
  public List<Check> batchCheck(Collection<String> addresses, Mail mail) {
    List<String> all = List.copyOf(addresses);
    if (all.size() <= MAX_BATCH) {
      return all.isEmpty() ? List.of() : batch(all, mail);
    }
    ExecutorService pool =
        Executors.newFixedThreadPool(batchParallelism, SuppressionClient::daemon);
    try {
      List<Future<List<Check>>> batches = new ArrayList<>();
      for (int start = 0; start < all.size(); start += MAX_BATCH) {
        List<String> piece = all.subList(start, Math.min(start + MAX_BATCH, all.size()));
        batches.add(pool.submit(Context.current().wrap(() -> batch(piece, mail))));
      }
      List<Check> checks = new ArrayList<>(all.size());
      batches.forEach(batch -> checks.addAll(result(batch)));
      return List.copyOf(checks);
    } finally {
      pool.shutdownNow();
    }
  }

  /** Returns the addresses that may be mailed, with ordinary mail of no stream. */
  public List<String> filter(Collection<String> addresses) {
    return filter(addresses, Mail.ORDINARY);
  }

  /**
   * Returns the addresses that may be mailed, in their order.
   *
   * <p>Arguments and exceptions are those of {@link #batchCheck(Collection, Mail)}.
   */
  public List<String> filter(Collection<String> addresses, Mail mail) {
    return batchCheck(addresses, mail).stream().filter(Check::send).map(Check::address).toList();
  }

  /** Puts an address on the list for all mail and for ever. */
  public Suppressed suppress(String address, Reason reason) {
    return suppress(address, reason, Entry.FOR_ALL_MAIL);
  }

  /**
   * Puts an address on the list. Idempotent; returns once it is durable.
   *
   * @param address without a display name
   * @param reason an answer such as {@link Reason#INVALID_ADDRESS} is none
   * @param entry what else there is to say
   * @throws InvalidArgumentException one of these is not acceptable
   * @throws UnavailableException the service could not be asked. The entry may have been made or
   *     not; it does no harm to call again.
   */
  public Suppressed suppress(String address, Reason reason, Entry entry) {
    SuppressRequest.Builder request =
        SuppressRequest.newBuilder()
            .setAddress(encodable(address))
            .setReason(reason.proto())
            .setStream(entry.stream())
            .setSource(entry.source())
            .setDetail(entry.detail());
    entry.ttl().map(Times::write).ifPresent(request::setTtl);
    Suppressed answer = Suppressed.of(ask(() -> within(timeout).suppress(request.build())));
    wrote(answer.revision());
    return answer;
  }

  /** Takes every entry of an address off the list. */
  public Unsuppressed unsuppress(String address) {
    return unsuppress(address, Removal.OF_ALL);
  }

  /**
   * Takes entries of an address off the list. Idempotent.
   *
   * @param address without a display name
   * @param removal which entries, and why
   * @throws InvalidArgumentException one of these is not acceptable
   * @throws UnavailableException the service could not be asked
   */
  public Unsuppressed unsuppress(String address, Removal removal) {
    UnsuppressRequest.Builder request =
        UnsuppressRequest.newBuilder()
            .setAddress(encodable(address))
            .setSource(removal.source())
            .setDetail(removal.detail());
    removal.reason().map(Reason::proto).ifPresent(request::setReason);
    removal.stream().ifPresent(request::setStream);
    Unsuppressed answer = Unsuppressed.of(ask(() -> within(timeout).unsuppress(request.build())));
    wrote(answer.revision());
    return answer;
  }

  /**
   * Has a person forgotten; the address stays blocked as it is. Idempotent.
   *
   * <p>Entries keep a keyed hash instead of the address, and no text but {@code detail}.
   *
   * @param address without a display name
   * @param detail why, at most 1,000 bytes; it is kept, so name no person in it
   * @throws InvalidArgumentException one of these is not acceptable
   * @throws UnavailableException the service could not be asked
   */
  public Erased erase(String address, String detail) {
    EraseAddressRequest request =
        EraseAddressRequest.newBuilder().setAddress(encodable(address)).setDetail(detail).build();
    Erased answer = Erased.of(ask(() -> within(timeout).eraseAddress(request)));
    wrote(answer.revision());
    return answer;
  }

  /**
   * Returns every entry and the feedback of one address.
   *
   * @throws InvalidArgumentException the text is no address
   * @throws UnavailableException the service could not be asked
   */
  public AddressHistory getAddress(String address) {
    GetAddressRequest request =
        GetAddressRequest.newBuilder().setAddress(encodable(address)).build();
    return AddressHistory.of(ask(() -> within(timeout).getAddress(request)));
  }

  /**
   * Returns what changed on the list, oldest change first.
   *
   * @param afterRevision changes after this revision; empty text for all from the beginning
   * @param pageSize about how many changes to return, at most 10,000; 0 for 1,000
   * @param maxWait how long to wait for a change where there is none, at most a minute; the
   *     deadline is so much later
   * @throws InvalidArgumentException one of these is not acceptable
   * @throws UnavailableException the service could not be asked
   */
  public Changes listChanges(String afterRevision, int pageSize, Duration maxWait) {
    ListChangesRequest request =
        ListChangesRequest.newBuilder()
            .setAfterRevision(afterRevision)
            .setPageSize(pageSize)
            .setMaxWait(Times.write(maxWait))
            .build();
    // The server may rightly stay silent for all of maxWait.
    Duration patience = maxWait.isNegative() ? timeout : timeout.plus(maxWait);
    return Changes.of(ask(() -> within(patience).listChanges(request)));
  }

  /** How many addresses the policy decided about so far, for want of an answer. */
  public long unanswered() {
    return policy.unanswered();
  }

  /** Closes the connection. Calls under way fail; closing again does nothing. */
  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
  }

  private List<Check> batch(List<String> addresses, Mail mail) {
    BatchCheckRequest.Builder request =
        BatchCheckRequest.newBuilder()
            .addAllAddresses(addresses.stream().map(SuppressionClient::encodable).toList())
            .setStream(mail.stream())
            .setMailClass(mail.mailClass().proto());
    try {
      return Check.of(
          addresses,
          fresh(
              mail,
              revision ->
                  within(batchTimeout).batchCheck(request.setMinRevision(revision).build())));
    } catch (UnavailableException error) {
      return policy.standIn(addresses, error);
    }
  }

  /** Asks for an answer at least as new as the caller wants, else as one's own writes. */
  private <T> T fresh(Mail mail, Function<String, T> call) {
    if (mail.minRevision().isPresent()) {
      return ask(() -> call.apply(mail.minRevision().get()));
    }
    String carried = newestWrite.get();
    try {
      return ask(() -> call.apply(carried));
    } catch (InvalidArgumentException error) {
      if (carried.isEmpty() || !OF_ANOTHER_DATABASE.contains(error.reason())) {
        throw error;
      }
    }
    // The service has moved to another database, where what was written before means nothing. The
    // caller did not ask for it, so ask without; a newer write may have come to stand there.
    newestWrite.compareAndSet(carried, "");
    return ask(() -> call.apply(""));
  }

  private void wrote(String revision) {
    if (!revision.isEmpty()) {
      newestWrite.set(revision);
    }
  }

  private <T> T ask(Supplier<T> call) {
    if (closed) {
      throw new ClientClosedException("the client is closed", null);
    }
    try {
      greeting.await();
      reconnect();
      return call.get();
    } catch (StatusRuntimeException error) {
      throw failed(error);
    } catch (InterruptedException error) {
      throw interrupted(error);
    }
  }

  private SuppressionException failed(StatusRuntimeException error) {
    Status.Code code = error.getStatus().getCode();
    if (closed) {
      return new ClientClosedException("the client was closed during the call", error);
    }
    if (code == Status.Code.CANCELLED
        && (Thread.currentThread().isInterrupted() || Context.current().isCancelled())) {
      return new CallCancelledException("the caller was interrupted or cancelled", error);
    }
    return Failure.from(error);
  }

  // By default gRPC waits up to two minutes before it tries a server again, and Java has no setting
  // for it. So calls have servers that are away tried at once, but once a second at most: while one
  // server restarts after the other, the first is found again in time.
  private void reconnect() {
    long due = reconnectAfter.get();
    long now = System.nanoTime();
    if (now - due >= 0 && reconnectAfter.compareAndSet(due, now + RECONNECT_INTERVAL)) {
      channel.resetConnectBackoff();
    }
  }

  private SuppressionServiceBlockingStub within(Duration timeout) {
    return stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  // Half a surrogate pair would go out as "?", which is another address. Empty is none.
  private static String encodable(String address) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(address) ? address : "";
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (InterruptedException error) {
      throw interrupted(error);
    } catch (ExecutionException error) {
      if (error.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(error.getCause());
    }
  }

  private static CallCancelledException interrupted(InterruptedException error) {
    Thread.currentThread().interrupt();
    return new CallCancelledException("the caller was interrupted", error);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "suppression-batch");
    thread.setDaemon(true);
    return thread;
  }

  /** The choices of a client. All but those of {@link #builder} have defaults. */
  public static final class Builder {
    private final String server;
    private final WhenUnavailable whenUnavailable;
    private Optional<String> token = Optional.empty();
    private boolean tls;
    private Optional<Path> authorities = Optional.empty();
    private Optional<Path> certificate = Optional.empty();
    private Optional<Path> key = Optional.empty();
    private boolean insecure;
    private Duration checkTimeout = Duration.ofMillis(250);
    private Duration batchTimeout = Duration.ofSeconds(1);
    private Duration timeout = Duration.ofSeconds(5);
    private Duration connectTimeout = Duration.ofSeconds(2);
    private int batchParallelism = 4;

    private Builder(String server, WhenUnavailable whenUnavailable) {
      this.server = requireNonNull(server, "server");
      this.whenUnavailable = requireNonNull(whenUnavailable, "whenUnavailable");
    }

    /** Sent as {@code authorization: Bearer …}; beyond this machine only through TLS. */
    public Builder token(String token) {
      this.token = Optional.of(token);
      return this;
    }

    /** Talk through TLS, trusting the authorities that Java trusts. */
    public Builder tls() {
      tls = true;
      return this;
    }

    /** Talk through TLS, trusting the authorities of a PEM file. */
    public Builder tls(Path authorities) {
      this.authorities = Optional.of(authorities);
      return tls();
    }

    /**
     * Show a certificate of the client's own, for mutual TLS.
     *
     * @param certificate the chain, PEM
     * @param key its private key, PEM (PKCS #8)
     */
    public Builder certificate(Path certificate, Path key) {
      this.certificate = Optional.of(certificate);
      this.key = Optional.of(key);
      return tls();
    }

    /** Allow plaintext beyond this machine, where you trust the network. */
    public Builder insecure() {
      insecure = true;
      return this;
    }

    /** The deadline of a check, retries included; 250 ms by default. */
    public Builder checkTimeout(Duration timeout) {
      checkTimeout = positive(timeout);
      return this;
    }

    /** The deadline of each call of a batch, one for 10,000 addresses; 1 s by default. */
    public Builder batchTimeout(Duration timeout) {
      batchTimeout = positive(timeout);
      return this;
    }

    /** The deadline of every other call; 5 s by default. */
    public Builder timeout(Duration timeout) {
      this.timeout = positive(timeout);
      return this;
    }

    /**
     * How long the first call waits, before its deadline starts to run, for the service to have
     * been reached at all; 2 s by default. Later connections are made within the deadlines.
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive(timeout);
      return this;
    }

    /** How many calls of one batch are under way at a time; 4 by default. */
    public Builder batchParallelism(int calls) {
      if (calls < 1) {
        throw new ConfigurationException("batchParallelism must be positive", null);
      }
      batchParallelism = calls;
      return this;
    }

    /**
     * Makes the client, which begins to connect in the background.
     *
     * @throws ConfigurationException the choices do not go together, or are not safe
     */
    public SuppressionClient build() {
      return new SuppressionClient(this);
    }

    private Connection connection() {
      return new Connection(server, token, tls, authorities, certificate, key, insecure);
    }

    private static Duration positive(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new ConfigurationException("time-outs must be positive", null);
      }
      return timeout;
    }
  }
}
