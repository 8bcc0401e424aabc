package suppression_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"

	suppression "github.com/suppression-service/suppression/clients/go"
	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

// service is a gRPC server on loopback for tests. It records requests and can fail on demand. It
// answers SEND, except for addresses that begin with "no".
type service struct {
	suppressionv1.UnimplementedSuppressionServiceServer

	target string
	server *grpc.Server

	mutex    sync.Mutex
	requests []proto.Message
	tokens   []string
	failures []error
	hang     bool
	verdict  suppression.Verdict
	truncate bool
}

func startService(t *testing.T, options ...grpc.ServerOption) *service {
	t.Helper()
	return startServiceOn(t, "127.0.0.1:0", options...)
}

func startServiceOn(t *testing.T, where string, options ...grpc.ServerOption) *service {
	t.Helper()
	listener, err := net.Listen("tcp", where)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{target: listener.Addr().String(), verdict: suppression.VerdictSend}
	s.server = grpc.NewServer(append(options, grpc.UnaryInterceptor(s.intercept))...)
	suppressionv1.RegisterSuppressionServiceServer(s.server, s)
	go func() { _ = s.server.Serve(listener) }()
	t.Cleanup(s.server.Stop)
	return s
}

func (s *service) intercept(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler,
) (any, error) {
	if err := s.record(ctx, request.(proto.Message)); err != nil {
		return nil, err
	}
	if s.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return next(ctx, request)
}

func (s *service) record(ctx context.Context, request proto.Message) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, request)
	s.tokens = append(s.tokens, metadata.ValueFromIncomingContext(ctx, "authorization")...)
	if len(s.failures) == 0 {
		return nil
	}
	failure := s.failures[0]
	s.failures = s.failures[1:]
	return failure
}

// failNext makes the next calls fail.
func (s *service) failNext(times int, code codes.Code, details ...protoadapt.MessageV1) {
	refusal, err := status.New(code, "message").WithDetails(details...)
	if err != nil {
		panic(err)
	}
	s.failures = slices.Repeat([]error{refusal.Err()}, times)
}

func (s *service) received() []proto.Message {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.requests)
}

func (s *service) CheckAddress(
	_ context.Context, request *suppressionv1.CheckAddressRequest,
) (*suppressionv1.CheckAddressResponse, error) {
	if isSuppressed(request.GetAddress()) {
		return &suppressionv1.CheckAddressResponse{
			Verdict: suppression.VerdictDoNotSend, Reason: suppression.HardBounce, Revision: "r",
		}, nil
	}
	return &suppressionv1.CheckAddressResponse{Verdict: s.verdict, Revision: "r"}, nil
}

func (s *service) BatchCheck(
	_ context.Context, request *suppressionv1.BatchCheckRequest,
) (*suppressionv1.BatchCheckResponse, error) {
	response := &suppressionv1.BatchCheckResponse{Revision: "r"}
	for i, address := range request.GetAddresses() {
		if !isSuppressed(address) {
			response.Verdicts = append(response.Verdicts, s.verdict)
			continue
		}
		response.Verdicts = append(response.Verdicts, suppression.VerdictDoNotSend)
		response.Matches = append(response.Matches,
			&suppressionv1.Match{Index: uint32(i), Reason: suppression.HardBounce})
	}
	if s.truncate {
		response.Verdicts = response.Verdicts[1:]
	}
	return response, nil
}

func (s *service) Suppress(
	context.Context, *suppressionv1.SuppressRequest,
) (*suppressionv1.SuppressResponse, error) {
	return &suppressionv1.SuppressResponse{Created: true, Revision: "w1"}, nil
}

func (s *service) Unsuppress(
	context.Context, *suppressionv1.UnsuppressRequest,
) (*suppressionv1.UnsuppressResponse, error) {
	return &suppressionv1.UnsuppressResponse{Revision: "w2"}, nil
}

func (s *service) GetAddress(
	context.Context, *suppressionv1.GetAddressRequest,
) (*suppressionv1.GetAddressResponse, error) {
	return &suppressionv1.GetAddressResponse{Revision: "r"}, nil
}

func isSuppressed(address string) bool {
	return len(address) > 1 && address[:2] == "no"
}

func errorInfo(reason string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: reason, Domain: "suppression.v1"}
}

func newClient(
	t *testing.T, target string, choice suppression.WhenUnavailable, options ...suppression.Option,
) *suppression.Client {
	t.Helper()
	// Long timeouts, so that tests do not fail on a busy machine.
	timeouts := []suppression.Option{
		suppression.WithCheckTimeout(20 * time.Second), suppression.WithBatchTimeout(20 * time.Second),
	}
	client, err := suppression.NewClient(target, choice, append(timeouts, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// unusedAddress returns HOST:PORT where no server listens.
func unusedAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
