package io.suppression.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Reads and imports entries of the suppression list.
 * Errors are those of SuppressionService.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class ListServiceGrpc {

  private ListServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "suppression.v1.ListService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.ListSuppressionsRequest,
      io.suppression.v1.ListSuppressionsResponse> getListSuppressionsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListSuppressions",
      requestType = io.suppression.v1.ListSuppressionsRequest.class,
      responseType = io.suppression.v1.ListSuppressionsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.ListSuppressionsRequest,
      io.suppression.v1.ListSuppressionsResponse> getListSuppressionsMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.ListSuppressionsRequest, io.suppression.v1.ListSuppressionsResponse> getListSuppressionsMethod;
    if ((getListSuppressionsMethod = ListServiceGrpc.getListSuppressionsMethod) == null) {
      synchronized (ListServiceGrpc.class) {
        if ((getListSuppressionsMethod = ListServiceGrpc.getListSuppressionsMethod) == null) {
          ListServiceGrpc.getListSuppressionsMethod = getListSuppressionsMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.ListSuppressionsRequest, io.suppression.v1.ListSuppressionsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListSuppressions"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ListSuppressionsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ListSuppressionsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new ListServiceMethodDescriptorSupplier("ListSuppressions"))
              .build();
        }
      }
    }
    return getListSuppressionsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.ImportSuppressionsRequest,
      io.suppression.v1.ImportSuppressionsResponse> getImportSuppressionsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ImportSuppressions",
      requestType = io.suppression.v1.ImportSuppressionsRequest.class,
      responseType = io.suppression.v1.ImportSuppressionsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.ImportSuppressionsRequest,
      io.suppression.v1.ImportSuppressionsResponse> getImportSuppressionsMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.ImportSuppressionsRequest, io.suppression.v1.ImportSuppressionsResponse> getImportSuppressionsMethod;
    if ((getImportSuppressionsMethod = ListServiceGrpc.getImportSuppressionsMethod) == null) {
      synchronized (ListServiceGrpc.class) {
        if ((getImportSuppressionsMethod = ListServiceGrpc.getImportSuppressionsMethod) == null) {
          ListServiceGrpc.getImportSuppressionsMethod = getImportSuppressionsMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.ImportSuppressionsRequest, io.suppression.v1.ImportSuppressionsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ImportSuppressions"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ImportSuppressionsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ImportSuppressionsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new ListServiceMethodDescriptorSupplier("ImportSuppressions"))
              .build();
        }
      }
    }
    return getImportSuppressionsMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static ListServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<ListServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<ListServiceStub>() {
        @java.lang.Override
        public ListServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new ListServiceStub(channel, callOptions);
        }
      };
    return ListServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static ListServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<ListServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<ListServiceBlockingV2Stub>() {
        @java.lang.Override
        public ListServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new ListServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return ListServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static ListServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<ListServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<ListServiceBlockingStub>() {
        @java.lang.Override
        public ListServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new ListServiceBlockingStub(channel, callOptions);
        }
      };
    return ListServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static ListServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<ListServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<ListServiceFutureStub>() {
        @java.lang.Override
        public ListServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new ListServiceFutureStub(channel, callOptions);
        }
      };
    return ListServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Lists entries, a page at a time. The filter and the order decide which
     * entries, and in which order.
     * A page begins after the last entry of the page before, wherever that entry is
     * now. So entries that are added or removed meanwhile shift no page: an entry
     * that exists all the time is on one page. If its first_seen_time moves back
     * meanwhile, it can also be on a later one.
     * INVALID_ARGUMENT: a field of the filter cannot be used, page_size is negative,
     * or page_token is malformed or belongs to another filter, order or database.
     * RESOURCE_EXHAUSTED, reason FILTER_TOO_SLOW: several fields together leave few of
     * very many entries, and finding them takes too long.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    default void listSuppressions(io.suppression.v1.ListSuppressionsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ListSuppressionsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListSuppressionsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Adds up to 5,000 entries with their original times, reasons, streams and
     * expiries. Idempotent: if an import breaks, run it again.
     * An import never weakens an active entry: it prolongs, widens or keeps it. It
     * never restores an entry that was removed after the last_seen_time of the row,
     * or any removed entry if the row has no time, unless restore_removed is set. A row
     * that cannot be used is refused by itself, and the other rows are imported. All
     * rows of a call take effect together, before the response is sent.
     * INVALID_ARGUMENT: there are no rows, or too many.
     * RESOURCE_EXHAUSTED: too many imports are under way, or the request has more than
     * 4 MiB.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    default void importSuppressions(io.suppression.v1.ImportSuppressionsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ImportSuppressionsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getImportSuppressionsMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service ListService.
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static abstract class ListServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return ListServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service ListService.
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class ListServiceStub
      extends io.grpc.stub.AbstractAsyncStub<ListServiceStub> {
    private ListServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected ListServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new ListServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists entries, a page at a time. The filter and the order decide which
     * entries, and in which order.
     * A page begins after the last entry of the page before, wherever that entry is
     * now. So entries that are added or removed meanwhile shift no page: an entry
     * that exists all the time is on one page. If its first_seen_time moves back
     * meanwhile, it can also be on a later one.
     * INVALID_ARGUMENT: a field of the filter cannot be used, page_size is negative,
     * or page_token is malformed or belongs to another filter, order or database.
     * RESOURCE_EXHAUSTED, reason FILTER_TOO_SLOW: several fields together leave few of
     * very many entries, and finding them takes too long.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public void listSuppressions(io.suppression.v1.ListSuppressionsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ListSuppressionsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListSuppressionsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Adds up to 5,000 entries with their original times, reasons, streams and
     * expiries. Idempotent: if an import breaks, run it again.
     * An import never weakens an active entry: it prolongs, widens or keeps it. It
     * never restores an entry that was removed after the last_seen_time of the row,
     * or any removed entry if the row has no time, unless restore_removed is set. A row
     * that cannot be used is refused by itself, and the other rows are imported. All
     * rows of a call take effect together, before the response is sent.
     * INVALID_ARGUMENT: there are no rows, or too many.
     * RESOURCE_EXHAUSTED: too many imports are under way, or the request has more than
     * 4 MiB.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public void importSuppressions(io.suppression.v1.ImportSuppressionsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ImportSuppressionsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getImportSuppressionsMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service ListService.
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class ListServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<ListServiceBlockingV2Stub> {
    private ListServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected ListServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new ListServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists entries, a page at a time. The filter and the order decide which
     * entries, and in which order.
     * A page begins after the last entry of the page before, wherever that entry is
     * now. So entries that are added or removed meanwhile shift no page: an entry
     * that exists all the time is on one page. If its first_seen_time moves back
     * meanwhile, it can also be on a later one.
     * INVALID_ARGUMENT: a field of the filter cannot be used, page_size is negative,
     * or page_token is malformed or belongs to another filter, order or database.
     * RESOURCE_EXHAUSTED, reason FILTER_TOO_SLOW: several fields together leave few of
     * very many entries, and finding them takes too long.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ListSuppressionsResponse listSuppressions(io.suppression.v1.ListSuppressionsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListSuppressionsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds up to 5,000 entries with their original times, reasons, streams and
     * expiries. Idempotent: if an import breaks, run it again.
     * An import never weakens an active entry: it prolongs, widens or keeps it. It
     * never restores an entry that was removed after the last_seen_time of the row,
     * or any removed entry if the row has no time, unless restore_removed is set. A row
     * that cannot be used is refused by itself, and the other rows are imported. All
     * rows of a call take effect together, before the response is sent.
     * INVALID_ARGUMENT: there are no rows, or too many.
     * RESOURCE_EXHAUSTED: too many imports are under way, or the request has more than
     * 4 MiB.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ImportSuppressionsResponse importSuppressions(io.suppression.v1.ImportSuppressionsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getImportSuppressionsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service ListService.
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class ListServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<ListServiceBlockingStub> {
    private ListServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected ListServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new ListServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists entries, a page at a time. The filter and the order decide which
     * entries, and in which order.
     * A page begins after the last entry of the page before, wherever that entry is
     * now. So entries that are added or removed meanwhile shift no page: an entry
     * that exists all the time is on one page. If its first_seen_time moves back
     * meanwhile, it can also be on a later one.
     * INVALID_ARGUMENT: a field of the filter cannot be used, page_size is negative,
     * or page_token is malformed or belongs to another filter, order or database.
     * RESOURCE_EXHAUSTED, reason FILTER_TOO_SLOW: several fields together leave few of
     * very many entries, and finding them takes too long.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ListSuppressionsResponse listSuppressions(io.suppression.v1.ListSuppressionsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListSuppressionsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds up to 5,000 entries with their original times, reasons, streams and
     * expiries. Idempotent: if an import breaks, run it again.
     * An import never weakens an active entry: it prolongs, widens or keeps it. It
     * never restores an entry that was removed after the last_seen_time of the row,
     * or any removed entry if the row has no time, unless restore_removed is set. A row
     * that cannot be used is refused by itself, and the other rows are imported. All
     * rows of a call take effect together, before the response is sent.
     * INVALID_ARGUMENT: there are no rows, or too many.
     * RESOURCE_EXHAUSTED: too many imports are under way, or the request has more than
     * 4 MiB.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ImportSuppressionsResponse importSuppressions(io.suppression.v1.ImportSuppressionsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getImportSuppressionsMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service ListService.
   * <pre>
   * Reads and imports entries of the suppression list.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class ListServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<ListServiceFutureStub> {
    private ListServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected ListServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new ListServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Lists entries, a page at a time. The filter and the order decide which
     * entries, and in which order.
     * A page begins after the last entry of the page before, wherever that entry is
     * now. So entries that are added or removed meanwhile shift no page: an entry
     * that exists all the time is on one page. If its first_seen_time moves back
     * meanwhile, it can also be on a later one.
     * INVALID_ARGUMENT: a field of the filter cannot be used, page_size is negative,
     * or page_token is malformed or belongs to another filter, order or database.
     * RESOURCE_EXHAUSTED, reason FILTER_TOO_SLOW: several fields together leave few of
     * very many entries, and finding them takes too long.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.ListSuppressionsResponse> listSuppressions(
        io.suppression.v1.ListSuppressionsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListSuppressionsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Adds up to 5,000 entries with their original times, reasons, streams and
     * expiries. Idempotent: if an import breaks, run it again.
     * An import never weakens an active entry: it prolongs, widens or keeps it. It
     * never restores an entry that was removed after the last_seen_time of the row,
     * or any removed entry if the row has no time, unless restore_removed is set. A row
     * that cannot be used is refused by itself, and the other rows are imported. All
     * rows of a call take effect together, before the response is sent.
     * INVALID_ARGUMENT: there are no rows, or too many.
     * RESOURCE_EXHAUSTED: too many imports are under way, or the request has more than
     * 4 MiB.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.ImportSuppressionsResponse> importSuppressions(
        io.suppression.v1.ImportSuppressionsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getImportSuppressionsMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_LIST_SUPPRESSIONS = 0;
  private static final int METHODID_IMPORT_SUPPRESSIONS = 1;

  private static final class MethodHandlers<Req, Resp> implements
      io.grpc.stub.ServerCalls.UnaryMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ServerStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.ClientStreamingMethod<Req, Resp>,
      io.grpc.stub.ServerCalls.BidiStreamingMethod<Req, Resp> {
    private final AsyncService serviceImpl;
    private final int methodId;

    MethodHandlers(AsyncService serviceImpl, int methodId) {
      this.serviceImpl = serviceImpl;
      this.methodId = methodId;
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public void invoke(Req request, io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        case METHODID_LIST_SUPPRESSIONS:
          serviceImpl.listSuppressions((io.suppression.v1.ListSuppressionsRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.ListSuppressionsResponse>) responseObserver);
          break;
        case METHODID_IMPORT_SUPPRESSIONS:
          serviceImpl.importSuppressions((io.suppression.v1.ImportSuppressionsRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.ImportSuppressionsResponse>) responseObserver);
          break;
        default:
          throw new AssertionError();
      }
    }

    @java.lang.Override
    @java.lang.SuppressWarnings("unchecked")
    public io.grpc.stub.StreamObserver<Req> invoke(
        io.grpc.stub.StreamObserver<Resp> responseObserver) {
      switch (methodId) {
        default:
          throw new AssertionError();
      }
    }
  }

  public static final io.grpc.ServerServiceDefinition bindService(AsyncService service) {
    return io.grpc.ServerServiceDefinition.builder(getServiceDescriptor())
        .addMethod(
          getListSuppressionsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.ListSuppressionsRequest,
              io.suppression.v1.ListSuppressionsResponse>(
                service, METHODID_LIST_SUPPRESSIONS)))
        .addMethod(
          getImportSuppressionsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.ImportSuppressionsRequest,
              io.suppression.v1.ImportSuppressionsResponse>(
                service, METHODID_IMPORT_SUPPRESSIONS)))
        .build();
  }

  private static abstract class ListServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    ListServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.suppression.v1.ListServiceOuterClass.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("ListService");
    }
  }

  private static final class ListServiceFileDescriptorSupplier
      extends ListServiceBaseDescriptorSupplier {
    ListServiceFileDescriptorSupplier() {}
  }

  private static final class ListServiceMethodDescriptorSupplier
      extends ListServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    ListServiceMethodDescriptorSupplier(java.lang.String methodName) {
      this.methodName = methodName;
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.MethodDescriptor getMethodDescriptor() {
      return getServiceDescriptor().findMethodByName(methodName);
    }
  }

  private static volatile io.grpc.ServiceDescriptor serviceDescriptor;

  public static io.grpc.ServiceDescriptor getServiceDescriptor() {
    io.grpc.ServiceDescriptor result = serviceDescriptor;
    if (result == null) {
      synchronized (ListServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new ListServiceFileDescriptorSupplier())
              .addMethod(getListSuppressionsMethod())
              .addMethod(getImportSuppressionsMethod())
              .build();
        }
      }
    }
    return result;
  }
}
