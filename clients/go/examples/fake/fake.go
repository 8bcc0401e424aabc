// Package standin stands in for Amazon SES and for the suppression service in the tests of the
// examples.
package standin

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

// SES takes mail and remembers it.
type SES struct {
	mutex sync.Mutex
	mails []Mail
}

// Mail is what counts of a mail.
type Mail struct {
	ConfigurationSetName string
	FromEmailAddress     string
	Destination          struct{ ToAddresses []string }
}

// NewSES starts a stand-in for SES, and points the SDK at it.
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

// ServeHTTP answers SendEmail.
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

// Mails returns what was sent.
func (s *SES) Mails() []Mail {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.mails)
}

// NewList starts a service that has these addresses on its list, and returns its client.
func NewList(t *testing.T, suppressed ...string) *suppression.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	suppressionv1.RegisterSuppressionServiceServer(server, &list{suppressed: suppressed})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return NewClient(t, listener.Addr().String())
}

// NewClient returns a client that holds mail.
func NewClient(t *testing.T, target string) *suppression.Client {
	t.Helper()
	// So that a busy machine fails no test.
	client, err := suppression.NewClient(target, suppression.Hold,
		suppression.WithCheckTimeout(20*time.Second), suppression.WithBatchTimeout(20*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

type list struct {
	suppressionv1.UnimplementedSuppressionServiceServer

	suppressed []string
}

// CheckAddress answers for one address.
func (l *list) CheckAddress(
	_ context.Context, request *suppressionv1.CheckAddressRequest,
) (*suppressionv1.CheckAddressResponse, error) {
	return &suppressionv1.CheckAddressResponse{Verdict: l.verdict(request.GetAddress())}, nil
}

// BatchCheck answers for many.
func (l *list) BatchCheck(
	_ context.Context, request *suppressionv1.BatchCheckRequest,
) (*suppressionv1.BatchCheckResponse, error) {
	response := &suppressionv1.BatchCheckResponse{}
	for _, address := range request.GetAddresses() {
		response.Verdicts = append(response.Verdicts, l.verdict(address))
	}
	return response, nil
}

func (l *list) verdict(address string) suppression.Verdict {
	if slices.Contains(l.suppressed, address) {
		return suppression.VerdictDoNotSend
	}
	return suppression.VerdictSend
}
