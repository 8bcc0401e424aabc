package io.suppression.v1;

import static io.grpc.MethodDescriptor.generateFullMethodName;

/**
 * <pre>
 * Counts of sends, feedback and changes of the list, and the status of the system.
 * Errors are those of SuppressionService.
 * </pre>
 */
@io.grpc.stub.annotations.GrpcGenerated
public final class StatisticsServiceGrpc {

  private StatisticsServiceGrpc() {}

  public static final java.lang.String SERVICE_NAME = "suppression.v1.StatisticsService";

  // Static method descriptors that strictly reflect the proto.
  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.GetStatisticsRequest,
      io.suppression.v1.GetStatisticsResponse> getGetStatisticsMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetStatistics",
      requestType = io.suppression.v1.GetStatisticsRequest.class,
      responseType = io.suppression.v1.GetStatisticsResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.GetStatisticsRequest,
      io.suppression.v1.GetStatisticsResponse> getGetStatisticsMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.GetStatisticsRequest, io.suppression.v1.GetStatisticsResponse> getGetStatisticsMethod;
    if ((getGetStatisticsMethod = StatisticsServiceGrpc.getGetStatisticsMethod) == null) {
      synchronized (StatisticsServiceGrpc.class) {
        if ((getGetStatisticsMethod = StatisticsServiceGrpc.getGetStatisticsMethod) == null) {
          StatisticsServiceGrpc.getGetStatisticsMethod = getGetStatisticsMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.GetStatisticsRequest, io.suppression.v1.GetStatisticsResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetStatistics"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetStatisticsRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetStatisticsResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StatisticsServiceMethodDescriptorSupplier("GetStatistics"))
              .build();
        }
      }
    }
    return getGetStatisticsMethod;
  }

  private static volatile io.grpc.MethodDescriptor<io.suppression.v1.GetStatusRequest,
      io.suppression.v1.GetStatusResponse> getGetStatusMethod;

  @io.grpc.stub.annotations.RpcMethod(
      fullMethodName = SERVICE_NAME + '/' + "GetStatus",
      requestType = io.suppression.v1.GetStatusRequest.class,
      responseType = io.suppression.v1.GetStatusResponse.class,
      methodType = io.grpc.MethodDescriptor.MethodType.UNARY)
  public static io.grpc.MethodDescriptor<io.suppression.v1.GetStatusRequest,
      io.suppression.v1.GetStatusResponse> getGetStatusMethod() {
    io.grpc.MethodDescriptor<io.suppression.v1.GetStatusRequest, io.suppression.v1.GetStatusResponse> getGetStatusMethod;
    if ((getGetStatusMethod = StatisticsServiceGrpc.getGetStatusMethod) == null) {
      synchronized (StatisticsServiceGrpc.class) {
        if ((getGetStatusMethod = StatisticsServiceGrpc.getGetStatusMethod) == null) {
          StatisticsServiceGrpc.getGetStatusMethod = getGetStatusMethod =
              io.grpc.MethodDescriptor.<io.suppression.v1.GetStatusRequest, io.suppression.v1.GetStatusResponse>newBuilder()
              .setType(io.grpc.MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(generateFullMethodName(SERVICE_NAME, "GetStatus"))
              .setSampledToLocalTracing(true)
              .setRequestMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetStatusRequest.getDefaultInstance()))
              .setResponseMarshaller(io.grpc.protobuf.ProtoUtils.marshaller(
                  io.suppression.v1.GetStatusResponse.getDefaultInstance()))
              .setSchemaDescriptor(new StatisticsServiceMethodDescriptorSupplier("GetStatus"))
              .build();
        }
      }
    }
    return getGetStatusMethod;
  }

  /**
   * Creates a new async stub that supports all call types for the service
   */
  public static StatisticsServiceStub newStub(io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceStub>() {
        @java.lang.Override
        public StatisticsServiceStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StatisticsServiceStub(channel, callOptions);
        }
      };
    return StatisticsServiceStub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports all types of calls on the service
   */
  public static StatisticsServiceBlockingV2Stub newBlockingV2Stub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceBlockingV2Stub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceBlockingV2Stub>() {
        @java.lang.Override
        public StatisticsServiceBlockingV2Stub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StatisticsServiceBlockingV2Stub(channel, callOptions);
        }
      };
    return StatisticsServiceBlockingV2Stub.newStub(factory, channel);
  }

  /**
   * Creates a new blocking-style stub that supports unary and streaming output calls on the service
   */
  public static StatisticsServiceBlockingStub newBlockingStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceBlockingStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceBlockingStub>() {
        @java.lang.Override
        public StatisticsServiceBlockingStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StatisticsServiceBlockingStub(channel, callOptions);
        }
      };
    return StatisticsServiceBlockingStub.newStub(factory, channel);
  }

  /**
   * Creates a new ListenableFuture-style stub that supports unary calls on the service
   */
  public static StatisticsServiceFutureStub newFutureStub(
      io.grpc.Channel channel) {
    io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceFutureStub> factory =
      new io.grpc.stub.AbstractStub.StubFactory<StatisticsServiceFutureStub>() {
        @java.lang.Override
        public StatisticsServiceFutureStub newStub(io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
          return new StatisticsServiceFutureStub(channel, callOptions);
        }
      };
    return StatisticsServiceFutureStub.newStub(factory, channel);
  }

  /**
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public interface AsyncService {

    /**
     * <pre>
     * Returns counts over a range of days (UTC), grouped by the dimensions asked for.
     * Rare values of a dimension are counted together as "other".
     * INVALID_ARGUMENT: a day is malformed, the range is empty or longer than 3,660
     * days, or a dimension is unknown or repeated, or there are more than 3.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    default void getStatistics(io.suppression.v1.GetStatisticsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetStatisticsResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetStatisticsMethod(), responseObserver);
    }

    /**
     * <pre>
     * Returns who the caller is, and what the server knows of the list, of the
     * database and of the feedback that comes in.
     * </pre>
     */
    default void getStatus(io.suppression.v1.GetStatusRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetStatusResponse> responseObserver) {
      io.grpc.stub.ServerCalls.asyncUnimplementedUnaryCall(getGetStatusMethod(), responseObserver);
    }
  }

  /**
   * Base class for the server implementation of the service StatisticsService.
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static abstract class StatisticsServiceImplBase
      implements io.grpc.BindableService, AsyncService {

    @java.lang.Override public final io.grpc.ServerServiceDefinition bindService() {
      return StatisticsServiceGrpc.bindService(this);
    }
  }

  /**
   * A stub to allow clients to do asynchronous rpc calls to service StatisticsService.
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class StatisticsServiceStub
      extends io.grpc.stub.AbstractAsyncStub<StatisticsServiceStub> {
    private StatisticsServiceStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StatisticsServiceStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StatisticsServiceStub(channel, callOptions);
    }

    /**
     * <pre>
     * Returns counts over a range of days (UTC), grouped by the dimensions asked for.
     * Rare values of a dimension are counted together as "other".
     * INVALID_ARGUMENT: a day is malformed, the range is empty or longer than 3,660
     * days, or a dimension is unknown or repeated, or there are more than 3.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public void getStatistics(io.suppression.v1.GetStatisticsRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetStatisticsResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetStatisticsMethod(), getCallOptions()), request, responseObserver);
    }

    /**
     * <pre>
     * Returns who the caller is, and what the server knows of the list, of the
     * database and of the feedback that comes in.
     * </pre>
     */
    public void getStatus(io.suppression.v1.GetStatusRequest request,
        io.grpc.stub.StreamObserver<io.suppression.v1.GetStatusResponse> responseObserver) {
      io.grpc.stub.ClientCalls.asyncUnaryCall(
          getChannel().newCall(getGetStatusMethod(), getCallOptions()), request, responseObserver);
    }
  }

  /**
   * A stub to allow clients to do synchronous rpc calls to service StatisticsService.
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class StatisticsServiceBlockingV2Stub
      extends io.grpc.stub.AbstractBlockingStub<StatisticsServiceBlockingV2Stub> {
    private StatisticsServiceBlockingV2Stub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StatisticsServiceBlockingV2Stub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StatisticsServiceBlockingV2Stub(channel, callOptions);
    }

    /**
     * <pre>
     * Returns counts over a range of days (UTC), grouped by the dimensions asked for.
     * Rare values of a dimension are counted together as "other".
     * INVALID_ARGUMENT: a day is malformed, the range is empty or longer than 3,660
     * days, or a dimension is unknown or repeated, or there are more than 3.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.GetStatisticsResponse getStatistics(io.suppression.v1.GetStatisticsRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetStatisticsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns who the caller is, and what the server knows of the list, of the
     * database and of the feedback that comes in.
     * </pre>
     */
    public io.suppression.v1.GetStatusResponse getStatus(io.suppression.v1.GetStatusRequest request) throws io.grpc.StatusException {
      return io.grpc.stub.ClientCalls.blockingV2UnaryCall(
          getChannel(), getGetStatusMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do limited synchronous rpc calls to service StatisticsService.
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class StatisticsServiceBlockingStub
      extends io.grpc.stub.AbstractBlockingStub<StatisticsServiceBlockingStub> {
    private StatisticsServiceBlockingStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StatisticsServiceBlockingStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StatisticsServiceBlockingStub(channel, callOptions);
    }

    /**
     * <pre>
     * Returns counts over a range of days (UTC), grouped by the dimensions asked for.
     * Rare values of a dimension are counted together as "other".
     * INVALID_ARGUMENT: a day is malformed, the range is empty or longer than 3,660
     * days, or a dimension is unknown or repeated, or there are more than 3.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public io.suppression.v1.GetStatisticsResponse getStatistics(io.suppression.v1.GetStatisticsRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetStatisticsMethod(), getCallOptions(), request);
    }

    /**
     * <pre>
     * Returns who the caller is, and what the server knows of the list, of the
     * database and of the feedback that comes in.
     * </pre>
     */
    public io.suppression.v1.GetStatusResponse getStatus(io.suppression.v1.GetStatusRequest request) {
      return io.grpc.stub.ClientCalls.blockingUnaryCall(
          getChannel(), getGetStatusMethod(), getCallOptions(), request);
    }
  }

  /**
   * A stub to allow clients to do ListenableFuture-style rpc calls to service StatisticsService.
   * <pre>
   * Counts of sends, feedback and changes of the list, and the status of the system.
   * Errors are those of SuppressionService.
   * </pre>
   */
  public static final class StatisticsServiceFutureStub
      extends io.grpc.stub.AbstractFutureStub<StatisticsServiceFutureStub> {
    private StatisticsServiceFutureStub(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      super(channel, callOptions);
    }

    @java.lang.Override
    protected StatisticsServiceFutureStub build(
        io.grpc.Channel channel, io.grpc.CallOptions callOptions) {
      return new StatisticsServiceFutureStub(channel, callOptions);
    }

    /**
     * <pre>
     * Returns counts over a range of days (UTC), grouped by the dimensions asked for.
     * Rare values of a dimension are counted together as "other".
     * INVALID_ARGUMENT: a day is malformed, the range is empty or longer than 3,660
     * days, or a dimension is unknown or repeated, or there are more than 3.
     * UNAVAILABLE: the database is unavailable.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.GetStatisticsResponse> getStatistics(
        io.suppression.v1.GetStatisticsRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetStatisticsMethod(), getCallOptions()), request);
    }

    /**
     * <pre>
     * Returns who the caller is, and what the server knows of the list, of the
     * database and of the feedback that comes in.
     * </pre>
     */
    public com.google.common.util.concurrent.ListenableFuture<io.suppression.v1.GetStatusResponse> getStatus(
        io.suppression.v1.GetStatusRequest request) {
      return io.grpc.stub.ClientCalls.futureUnaryCall(
          getChannel().newCall(getGetStatusMethod(), getCallOptions()), request);
    }
  }

  private static final int METHODID_GET_STATISTICS = 0;
  private static final int METHODID_GET_STATUS = 1;

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
        case METHODID_GET_STATISTICS:
          serviceImpl.getStatistics((io.suppression.v1.GetStatisticsRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.GetStatisticsResponse>) responseObserver);
          break;
        case METHODID_GET_STATUS:
          serviceImpl.getStatus((io.suppression.v1.GetStatusRequest) request,
              (io.grpc.stub.StreamObserver<io.suppression.v1.GetStatusResponse>) responseObserver);
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
          getGetStatisticsMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.GetStatisticsRequest,
              io.suppression.v1.GetStatisticsResponse>(
                service, METHODID_GET_STATISTICS)))
        .addMethod(
          getGetStatusMethod(),
          io.grpc.stub.ServerCalls.asyncUnaryCall(
            new MethodHandlers<
              io.suppression.v1.GetStatusRequest,
              io.suppression.v1.GetStatusResponse>(
                service, METHODID_GET_STATUS)))
        .build();
  }

  private static abstract class StatisticsServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoFileDescriptorSupplier, io.grpc.protobuf.ProtoServiceDescriptorSupplier {
    StatisticsServiceBaseDescriptorSupplier() {}

    @java.lang.Override
    public com.google.protobuf.Descriptors.FileDescriptor getFileDescriptor() {
      return io.suppression.v1.StatisticsServiceOuterClass.getDescriptor();
    }

    @java.lang.Override
    public com.google.protobuf.Descriptors.ServiceDescriptor getServiceDescriptor() {
      return getFileDescriptor().findServiceByName("StatisticsService");
    }
  }

  private static final class StatisticsServiceFileDescriptorSupplier
      extends StatisticsServiceBaseDescriptorSupplier {
    StatisticsServiceFileDescriptorSupplier() {}
  }

  private static final class StatisticsServiceMethodDescriptorSupplier
      extends StatisticsServiceBaseDescriptorSupplier
      implements io.grpc.protobuf.ProtoMethodDescriptorSupplier {
    private final java.lang.String methodName;

    StatisticsServiceMethodDescriptorSupplier(java.lang.String methodName) {
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
      synchronized (StatisticsServiceGrpc.class) {
        result = serviceDescriptor;
        if (result == null) {
          serviceDescriptor = result = io.grpc.ServiceDescriptor.newBuilder(SERVICE_NAME)
              .setSchemaDescriptor(new StatisticsServiceFileDescriptorSupplier())
              .addMethod(getGetStatisticsMethod())
              .addMethod(getGetStatusMethod())
              .build();
        }
      }
    }
    return result;
  }
}
