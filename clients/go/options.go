package suppression

import (
	"crypto/tls"
	"log/slog"
	"time"

	"google.golang.org/grpc"
)

// Option is a choice of a client that has a default.
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

// WithToken sends "authorization: Bearer …" with every call; beyond this machine only through TLS.
func WithToken(token string) Option {
	return func(s *settings) { s.token, s.hasToken = token, true }
}

// WithTLS talks through TLS: RootCAs says whom to trust (nil: the system's authorities), Certificates
// makes it mutual. A nil config is the default one.
func WithTLS(config *tls.Config) Option {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return func(s *settings) { s.tls = config.Clone() }
}

// WithInsecure allows plaintext beyond this machine, in a network that you trust.
func WithInsecure() Option {
	return func(s *settings) { s.plaintext = true }
}

// WithCheckTimeout limits a check, retries included; 250 ms by default.
func WithCheckTimeout(limit time.Duration) Option {
	return func(s *settings) { s.checkTimeout = limit }
}

// WithBatchTimeout limits each call of a batch, one for 10,000 addresses; 1 s by default.
func WithBatchTimeout(limit time.Duration) Option {
	return func(s *settings) { s.batchTimeout = limit }
}

// WithTimeout limits every other call; 5 s by default.
func WithTimeout(limit time.Duration) Option {
	return func(s *settings) { s.timeout = limit }
}

// WithBatchParallelism sets how many calls of one batch are under way at a time; 4 by default.
func WithBatchParallelism(calls int) Option {
	return func(s *settings) { s.parallelism = calls }
}

// WithLogger sets where to warn, once a minute at most, that the service cannot be asked;
// slog.Default() by default.
func WithLogger(log *slog.Logger) Option {
	return func(s *settings) { s.policy.log = log }
}

// WithDialOptions adds options of gRPC's own, such as a stats handler or, in tests, a dialer.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}
