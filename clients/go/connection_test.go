package suppression_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	suppression "github.com/suppression-service/suppression/clients/go"
)

func TestLoopback(t *testing.T) {
	for target, loopback := range map[string]bool{
		"127.0.0.1:50051":               true,
		"127.8.8.8:50051":               true,
		"[::1]:50051":                   true,
		"::1":                           true,
		"localhost:50051":               true,
		"LocalHost":                     true,
		"dns:///localhost:50051":        true,
		"dns:localhost:50051":           true,
		"passthrough:///[::1]:1":        true,
		"unix:/run/suppression":         true,
		"dns://1.1.1.1/127.0.0.1:1":     true,
		"dns://1.1.1.1/localhost:1":     false,
		"dns:///evil.example/localhost": false,
		"suppression.example:50051":     false,
		"localhost.example:50051":       false,
		"10.0.0.1:50051":                false,
		"0.0.0.0:50051":                 false,
		"xds:///localhost":              false,
		"":                              false,
	} {
		if suppression.IsLoopback(target) != loopback {
			t.Errorf("wrong result for %q", target)
		}
	}
}

func TestInvalidConfigurations(t *testing.T) {
	const local, remote = "127.0.0.1:1", "suppression.example:1"
	for why, attempt := range map[string]struct {
		target  string
		choice  suppression.WhenUnavailable
		options []suppression.Option
	}{
		"no policy":                    {local, 0, nil},
		"an unknown policy":            {local, 5, nil},
		"plaintext to another machine": {remote, suppression.DoNotSend, nil},
		"a token in plaintext":         {remote, suppression.DoNotSend, []suppression.Option{suppression.WithInsecure(), suppression.WithToken("t")}},
		"TLS and plaintext":            {local, suppression.DoNotSend, []suppression.Option{suppression.WithInsecure(), suppression.WithTLS(nil)}},
		"an empty token":               {local, suppression.DoNotSend, []suppression.Option{suppression.WithToken("")}},
		"a broken token":               {local, suppression.DoNotSend, []suppression.Option{suppression.WithToken("secret\n")}},
		"a timeout of zero":            {local, suppression.DoNotSend, []suppression.Option{suppression.WithCheckTimeout(0)}},
		"a parallelism of zero":        {local, suppression.DoNotSend, []suppression.Option{suppression.WithBatchParallelism(0)}},
	} {
		t.Run(why, func(t *testing.T) {
			_, err := suppression.NewClient(attempt.target, attempt.choice, attempt.options...)
			if !errors.Is(err, suppression.ErrConfiguration) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestValidConfigurations(t *testing.T) {
	for why, options := range map[string][]suppression.Option{
		"plaintext with WithInsecure": {suppression.WithInsecure()},
		"a token with TLS":            {suppression.WithTLS(nil), suppression.WithToken("t")},
	} {
		if _, err := suppression.NewClient("suppression.example:1", suppression.DoNotSend, options...); err != nil {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestTokenGoesWithEveryCall(t *testing.T) {
	service := startService(t)
	client := newClient(t, service.target, suppression.Fail, suppression.WithToken("secret"))

	_, err := client.Check(t.Context(), "a", suppression.Mail{})

	if err != nil || !slices.Equal(service.tokens, []string{"Bearer secret"}) {
		t.Errorf("sent %q, %v", service.tokens, err)
	}
}

func TestMutualTLS(t *testing.T) {
	certificate, trusted := selfSigned(t)
	service := startService(t, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    trusted,
	})))
	for why, attempt := range map[string]struct {
		config   *tls.Config
		answered bool
	}{
		"both trusted":             {&tls.Config{RootCAs: trusted, Certificates: []tls.Certificate{certificate}}, true},
		"no client certificate":    {&tls.Config{RootCAs: trusted}, false},
		"an untrusted server":      {&tls.Config{Certificates: []tls.Certificate{certificate}}, false},
		"the system's authorities": {nil, false},
	} {
		t.Run(why, func(t *testing.T) {
			client := newClient(t, service.target, suppression.DoNotSend, suppression.WithTLS(attempt.config),
				suppression.WithToken("secret"))

			check, err := client.Check(t.Context(), "a", suppression.Mail{})

			if err != nil || check.Answered() != attempt.answered {
				t.Errorf("got %+v, %v", check, err)
			}
		})
	}
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, trusted
}
