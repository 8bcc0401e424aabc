package io.suppression.conformance;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;

/** Resolves one name to all given addresses, as DNS does. */
final class StaticNameResolver extends NameResolverProvider {
  static final String SCHEME = "servers";

  private final List<EquivalentAddressGroup> addresses;

  StaticNameResolver(List<String> servers) {
    addresses =
        servers.stream().map(StaticNameResolver::address).map(EquivalentAddressGroup::new).toList();
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  public NameResolver newNameResolver(URI target, NameResolver.Args args) {
    return new NameResolver() {
      @Override
      public String getServiceAuthority() {
        return SCHEME;
      }

      @Override
      public void start(Listener2 listener) {
        listener.onResult(
            ResolutionResult.newBuilder()
                .setAddressesOrError(StatusOr.fromValue(addresses))
                .build());
      }

      @Override
      public void shutdown() {}
    };
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 5;
  }

  private static InetSocketAddress address(String server) {
    URI parts = URI.create("//" + server);
    return new InetSocketAddress(parts.getHost(), parts.getPort());
  }
}
