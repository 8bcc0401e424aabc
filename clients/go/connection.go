package suppression

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// serviceConfig sets round-robin load balancing over all addresses of the target, and retries.
//
// Every RPC is idempotent, so every RPC is retried within its deadline. Retry throttling allows a burst
// of fifty retries, then about one retry per ten successful calls. This protects a service that is down.
// CANCELLED is retried because a stopping server returns it for calls that it has read but not started
// (grpc/grpc#41785). If the caller cancels a call, it is not retried. UNKNOWN is retried because some
// libraries return it when a connection breaks during a write (grpc/grpc-java#10120).
const serviceConfig = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"methodConfig": [{
		"name": [{"service": "suppression.v1.SuppressionService"}],
		"retryPolicy": {
			"maxAttempts": 4,
			"initialBackoff": "0.02s",
			"maxBackoff": "0.5s",
			"backoffMultiplier": 2,
			"retryableStatusCodes": ["UNAVAILABLE", "CANCELLED", "UNKNOWN"]
		}
	}],
	"retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1}
}`

func (s *settings) dialOptions() []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(s.credentials()),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// Do not let a service config from DNS replace this one.
		grpc.WithDisableServiceConfig(),
		// Detect a dead peer during a call. Do not ping on idle connections: servers close the
		// connection of a client that pings without calls.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second,
		}),
		// By default gRPC waits up to two minutes before it reconnects. The maximum here is shorter
		// than the time a server takes to drain: in a rolling restart, the client reconnects to the
		// first server before the next one stops.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			// A request larger than this buffer is not retried. The largest batch has 3.3 MB.
			grpc.MaxRetryRPCBufferSize(4<<20),
			// A page of 10,000 changes is larger than the default limit of 4 MiB.
			grpc.MaxCallRecvMsgSize(64<<20),
		),
	}
	if s.token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer{s.token, s.tls != nil}))
	}
	if isLoopback(s.target) {
		// A proxy from the environment would send loopback traffic in plaintext to another machine.
		options = append(options, grpc.WithNoProxy())
	}
	return append(options, s.dial...)
}

func (s *settings) credentials() credentials.TransportCredentials {
	if s.tls == nil {
		return insecure.NewCredentials()
	}
	return credentials.NewTLS(s.tls)
}

// validate rejects invalid settings, and plaintext connections to other machines that are not allowed
// explicitly. A token is never sent to another machine in plaintext.
func (s *settings) validate() error {
	switch {
	case s.policy.choice < DoNotSend || s.policy.choice > SendEssential:
		return configurationError(
			"choose what checks return when the service is unavailable: DoNotSend, Send, SendEssential or Fail")
	case min(s.checkTimeout, s.batchTimeout, s.timeout) <= 0 || s.parallelism < 1:
		return configurationError("timeouts and batch parallelism must be positive")
	case s.tls != nil && s.plaintext:
		return configurationError("WithTLS and WithInsecure contradict each other")
	case s.hasToken && !isHeaderText(s.token):
		return configurationError("the token must be printable ASCII without surrounding whitespace")
	case s.tls != nil || isLoopback(s.target):
		return nil
	case !s.plaintext:
		return configurationError("%s is not a loopback address: use TLS, or allow plaintext with "+
			"WithInsecure if you trust the network", s.target)
	case s.hasToken:
		return configurationError("%s is not a loopback address: a token requires TLS", s.target)
	}
	return nil
}

func configurationError(format string, values ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrConfiguration}, values...)...)
}

// isLoopback reports whether a gRPC target, such as dns:///localhost:50051, is on this machine.
func isLoopback(target string) bool {
	for _, scheme := range []string{"unix:", "unix-abstract:"} {
		if strings.HasPrefix(target, scheme) {
			return true
		}
	}
	resolver := ""
	for _, scheme := range []string{"dns:", "passthrough:"} {
		if rest, ok := strings.CutPrefix(target, scheme); ok {
			target = rest
			if authority, ok := strings.CutPrefix(rest, "//"); ok {
				resolver, target, _ = strings.Cut(authority, "/")
			}
		}
	}
	host := target
	if before, _, err := net.SplitHostPort(target); err == nil {
		host = before
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	// For dns://resolver/localhost another machine resolves the name localhost.
	return strings.EqualFold(host, "localhost") && resolver == "" || ip != nil && ip.IsLoopback()
}

func isHeaderText(token string) bool {
	for _, char := range []byte(token) {
		if char < ' ' || char > '~' {
			return false
		}
	}
	return token != "" && token == strings.TrimSpace(token)
}

// bearer sends a token with every call.
type bearer struct {
	token   string
	overTLS bool
}

// GetRequestMetadata returns the metadata of a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity makes gRPC reject calls with a token if the connection does not use TLS.
func (b bearer) RequireTransportSecurity() bool {
	return b.overTLS
}
