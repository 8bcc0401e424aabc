// Package fake has fakes of Amazon SES and of the suppression service for the tests of the examples.
package fake

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	suppression "github.com/suppression-service/suppression/clients/go"
	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

// SES is a fake of Amazon SES that records the mails it receives.
type SES struct {
	mutex sync.Mutex
	mails []Mail
}

// Mail has the fields of a mail that the tests check.
type Mail struct {
	ConfigurationSetName string
	FromEmailAddress     string
	Destination          struct{ ToAddresses []string }
}

// NewSES starts a fake SES and sets the environment variables that make the SDK use it.
func NewSES(t *testing.T) *SES {
	t.Helper()
	ses := &SES{}
	server := httptest.NewServer(ses)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "none",
		"AWS_SECRET_ACCESS_KEY": "none", "SES_FROM": "us@example.com", "SES_CONFIGURATION_SET": "news",
	} {
		t.Setenv(name, value)
	}
	return ses
}

// ServeHTTP implements SendEmail.
func (s *SES) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	var mail Mail
	if request.URL.Path != "/v2/email/outbound-emails" ||
		json.NewDecoder(request.Body).Decode(&mail) != nil {
		http.Error(answer, "{}", http.StatusNotFound)
		return
	}
	s.mutex.Lock()
	s.mails = append(s.mails, mail)
	s.mutex.Unlock()
	_, _ = answer.Write([]byte(`{"MessageId": "m"}`))
}

// Mails returns the received mails.
func (s *SES) Mails() []Mail {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.mails)
}

// NewService starts a fake suppression service with these suppressed addresses. It returns a client.
func NewService(t *testing.T, suppressed ...string) *suppression.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	suppressionv1.RegisterSuppressionServiceServer(server, &service{suppressed: suppressed})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return NewClient(t, listener.Addr().String())
}

// NewClient returns a client with the policy DoNotSend.
func NewClient(t *testing.T, target string) *suppression.Client {
	t.Helper()
	// Long timeouts, so that tests do not fail on a busy machine.
	client, err := suppression.NewClient(target, suppression.DoNotSend,
		suppression.WithCheckTimeout(20*time.Second), suppression.WithBatchTimeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

type service struct {
	suppressionv1.UnimplementedSuppressionServiceServer

	suppressed []string
}

// CheckAddress implements the RPC.
func (s *service) CheckAddress(
	_ context.Context, request *suppressionv1.CheckAddressRequest,
) (*suppressionv1.CheckAddressResponse, error) {
	return &suppressionv1.CheckAddressResponse{Verdict: s.verdict(request.GetAddress())}, nil
}

// BatchCheck implements the RPC.
func (s *service) BatchCheck(
	_ context.Context, request *suppressionv1.BatchCheckRequest,
) (*suppressionv1.BatchCheckResponse, error) {
	response := &suppressionv1.BatchCheckResponse{}
	for _, address := range request.GetAddresses() {
		response.Verdicts = append(response.Verdicts, s.verdict(address))
	}
	return response, nil
}

func (s *service) verdict(address string) suppression.Verdict {
	if slices.Contains(s.suppressed, address) {
		return suppression.VerdictDoNotSend
	}
	return suppression.VerdictSend
}
