package suppression

import (
	"crypto/tls"
	"log/slog"
	"time"

	"google.golang.org/grpc"
)

// Option is an optional setting of a client.
type Option func(*settings)

type settings struct {
	target       string
	policy       *policy
	token        string
	hasToken     bool
	tls          *tls.Config
	plaintext    bool
	checkTimeout time.Duration
	batchTimeout time.Duration
	timeout      time.Duration
	parallelism  int
	dial         []grpc.DialOption
}

func settingsFrom(target string, choice WhenUnavailable, options []Option) *settings {
	s := &settings{
		target:       target,
		policy:       &policy{choice: choice, log: slog.Default()},
		checkTimeout: 250 * time.Millisecond,
		batchTimeout: time.Second,
		timeout:      5 * time.Second,
		parallelism:  4,
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// WithToken sends "authorization: Bearer …" with every call. A token requires TLS unless the target is
// on this machine.
func WithToken(token string) Option {
	return func(s *settings) { s.token, s.hasToken = token, true }
}

// WithTLS enables TLS. RootCAs has the trusted certificate authorities (nil: those of the system).
// Certificates enables mutual TLS. If config is nil, defaults are used.
func WithTLS(config *tls.Config) Option {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return func(s *settings) { s.tls = config.Clone() }
}

// WithInsecure allows plaintext connections to other machines. Use it only in a trusted network.
func WithInsecure() Option {
	return func(s *settings) { s.plaintext = true }
}

// WithCheckTimeout sets the deadline of Check, including retries. The default is 250 ms.
func WithCheckTimeout(limit time.Duration) Option {
	return func(s *settings) { s.checkTimeout = limit }
}

// WithBatchTimeout sets the deadline of each call of a batch, with up to 10,000 addresses. The default
// is 1 s.
func WithBatchTimeout(limit time.Duration) Option {
	return func(s *settings) { s.batchTimeout = limit }
}

// WithTimeout sets the deadline of every other call. The default is 5 s.
func WithTimeout(limit time.Duration) Option {
	return func(s *settings) { s.timeout = limit }
}

// WithBatchParallelism sets how many calls of one batch run in parallel. The default is 4.
func WithBatchParallelism(calls int) Option {
	return func(s *settings) { s.parallelism = calls }
}

// WithLogger sets the logger for the warning that the service is unavailable, which is logged at most
// once a minute. The default is slog.Default().
func WithLogger(log *slog.Logger) Option {
	return func(s *settings) { s.policy.log = log }
}

// WithDialOptions adds gRPC dial options, such as a stats handler or, in tests, a dialer.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}
