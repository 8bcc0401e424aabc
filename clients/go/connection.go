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

// serviceConfig sets round robin over all addresses that the server's name has, and retries.
//
// Every call is idempotent, so every call is retried, within its one deadline. The throttle lets a
// burst of fifty failures be retried, and from then on about one call for ten that succeed: a service
// that is down is not hammered. CANCELLED is what a server that stops makes of calls which it has read
// and not begun (grpc/grpc#41785); a caller's own cancelling ends the call, retries included. UNKNOWN is
// what some libraries make of a connection that is cut while they write (grpc/grpc-java#10120).
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
		// What DNS has to say about retries does not count.
		grpc.WithDisableServiceConfig(),
		// Notice a dead peer under a waiting call. Not on idle connections: servers close the
		// connection of a client that pings without calls.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second,
		}),
		// By default gRPC waits up to two minutes before it tries a server again. Shorter than servers
		// drain: while one restarts after the other, the first is found again in time.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second,
			},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			// A request that outgrows this buffer is not retried; the longest batch has 3.3 MB.
			grpc.MaxRetryRPCBufferSize(4<<20),
			// A page of 10,000 changes outgrows the default of 4 MiB.
			grpc.MaxCallRecvMsgSize(64<<20),
		),
	}
	if s.token != "" {
		options = append(options, grpc.WithPerRPCCredentials(bearer{s.token, s.tls != nil}))
	}
	if isLoopback(s.target) {
		// A proxy from the environment would carry loopback plaintext off the machine.
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

// validate refuses plaintext, and above all a token in plaintext, beyond this machine.
func (s *settings) validate() error {
	switch {
	case s.policy.choice < Hold || s.policy.choice > Fail:
		return refuse("choose what checks do while the service cannot be asked: Hold, Send or Fail")
	case min(s.checkTimeout, s.batchTimeout, s.timeout) <= 0 || s.parallelism < 1:
		return refuse("time-outs and the parallelism of batches must be positive")
	case s.tls != nil && s.plaintext:
		return refuse("WithTLS and WithInsecure contradict each other")
	case s.hasToken && !isHeaderText(s.token):
		return refuse("the token must be printable ASCII without blanks around it")
	case s.tls != nil || isLoopback(s.target):
		return nil
	case !s.plaintext:
		return refuse("%s is not on this machine: use TLS, or allow plaintext with WithInsecure if "+
			"you trust the network", s.target)
	case s.hasToken:
		return refuse("%s is not on this machine: a token goes there only through TLS", s.target)
	}
	return nil
}

func refuse(format string, values ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrConfiguration}, values...)...)
}

// isLoopback says whether a gRPC target, such as dns:///localhost:50051, stays on this machine.
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
	// dns://resolver/localhost asks a stranger where localhost is.
	return strings.EqualFold(host, "localhost") && resolver == "" || ip != nil && ip.IsLoopback()
}

func isHeaderText(token string) bool {
	for _, octet := range []byte(token) {
		if octet < ' ' || octet > '~' {
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

// GetRequestMetadata returns what goes with a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + b.token}, nil
}

// RequireTransportSecurity makes gRPC refuse to send the token outside TLS.
func (b bearer) RequireTransportSecurity() bool {
	return b.overTLS
}
