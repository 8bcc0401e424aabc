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
 * Checks addresses and changes the suppression list.
 *
 * <p>Create one client per process and keep it. It is thread-safe.
 *
 * <p>Checks send the revision of this client's newest write, so they see this write on every
 * replica. If the caller passes a {@link Mail#minRevision()}, it is sent instead. If several
 * threads write concurrently, the newest write is the one whose response arrived last.
 *
 * <p>Every method throws {@link RefusedException} if the service rejects the request, {@link
 * ClientClosedException} after {@link #close()}, and {@link CallCancelledException} if the thread
 * is interrupted. If the service is unavailable, checks follow the policy {@link WhenUnavailable};
 * all other methods throw {@link UnavailableException}.
 */
public final class SuppressionClient implements AutoCloseable {
  /** The largest number of addresses in one BatchCheck call. */
  public static final int MAX_BATCH = 10_000;

  // Bytes of UTF-8 of the longest address: RFC 5321 permits 64 before the @ and 255 after it.
  private static final int MAX_ADDRESS = 320;

  // Reasons for a revision that the database does not know, for example after a restore.
  private static final Set<String> UNKNOWN_REVISION = Set.of("REVISION_FOREIGN", "REVISION_AHEAD");

  private static final long RECONNECT_INTERVAL = TimeUnit.SECONDS.toNanos(1);

  private final ManagedChannel channel;
  private final WarmUp warmUp;
  private final SuppressionServiceBlockingStub stub;
  private final Policy policy;
  private final Duration checkTimeout;
  private final Duration batchTimeout;
  private final Duration timeout;
  private final int batchParallelism;
  private final AtomicReference<String> newestWrite = new AtomicReference<>("");
  private final AtomicLong nextReconnect = new AtomicLong(System.nanoTime());
  private volatile boolean closed;

  private SuppressionClient(Builder builder) {
    channel = builder.connection().open();
    warmUp = new WarmUp(channel, builder.connectTimeout);
    stub = SuppressionServiceGrpc.newBlockingStub(channel);
    policy = new Policy(builder.whenUnavailable, System::nanoTime);
    checkTimeout = builder.checkTimeout;
    batchTimeout = builder.batchTimeout;
    timeout = builder.timeout;
    batchParallelism = builder.batchParallelism;
  }

  /**
   * Returns a builder of a client.
   *
   * @param server a gRPC target: {@code host:port}, {@code dns:///host:port} or {@code
   *     unix:///path}. Calls are balanced round-robin over all addresses of a name.
   * @param whenUnavailable the policy for checks when the service is unavailable
   */
  public static Builder builder(String server, WhenUnavailable whenUnavailable) {
    return new Builder(server, whenUnavailable);
  }

  /** Checks one address, for ordinary mail without a stream. */
  public Check check(String address) {
    return check(address, Mail.ORDINARY);
  }

  /**
   * Checks one address.
   *
   * @param address without a display name. Letter case and surrounding whitespace are ignored. A
   *     malformed address is not an error: the reason is {@link Reason#INVALID_ADDRESS}.
   * @param mail the mail that will be sent
   * @throws RefusedException if the service rejects the request
   * @throws UnavailableException if the service is unavailable and the policy is {@link
   *     WhenUnavailable#THROW}
   */
  public Check check(String address, Mail mail) {
    CheckAddressRequest.Builder request =
        CheckAddressRequest.newBuilder()
            .setAddress(checkable(address))
            .setStream(mail.stream())
            .setMailClass(mail.mailClass().proto());
    try {
      return Check.of(
          address,
          withMinRevision(
              mail,
              revision ->
                  withDeadline(checkTimeout)
                      .checkAddress(request.setMinRevision(revision).build())));
    } catch (UnavailableException error) {
      return policy.decide(List.of(address), mail.mailClass(), error).get(0);
    }
  }

  /** Checks any number of addresses, for ordinary mail without a stream. */
  public List<Check> batchCheck(Collection<String> addresses) {
    return batchCheck(addresses, Mail.ORDINARY);
  }

  /**
   * Checks any number of addresses. The results are in the order of the addresses.
   *
   * <p>The addresses are split into calls of 10,000, which run in parallel, each with its own
   * deadline. All results of one call have the same revision; results of different calls can have
   * different revisions. If one call fails because the service is unavailable, the policy decides
   * only about its addresses.
   *
   * <p>Parameters and exceptions are those of {@link #check(String, Mail)}. The first exception
   * cancels the other calls.
   */
  public List<Check> batchCheck(Collection<String> addresses, Mail mail) {
    List<String> all = List.copyOf(addresses);
    if (all.size() <= MAX_BATCH) {
      return all.isEmpty() ? List.of() : checkBatch(all, mail);
    }
    ExecutorService pool =
        Executors.newFixedThreadPool(batchParallelism, SuppressionClient::daemon);
    try {
      List<Future<List<Check>>> futures = new ArrayList<>();
      for (int start = 0; start < all.size(); start += MAX_BATCH) {
        List<String> batch = all.subList(start, Math.min(start + MAX_BATCH, all.size()));
        futures.add(pool.submit(Context.current().wrap(() -> checkBatch(batch, mail))));
      }
      List<Check> checks = new ArrayList<>(all.size());
      futures.forEach(future -> checks.addAll(result(future)));
      return List.copyOf(checks);
    } finally {
      pool.shutdownNow();
    }
  }

  /** Returns the addresses that may be mailed with ordinary mail without a stream. */
  public List<String> filter(Collection<String> addresses) {
    return filter(addresses, Mail.ORDINARY);
  }

  /**
   * Returns the addresses that may be mailed, in the given order.
   *
   * <p>Parameters and exceptions are those of {@link #batchCheck(Collection, Mail)}.
   */
  public List<String> filter(Collection<String> addresses, Mail mail) {
    return batchCheck(addresses, mail).stream().filter(Check::send).map(Check::address).toList();
  }

  /** Adds an address to the list, for all mail and without expiry. */
  public Suppressed suppress(String address, Reason reason) {
    return suppress(address, reason, Entry.FOR_ALL_MAIL);
  }

  /**
   * Adds an address to the list. Idempotent. Returns after the entry is durable.
   *
   * @param address without a display name
   * @param reason why; not {@link Reason#INVALID_ADDRESS}
   * @param entry the optional fields of the entry
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable. The entry may or may not have been
   *     created. It is safe to call again.
   */
  public Suppressed suppress(String address, Reason reason, Entry entry) {
    return suppress(SuppressRequest.newBuilder().setAddress(encodable(address)), reason, entry);
  }

  /** Adds a domain to the list, without its subdomains, for all mail and without expiry. */
  public Suppressed suppressDomain(String domain, Reason reason) {
    return suppressDomain(domain, reason, Entry.FOR_ALL_MAIL);
  }

  /**
   * Adds a domain to the list, which suppresses all its addresses. Idempotent.
   *
   * <p>A repeated call can add the subdomains to an entry; it does not take them away.
   *
   * @param domain with at least two labels
   * @param reason why; not {@link Reason#INVALID_ADDRESS}
   * @param entry the optional fields of the entry
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable. It is safe to call again.
   */
  public Suppressed suppressDomain(String domain, Reason reason, Entry entry) {
    return suppress(SuppressRequest.newBuilder().setDomain(encodable(domain)), reason, entry);
  }

  private Suppressed suppress(SuppressRequest.Builder request, Reason reason, Entry entry) {
    request
        .setReason(reason.proto())
        .setStream(entry.stream())
        .setSource(entry.source())
        .setDetail(entry.detail())
        .setIncludeSubdomains(entry.includeSubdomains());
    entry.ttl().map(Times::write).ifPresent(request::setTtl);
    Suppressed result =
        Suppressed.of(invoke(() -> withDeadline(timeout).suppress(request.build())));
    rememberWrite(result.revision());
    return result;
  }

  /** Removes every entry of an address from the list, not those of its domain. */
  public Unsuppressed unsuppress(String address) {
    return unsuppress(address, Removal.OF_ALL);
  }

  /**
   * Removes entries of an address from the list. Idempotent.
   *
   * @param address without a display name
   * @param removal the entries to remove, and why
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable
   */
  public Unsuppressed unsuppress(String address, Removal removal) {
    return unsuppress(UnsuppressRequest.newBuilder().setAddress(encodable(address)), removal);
  }

  /** Removes every entry of a domain from the list, not those of its addresses. */
  public Unsuppressed unsuppressDomain(String domain) {
    return unsuppressDomain(domain, Removal.OF_ALL);
  }

  /**
   * Removes entries of a domain from the list. Idempotent.
   *
   * @param domain with at least two labels
   * @param removal the entries to remove, and why
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable
   */
  public Unsuppressed unsuppressDomain(String domain, Removal removal) {
    return unsuppress(UnsuppressRequest.newBuilder().setDomain(encodable(domain)), removal);
  }

  private Unsuppressed unsuppress(UnsuppressRequest.Builder request, Removal removal) {
    request.setSource(removal.source()).setDetail(removal.detail());
    removal.reason().map(Reason::proto).ifPresent(request::setReason);
    removal.stream().ifPresent(request::setStream);
    Unsuppressed result =
        Unsuppressed.of(invoke(() -> withDeadline(timeout).unsuppress(request.build())));
    rememberWrite(result.revision());
    return result;
  }

  /**
   * Erases the personal data of an address. The address stays suppressed. Idempotent.
   *
   * <p>In its entries, a keyed hash replaces the address, message ids are cleared, and {@code
   * detail} is stored as their detail.
   *
   * @param address without a display name
   * @param detail why, at most 1,000 bytes. It is stored, so it must not contain personal data.
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable
   */
  public Erased erase(String address, String detail) {
    EraseAddressRequest request =
        EraseAddressRequest.newBuilder().setAddress(encodable(address)).setDetail(detail).build();
    Erased result = Erased.of(invoke(() -> withDeadline(timeout).eraseAddress(request)));
    rememberWrite(result.revision());
    return result;
  }

  /**
   * Returns the feedback about one address and every entry, including removed and expired entries,
   * and the entries of domains that apply to it.
   *
   * @throws InvalidArgumentException if the address is malformed
   * @throws UnavailableException if the service is unavailable
   */
  public AddressHistory getAddress(String address) {
    GetAddressRequest request =
        GetAddressRequest.newBuilder().setAddress(encodable(address)).build();
    return AddressHistory.of(invoke(() -> withDeadline(timeout).getAddress(request)));
  }

  /**
   * Returns every entry of one domain, including removed and expired entries.
   *
   * @throws InvalidArgumentException if the domain is malformed
   * @throws UnavailableException if the service is unavailable
   */
  public AddressHistory getDomain(String domain) {
    GetAddressRequest request = GetAddressRequest.newBuilder().setDomain(encodable(domain)).build();
    return AddressHistory.of(invoke(() -> withDeadline(timeout).getAddress(request)));
  }

  /**
   * Returns the entries that changed after a revision, oldest change first.
   *
   * @param afterRevision return changes after this revision; empty text for all changes
   * @param pageSize the approximate number of changes to return, at most 10,000; 0 for 1,000
   * @param maxWait how long to wait for a change if there is none, at most a minute. It is added to
   *     the deadline.
   * @throws InvalidArgumentException if a parameter is invalid
   * @throws UnavailableException if the service is unavailable
   */
  public Changes listChanges(String afterRevision, int pageSize, Duration maxWait) {
    ListChangesRequest request =
        ListChangesRequest.newBuilder()
            .setAfterRevision(afterRevision)
            .setPageSize(pageSize)
            .setMaxWait(Times.write(maxWait))
            .build();
    // The server answers after maxWait if there is no change.
    Duration deadline = maxWait.isNegative() ? timeout : timeout.plus(maxWait);
    return Changes.of(invoke(() -> withDeadline(deadline).listChanges(request)));
  }

  /** The number of addresses that the policy has decided because the service was unavailable. */
  public long unanswered() {
    return policy.unanswered();
  }

  /** Closes the connection. Calls in progress fail. A second close does nothing. */
  @Override
  public void close() {
    closed = true;
    channel.shutdownNow();
  }

  private List<Check> checkBatch(List<String> addresses, Mail mail) {
    BatchCheckRequest.Builder request =
        BatchCheckRequest.newBuilder()
            .addAllAddresses(addresses.stream().map(SuppressionClient::checkable).toList())
            .setStream(mail.stream())
            .setMailClass(mail.mailClass().proto());
    try {
      return Check.of(
          addresses,
          withMinRevision(
              mail,
              revision ->
                  withDeadline(batchTimeout).batchCheck(request.setMinRevision(revision).build())));
    } catch (UnavailableException error) {
      return policy.decide(addresses, mail.mailClass(), error);
    }
  }

  /** Makes a call with the caller's revision or, if there is none, that of the newest write. */
  private <T> T withMinRevision(Mail mail, Function<String, T> call) {
    if (mail.minRevision().isPresent()) {
      return invoke(() -> call.apply(mail.minRevision().get()));
    }
    String newest = newestWrite.get();
    try {
      return invoke(() -> call.apply(newest));
    } catch (InvalidArgumentException error) {
      if (newest.isEmpty() || !UNKNOWN_REVISION.contains(error.reason())) {
        throw error;
      }
    }
    // The service uses another database now, for example after a restore, and does not know this
    // revision. The caller did not pass it, so retry without it. A newer write is kept.
    newestWrite.compareAndSet(newest, "");
    return invoke(() -> call.apply(""));
  }

  private void rememberWrite(String revision) {
    if (!revision.isEmpty()) {
      newestWrite.set(revision);
    }
  }

  private <T> T invoke(Supplier<T> call) {
    if (closed) {
      throw new ClientClosedException("the client is closed", null);
    }
    try {
      warmUp.await();
      reconnectNow();
      return call.get();
    } catch (StatusRuntimeException error) {
      throw exceptionFrom(error);
    } catch (InterruptedException error) {
      throw interrupted(error);
    }
  }

  private SuppressionException exceptionFrom(StatusRuntimeException error) {
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

  // By default gRPC waits up to two minutes before it reconnects, and grpc-java has no setting for
  // this. So each call resets the back-off, at most once a second. In a rolling restart, the client
  // reconnects to the first server before the next one stops.
  private void reconnectNow() {
    long due = nextReconnect.get();
    long now = System.nanoTime();
    if (now - due >= 0 && nextReconnect.compareAndSet(due, now + RECONNECT_INTERVAL)) {
      channel.resetConnectBackoff();
    }
  }

  private SuppressionServiceBlockingStub withDeadline(Duration timeout) {
    return stub.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  // Java would encode an unpaired surrogate as "?", which gives another address. For "" the service
  // answers INVALID_ADDRESS.
  private static String encodable(String address) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(address) ? address : "";
  }

  // One long text, such as a stranger enters into a form, would make the whole request too long,
  // which the service refuses with RESOURCE_EXHAUSTED. SEND would then hold for all its addresses.
  // The service answers INVALID_ADDRESS for "" as for a text that is too long.
  private static String checkable(String address) {
    boolean tooLong = address.getBytes(StandardCharsets.UTF_8).length > MAX_ADDRESS;
    return tooLong ? "" : encodable(address);
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

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "suppression-batch");
    thread.setDaemon(true);
    return thread;
  }

  /** The settings of a client. Except the parameters of {@link #builder}, all have defaults. */
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

    /** Sends {@code authorization: Bearer …}. Requires TLS unless the server is on this machine. */
    public Builder token(String token) {
      this.token = Optional.of(token);
      return this;
    }

    /** Enables TLS with the certificate authorities that Java trusts. */
    public Builder tls() {
      tls = true;
      return this;
    }

    /** Enables TLS with the certificate authorities of a PEM file. */
    public Builder tls(Path authorities) {
      this.authorities = Optional.of(authorities);
      return tls();
    }

    /**
     * Sets the client's certificate, for mutual TLS.
     *
     * @param certificate the certificate chain, PEM
     * @param key the private key, PEM (PKCS #8)
     */
    public Builder certificate(Path certificate, Path key) {
      this.certificate = Optional.of(certificate);
      this.key = Optional.of(key);
      return tls();
    }

    /** Allows plaintext connections to other machines. Use it only in a trusted network. */
    public Builder insecure() {
      insecure = true;
      return this;
    }

    /** The deadline of a check, including retries. The default is 250 ms. */
    public Builder checkTimeout(Duration timeout) {
      checkTimeout = positive(timeout);
      return this;
    }

    /** The deadline of each call of a batch, with up to 10,000 addresses. The default is 1 s. */
    public Builder batchTimeout(Duration timeout) {
      batchTimeout = positive(timeout);
      return this;
    }

    /** The deadline of every other call. The default is 5 s. */
    public Builder timeout(Duration timeout) {
      this.timeout = positive(timeout);
      return this;
    }

    /**
     * How long the first call waits for the first connection. Its deadline starts after that. The
     * default is 2 s. Later connections are made within the deadlines.
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive(timeout);
      return this;
    }

    /** How many calls of one batch run in parallel. The default is 4. */
    public Builder batchParallelism(int calls) {
      if (calls < 1) {
        throw new ConfigurationException("batchParallelism must be positive", null);
      }
      batchParallelism = calls;
      return this;
    }

    /**
     * Creates the client. It starts to connect in the background.
     *
     * @throws ConfigurationException if the settings contradict each other or are not safe
     */
    public SuppressionClient build() {
      return new SuppressionClient(this);
    }

    private Connection connection() {
      return new Connection(server, token, tls, authorities, certificate, key, insecure);
    }

    private static Duration positive(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new ConfigurationException("timeouts must be positive", null);
      }
      return timeout;
    }
  }
}
