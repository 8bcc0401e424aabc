package io.suppression.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Checks whether an address may be mailed, and changes the suppression list.
 * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
 * field is invalid, they also carry google.rpc.BadRequest. Error messages never
 * contain an address. Every call can fail with UNAUTHENTICATED or
 * PERMISSION_DENIED if the server requires tokens. Every call can fail with
 * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
 * caller exceeds its rate limit.
 * A revision identifies a state of one database. It is opaque: pass it back
 * unchanged. Do not parse revisions and do not compare them.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class SuppressionServiceGrpc {

  private SuppressionServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "suppression.v1.SuppressionService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.CheckAddressRequest,
      io.suppression.v1.CheckAddressResponse> getCheckAddressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "CheckAddress",
      requestType = io.suppression.v1.CheckAddressRequest.class,
      responseType = io.suppression.v1.CheckAddressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.CheckAddressRequest,
      io.suppression.v1.CheckAddressResponse> getCheckAddressMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.CheckAddressRequest, io.suppression.v1.CheckAddressResponse> getCheckAddressMethod;
    if ((getCheckAddressMethod = SuppressionServiceGrpc.getCheckAddressMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getCheckAddressMethod = SuppressionServiceGrpc.getCheckAddressMethod) == null) {
          SuppressionServiceGrpc.getCheckAddressMethod = getCheckAddressMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.CheckAddressRequest, io.suppression.v1.CheckAddressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "CheckAddress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.CheckAddressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.CheckAddressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("CheckAddress"))
              .build();
        }
      }
    }
    return getCheckAddressMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.BatchCheckRequest,
      io.suppression.v1.BatchCheckResponse> getBatchCheckMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "BatchCheck",
      requestType = io.suppression.v1.BatchCheckRequest.class,
      responseType = io.suppression.v1.BatchCheckResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.BatchCheckRequest,
      io.suppression.v1.BatchCheckResponse> getBatchCheckMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.BatchCheckRequest, io.suppression.v1.BatchCheckResponse> getBatchCheckMethod;
    if ((getBatchCheckMethod = SuppressionServiceGrpc.getBatchCheckMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getBatchCheckMethod = SuppressionServiceGrpc.getBatchCheckMethod) == null) {
          SuppressionServiceGrpc.getBatchCheckMethod = getBatchCheckMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.BatchCheckRequest, io.suppression.v1.BatchCheckResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "BatchCheck"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.BatchCheckRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.BatchCheckResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("BatchCheck"))
              .build();
        }
      }
    }
    return getBatchCheckMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.SuppressRequest,
      io.suppression.v1.SuppressResponse> getSuppressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Suppress",
      requestType = io.suppression.v1.SuppressRequest.class,
      responseType = io.suppression.v1.SuppressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.SuppressRequest,
      io.suppression.v1.SuppressResponse> getSuppressMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.SuppressRequest, io.suppression.v1.SuppressResponse> getSuppressMethod;
    if ((getSuppressMethod = SuppressionServiceGrpc.getSuppressMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getSuppressMethod = SuppressionServiceGrpc.getSuppressMethod) == null) {
          SuppressionServiceGrpc.getSuppressMethod = getSuppressMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.SuppressRequest, io.suppression.v1.SuppressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Suppress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.SuppressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.SuppressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("Suppress"))
              .build();
        }
      }
    }
    return getSuppressMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.UnsuppressRequest,
      io.suppression.v1.UnsuppressResponse> getUnsuppressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "Unsuppress",
      requestType = io.suppression.v1.UnsuppressRequest.class,
      responseType = io.suppression.v1.UnsuppressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.UnsuppressRequest,
      io.suppression.v1.UnsuppressResponse> getUnsuppressMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.UnsuppressRequest, io.suppression.v1.UnsuppressResponse> getUnsuppressMethod;
    if ((getUnsuppressMethod = SuppressionServiceGrpc.getUnsuppressMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getUnsuppressMethod = SuppressionServiceGrpc.getUnsuppressMethod) == null) {
          SuppressionServiceGrpc.getUnsuppressMethod = getUnsuppressMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.UnsuppressRequest, io.suppression.v1.UnsuppressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "Unsuppress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.UnsuppressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.UnsuppressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("Unsuppress"))
              .build();
        }
      }
    }
    return getUnsuppressMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.GetAddressRequest,
      io.suppression.v1.GetAddressResponse> getGetAddressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetAddress",
      requestType = io.suppression.v1.GetAddressRequest.class,
      responseType = io.suppression.v1.GetAddressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.GetAddressRequest,
      io.suppression.v1.GetAddressResponse> getGetAddressMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.GetAddressRequest, io.suppression.v1.GetAddressResponse> getGetAddressMethod;
    if ((getGetAddressMethod = SuppressionServiceGrpc.getGetAddressMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getGetAddressMethod = SuppressionServiceGrpc.getGetAddressMethod) == null) {
          SuppressionServiceGrpc.getGetAddressMethod = getGetAddressMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.GetAddressRequest, io.suppression.v1.GetAddressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetAddress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetAddressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetAddressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("GetAddress"))
              .build();
        }
      }
    }
    return getGetAddressMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.ListChangesRequest,
      io.suppression.v1.ListChangesResponse> getListChangesMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "ListChanges",
      requestType = io.suppression.v1.ListChangesRequest.class,
      responseType = io.suppression.v1.ListChangesResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.ListChangesRequest,
      io.suppression.v1.ListChangesResponse> getListChangesMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.ListChangesRequest, io.suppression.v1.ListChangesResponse> getListChangesMethod;
    if ((getListChangesMethod = SuppressionServiceGrpc.getListChangesMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getListChangesMethod = SuppressionServiceGrpc.getListChangesMethod) == null) {
          SuppressionServiceGrpc.getListChangesMethod = getListChangesMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.ListChangesRequest, io.suppression.v1.ListChangesResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "ListChanges"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ListChangesRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.ListChangesResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("ListChanges"))
              .build();
        }
      }
    }
    return getListChangesMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.EraseAddressRequest,
      io.suppression.v1.EraseAddressResponse> getEraseAddressMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "EraseAddress",
      requestType = io.suppression.v1.EraseAddressRequest.class,
      responseType = io.suppression.v1.EraseAddressResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.EraseAddressRequest,
      io.suppression.v1.EraseAddressResponse> getEraseAddressMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.EraseAddressRequest, io.suppression.v1.EraseAddressResponse> getEraseAddressMethod;
    if ((getEraseAddressMethod = SuppressionServiceGrpc.getEraseAddressMethod) == null) {
      synchronized (SuppressionServiceGrpc.class) {
        if ((getEraseAddressMethod = SuppressionServiceGrpc.getEraseAddressMethod) == null) {
          SuppressionServiceGrpc.getEraseAddressMethod = getEraseAddressMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.EraseAddressRequest, io.suppression.v1.EraseAddressResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "EraseAddress"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.EraseAddressRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.EraseAddressResponse.getDefaultInstance()))
              .setSchemaDescriptor(new SuppressionServiceMethodDescriptorSupplier("EraseAddress"))
              .build();
        }
      }
    }
    return getEraseAddressMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static SuppressionServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceStub>() {
        @java.lang.Override
        public SuppressionServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SuppressionServiceStub(channel, callOptions);
        }
      };
    return SuppressionServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static SuppressionServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceBlockingV2Stub>() {
        @java.lang.Override
        public SuppressionServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SuppressionServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return SuppressionServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static SuppressionServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceBlockingStub>() {
        @java.lang.Override
        public SuppressionServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SuppressionServiceBlockingStub(channel, callOptions);
        }
      };
    return SuppressionServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static SuppressionServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<SuppressionServiceFutureStub>() {
        @java.lang.Override
        public SuppressionServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new SuppressionServiceFutureStub(channel, callOptions);
        }
      };
    return SuppressionServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Checks whether one address may be mailed. A malformed address is not an
     * error: the verdict is DO_NOT_SEND and the reason is INVALID_ADDRESS.
     * INVALID_ARGUMENT: mail_class is unknown, stream is too long, or min_revision
     * is malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the list in memory is too old, or
     * the server cannot reach min_revision because the database is unavailable.
     * </pre>
     */
    default void checkAddress(io.suppression.v1.CheckAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.CheckAddressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getCheckAddressMethod(), responseObserver);
    }

    /**
     * <pre>
     * Checks up to 10,000 addresses. All verdicts are read at one revision.
     * Errors are those of CheckAddress. In addition, INVALID_ARGUMENT: the batch is
     * empty or too large.
     * </pre>
     */
    default void batchCheck(io.suppression.v1.BatchCheckRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.BatchCheckResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getBatchCheckMethod(), responseObserver);
    }

    /**
     * <pre>
     * Adds an address or a domain to the list. Idempotent. The response is sent after the
     * entry is durable. A check with the returned revision as min_revision sees the
     * entry on every replica.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the domain is a top-level domain; the reason is unspecified,
     * unknown or INVALID_ADDRESS; ttl is not positive or too long; a text field is
     * too long.
     * </pre>
     */
    default void suppress(io.suppression.v1.SuppressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.SuppressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getSuppressMethod(), responseObserver);
    }

    /**
     * <pre>
     * Removes entries of an address or a domain from the list. Idempotent. Feedback older than
     * the removal does not restore them. Newer feedback does.
     * Removing the entries of an address does not remove those of its domain.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the reason is unknown, or a text field is too long.
     * </pre>
     */
    default void unsuppress(io.suppression.v1.UnsuppressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.UnsuppressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getUnsuppressMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns every entry of one address, including removed and expired entries,
     * the entries of domains that apply to it, and the feedback about the address.
     * Or returns every entry of one domain.
     * </pre>
     */
    default void getAddress(io.suppression.v1.GetAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetAddressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetAddressMethod(), responseObserver);
    }

    /**
     * <pre>
     * Lists the entries that changed after a revision, oldest change first. If
     * there is no change yet, the call can wait for one.
     * INVALID_ARGUMENT: page_size or max_wait is negative, or after_revision is
     * malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    default void listChanges(io.suppression.v1.ListChangesRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ListChangesResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getListChangesMethod(), responseObserver);
    }

    /**
     * <pre>
     * Erases the personal data of one address. The address stays suppressed.
     * Idempotent.
     * In the entries, a keyed hash replaces the address, detail becomes the detail
     * of this request, and message_id, feedback_id and removal_detail are cleared.
     * All other fields stay. In the feedback about the address, the address and
     * all its details are cleared. Its soft bounces and pending retries are
     * deleted. Verdicts do not change, not even during the call. A later bounce or
     * Suppress call updates these entries under the same hash and adds no text. If
     * the address has no entry, nothing identifies it any more, and later feedback
     * about it is treated as new.
     * INVALID_ARGUMENT: the address is malformed, or a text field is too long.
     * </pre>
     */
    default void eraseAddress(io.suppression.v1.EraseAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.EraseAddressResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getEraseAddressMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service SuppressionService.
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public static abstract class SuppressionServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return SuppressionServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service SuppressionService.
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public static final class SuppressionServiceStub
      extends io.grpc.stub.AbstractAsyncStub<SuppressionServiceStub> {
    private SuppressionServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SuppressionServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SuppressionServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Checks whether one address may be mailed. A malformed address is not an
     * error: the verdict is DO_NOT_SEND and the reason is INVALID_ADDRESS.
     * INVALID_ARGUMENT: mail_class is unknown, stream is too long, or min_revision
     * is malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the list in memory is too old, or
     * the server cannot reach min_revision because the database is unavailable.
     * </pre>
     */
    public void checkAddress(io.suppression.v1.CheckAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.CheckAddressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getCheckAddressMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Checks up to 10,000 addresses. All verdicts are read at one revision.
     * Errors are those of CheckAddress. In addition, INVALID_ARGUMENT: the batch is
     * empty or too large.
     * </pre>
     */
    public void batchCheck(io.suppression.v1.BatchCheckRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.BatchCheckResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getBatchCheckMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Adds an address or a domain to the list. Idempotent. The response is sent after the
     * entry is durable. A check with the returned revision as min_revision sees the
     * entry on every replica.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the domain is a top-level domain; the reason is unspecified,
     * unknown or INVALID_ADDRESS; ttl is not positive or too long; a text field is
     * too long.
     * </pre>
     */
    public void suppress(io.suppression.v1.SuppressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.SuppressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getSuppressMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Removes entries of an address or a domain from the list. Idempotent. Feedback older than
     * the removal does not restore them. Newer feedback does.
     * Removing the entries of an address does not remove those of its domain.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the reason is unknown, or a text field is too long.
     * </pre>
     */
    public void unsuppress(io.suppression.v1.UnsuppressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.UnsuppressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getUnsuppressMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns every entry of one address, including removed and expired entries,
     * the entries of domains that apply to it, and the feedback about the address.
     * Or returns every entry of one domain.
     * </pre>
     */
    public void getAddress(io.suppression.v1.GetAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetAddressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetAddressMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Lists the entries that changed after a revision, oldest change first. If
     * there is no change yet, the call can wait for one.
     * INVALID_ARGUMENT: page_size or max_wait is negative, or after_revision is
     * malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public void listChanges(io.suppression.v1.ListChangesRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.ListChangesResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getListChangesMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Erases the personal data of one address. The address stays suppressed.
     * Idempotent.
     * In the entries, a keyed hash replaces the address, detail becomes the detail
     * of this request, and message_id, feedback_id and removal_detail are cleared.
     * All other fields stay. In the feedback about the address, the address and
     * all its details are cleared. Its soft bounces and pending retries are
     * deleted. Verdicts do not change, not even during the call. A later bounce or
     * Suppress call updates these entries under the same hash and adds no text. If
     * the address has no entry, nothing identifies it any more, and later feedback
     * about it is treated as new.
     * INVALID_ARGUMENT: the address is malformed, or a text field is too long.
     * </pre>
     */
    public void eraseAddress(io.suppression.v1.EraseAddressRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.EraseAddressResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getEraseAddressMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service SuppressionService.
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public static final class SuppressionServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<SuppressionServiceBlockingV2Stub> {
    private SuppressionServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SuppressionServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SuppressionServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Checks whether one address may be mailed. A malformed address is not an
     * error: the verdict is DO_NOT_SEND and the reason is INVALID_ADDRESS.
     * INVALID_ARGUMENT: mail_class is unknown, stream is too long, or min_revision
     * is malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the list in memory is too old, or
     * the server cannot reach min_revision because the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.CheckAddressResponse checkAddress(io.suppression.v1.CheckAddressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getCheckAddressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks up to 10,000 addresses. All verdicts are read at one revision.
     * Errors are those of CheckAddress. In addition, INVALID_ARGUMENT: the batch is
     * empty or too large.
     * </pre>
     */
    public io.suppression.v1.BatchCheckResponse batchCheck(io.suppression.v1.BatchCheckRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getBatchCheckMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds an address or a domain to the list. Idempotent. The response is sent after the
     * entry is durable. A check with the returned revision as min_revision sees the
     * entry on every replica.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the domain is a top-level domain; the reason is unspecified,
     * unknown or INVALID_ADDRESS; ttl is not positive or too long; a text field is
     * too long.
     * </pre>
     */
    public io.suppression.v1.SuppressResponse suppress(io.suppression.v1.SuppressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getSuppressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes entries of an address or a domain from the list. Idempotent. Feedback older than
     * the removal does not restore them. Newer feedback does.
     * Removing the entries of an address does not remove those of its domain.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the reason is unknown, or a text field is too long.
     * </pre>
     */
    public io.suppression.v1.UnsuppressResponse unsuppress(io.suppression.v1.UnsuppressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getUnsuppressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns every entry of one address, including removed and expired entries,
     * the entries of domains that apply to it, and the feedback about the address.
     * Or returns every entry of one domain.
     * </pre>
     */
    public io.suppression.v1.GetAddressResponse getAddress(io.suppression.v1.GetAddressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetAddressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the entries that changed after a revision, oldest change first. If
     * there is no change yet, the call can wait for one.
     * INVALID_ARGUMENT: page_size or max_wait is negative, or after_revision is
     * malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ListChangesResponse listChanges(io.suppression.v1.ListChangesRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getListChangesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Erases the personal data of one address. The address stays suppressed.
     * Idempotent.
     * In the entries, a keyed hash replaces the address, detail becomes the detail
     * of this request, and message_id, feedback_id and removal_detail are cleared.
     * All other fields stay. In the feedback about the address, the address and
     * all its details are cleared. Its soft bounces and pending retries are
     * deleted. Verdicts do not change, not even during the call. A later bounce or
     * Suppress call updates these entries under the same hash and adds no text. If
     * the address has no entry, nothing identifies it any more, and later feedback
     * about it is treated as new.
     * INVALID_ARGUMENT: the address is malformed, or a text field is too long.
     * </pre>
     */
    public io.suppression.v1.EraseAddressResponse eraseAddress(io.suppression.v1.EraseAddressRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getEraseAddressMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service SuppressionService.
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public static final class SuppressionServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<SuppressionServiceBlockingStub> {
    private SuppressionServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SuppressionServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SuppressionServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Checks whether one address may be mailed. A malformed address is not an
     * error: the verdict is DO_NOT_SEND and the reason is INVALID_ADDRESS.
     * INVALID_ARGUMENT: mail_class is unknown, stream is too long, or min_revision
     * is malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the list in memory is too old, or
     * the server cannot reach min_revision because the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.CheckAddressResponse checkAddress(io.suppression.v1.CheckAddressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getCheckAddressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Checks up to 10,000 addresses. All verdicts are read at one revision.
     * Errors are those of CheckAddress. In addition, INVALID_ARGUMENT: the batch is
     * empty or too large.
     * </pre>
     */
    public io.suppression.v1.BatchCheckResponse batchCheck(io.suppression.v1.BatchCheckRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getBatchCheckMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Adds an address or a domain to the list. Idempotent. The response is sent after the
     * entry is durable. A check with the returned revision as min_revision sees the
     * entry on every replica.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the domain is a top-level domain; the reason is unspecified,
     * unknown or INVALID_ADDRESS; ttl is not positive or too long; a text field is
     * too long.
     * </pre>
     */
    public io.suppression.v1.SuppressResponse suppress(io.suppression.v1.SuppressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getSuppressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Removes entries of an address or a domain from the list. Idempotent. Feedback older than
     * the removal does not restore them. Newer feedback does.
     * Removing the entries of an address does not remove those of its domain.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the reason is unknown, or a text field is too long.
     * </pre>
     */
    public io.suppression.v1.UnsuppressResponse unsuppress(io.suppression.v1.UnsuppressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getUnsuppressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns every entry of one address, including removed and expired entries,
     * the entries of domains that apply to it, and the feedback about the address.
     * Or returns every entry of one domain.
     * </pre>
     */
    public io.suppression.v1.GetAddressResponse getAddress(io.suppression.v1.GetAddressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetAddressMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Lists the entries that changed after a revision, oldest change first. If
     * there is no change yet, the call can wait for one.
     * INVALID_ARGUMENT: page_size or max_wait is negative, or after_revision is
     * malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.ListChangesResponse listChanges(io.suppression.v1.ListChangesRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getListChangesMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Erases the personal data of one address. The address stays suppressed.
     * Idempotent.
     * In the entries, a keyed hash replaces the address, detail becomes the detail
     * of this request, and message_id, feedback_id and removal_detail are cleared.
     * All other fields stay. In the feedback about the address, the address and
     * all its details are cleared. Its soft bounces and pending retries are
     * deleted. Verdicts do not change, not even during the call. A later bounce or
     * Suppress call updates these entries under the same hash and adds no text. If
     * the address has no entry, nothing identifies it any more, and later feedback
     * about it is treated as new.
     * INVALID_ARGUMENT: the address is malformed, or a text field is too long.
     * </pre>
     */
    public io.suppression.v1.EraseAddressResponse eraseAddress(io.suppression.v1.EraseAddressRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getEraseAddressMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service SuppressionService.
   * <pre>
   * Checks whether an address may be mailed, and changes the suppression list.
   * Errors carry google.rpc.ErrorInfo (domain "suppression.v1"). If a request
   * field is invalid, they also carry google.rpc.BadRequest. Error messages never
   * contain an address. Every call can fail with UNAUTHENTICATED or
   * PERMISSION_DENIED if the server requires tokens. Every call can fail with
   * RESOURCE_EXHAUSTED and google.rpc.RetryInfo if the server is overloaded or the
   * caller exceeds its rate limit.
   * A revision identifies a state of one database. It is opaque: pass it back
   * unchanged. Do not parse revisions and do not compare them.
   * </pre>
   */
  public static final class SuppressionServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<SuppressionServiceFutureStub> {
    private SuppressionServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected SuppressionServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new SuppressionServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Checks whether one address may be mailed. A malformed address is not an
     * error: the verdict is DO_NOT_SEND and the reason is INVALID_ADDRESS.
     * INVALID_ARGUMENT: mail_class is unknown, stream is too long, or min_revision
     * is malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the list in memory is too old, or
     * the server cannot reach min_revision because the database is unavailable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.CheckAddressResponse> checkAddress(
        io.suppression.v1.CheckAddressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getCheckAddressMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Checks up to 10,000 addresses. All verdicts are read at one revision.
     * Errors are those of CheckAddress. In addition, INVALID_ARGUMENT: the batch is
     * empty or too large.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.BatchCheckResponse> batchCheck(
        io.suppression.v1.BatchCheckRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getBatchCheckMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Adds an address or a domain to the list. Idempotent. The response is sent after the
     * entry is durable. A check with the returned revision as min_revision sees the
     * entry on every replica.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the domain is a top-level domain; the reason is unspecified,
     * unknown or INVALID_ADDRESS; ttl is not positive or too long; a text field is
     * too long.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.SuppressResponse> suppress(
        io.suppression.v1.SuppressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getSuppressMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Removes entries of an address or a domain from the list. Idempotent. Feedback older than
     * the removal does not restore them. Newer feedback does.
     * Removing the entries of an address does not remove those of its domain.
     * INVALID_ARGUMENT: the address or the domain is malformed, or not exactly one of
     * them is given; the reason is unknown, or a text field is too long.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.UnsuppressResponse> unsuppress(
        io.suppression.v1.UnsuppressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getUnsuppressMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns every entry of one address, including removed and expired entries,
     * the entries of domains that apply to it, and the feedback about the address.
     * Or returns every entry of one domain.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.GetAddressResponse> getAddress(
        io.suppression.v1.GetAddressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetAddressMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Lists the entries that changed after a revision, oldest change first. If
     * there is no change yet, the call can wait for one.
     * INVALID_ARGUMENT: page_size or max_wait is negative, or after_revision is
     * malformed, belongs to another database, or was not yet written by this
     * database (REVISION_AHEAD). UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.ListChangesResponse> listChanges(
        io.suppression.v1.ListChangesRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getListChangesMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Erases the personal data of one address. The address stays suppressed.
     * Idempotent.
     * In the entries, a keyed hash replaces the address, detail becomes the detail
     * of this request, and message_id, feedback_id and removal_detail are cleared.
     * All other fields stay. In the feedback about the address, the address and
     * all its details are cleared. Its soft bounces and pending retries are
     * deleted. Verdicts do not change, not even during the call. A later bounce or
     * Suppress call updates these entries under the same hash and adds no text. If
     * the address has no entry, nothing identifies it any more, and later feedback
     * about it is treated as new.
     * INVALID_ARGUMENT: the address is malformed, or a text field is too long.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.EraseAddressResponse> eraseAddress(
        io.suppression.v1.EraseAddressRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getEraseAddressMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_CHECK_ADDRESS = 0;
  private static final int METHODID_BATCH_CHECK = 1;
  private static final int METHODID_SUPPRESS = 2;
  private static final int METHODID_UNSUPPRESS = 3;
  private static final int METHODID_GET_ADDRESS = 4;
  private static final int METHODID_LIST_CHANGES = 5;
  private static final int METHODID_ERASE_ADDRESS = 6;

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
        case METHODID_CHECK_ADDRESS:
          serviceImpl.checkAddress((io.suppression.v1.CheckAddressRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.CheckAddressResponse>) responseObserver);
          break;
        case METHODID_BATCH_CHECK:
          serviceImpl.batchCheck((io.suppression.v1.BatchCheckRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.BatchCheckResponse>) responseObserver);
          break;
        case METHODID_SUPPRESS:
          serviceImpl.suppress((io.suppression.v1.SuppressRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.SuppressResponse>) responseObserver);
          break;
        case METHODID_UNSUPPRESS:
          serviceImpl.unsuppress((io.suppression.v1.UnsuppressRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.UnsuppressResponse>) responseObserver);
          break;
        case METHODID_GET_ADDRESS:
          serviceImpl.getAddress((io.suppression.v1.GetAddressRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.GetAddressResponse>) responseObserver);
          break;
        case METHODID_LIST_CHANGES:
          serviceImpl.listChanges((io.suppression.v1.ListChangesRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.ListChangesResponse>) responseObserver);
          break;
        case METHODID_ERASE_ADDRESS:
          serviceImpl.eraseAddress((io.suppression.v1.EraseAddressRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.EraseAddressResponse>) responseObserver);
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
          getCheckAddressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.CheckAddressRequest,
              io.suppression.v1.CheckAddressResponse>(
                service, METHODID_CHECK_ADDRESS)))
        .addMethod(
          getBatchCheckMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.BatchCheckRequest,
              io.suppression.v1.BatchCheckResponse>(
                service, METHODID_BATCH_CHECK)))
        .addMethod(
          getSuppressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.SuppressRequest,
              io.suppression.v1.SuppressResponse>(
                service, METHODID_SUPPRESS)))
        .addMethod(
          getUnsuppressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.UnsuppressRequest,
              io.suppression.v1.UnsuppressResponse>(
                service, METHODID_UNSUPPRESS)))
        .addMethod(
          getGetAddressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.GetAddressRequest,
              io.suppression.v1.GetAddressResponse>(
                service, METHODID_GET_ADDRESS)))
        .addMethod(
          getListChangesMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.ListChangesRequest,
              io.suppression.v1.ListChangesResponse>(
                service, METHODID_LIST_CHANGES)))
        .addMethod(
          getEraseAddressMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.EraseAddressRequest,
              io.suppression.v1.EraseAddressResponse>(
                service, METHODID_ERASE_ADDRESS)))
        .build();
  }

  private static abstract class SuppressionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    SuppressionServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.suppression.v1.SuppressionServiceOuterClass.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("SuppressionService");
    }
  }

  private static final class SuppressionServiceFileDescriptorSupplier
      extends SuppressionServiceBaseDescriptorSupplier {
    SuppressionServiceFileDescriptorSupplier() {}
  }

  private static final class SuppressionServiceMethodDescriptorSupplier
      extends SuppressionServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    SuppressionServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (SuppressionServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new SuppressionServiceFileDescriptorSupplier())
              .addMethod(getCheckAddressMethod())
              .addMethod(getBatchCheckMethod())
              .addMethod(getSuppressMethod())
              .addMethod(getUnsuppressMethod())
              .addMethod(getGetAddressMethod())
              .addMethod(getListChangesMethod())
              .addMethod(getEraseAddressMethod())
              .build();
        }
      }
    }
    return result;
  }
}
