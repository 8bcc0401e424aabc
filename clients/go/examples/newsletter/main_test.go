package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/suppression-service/suppression/clients/go/examples/fake"
	"github.com/suppression-service/suppression/clients/go/examples/ses"
)

func TestNewsletterSkipsSuppressedAddresses(t *testing.T) {
	mails := fake.NewSES(t)
	sender, err := ses.FromEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	subscribers := strings.Builder{}
	for n := range chunkSize + 5 {
		fmt.Fprintf(&subscribers, "jane%d@example.com\n", n)
	}
	run := run{client: fake.NewService(t, "jane3@example.com", "jane1001@example.com"), sender: sender}

	if err := run.sendAll(t.Context(), strings.NewReader(subscribers.String())); err != nil {
		t.Fatal(err)
	}

	if run.sent != chunkSize+3 || run.suppressed != 2 || run.rejected != 0 || len(mails.Mails()) != chunkSize+3 {
		t.Errorf("got %+v", run)
	}
	for _, mail := range mails.Mails() {
		if mail.ConfigurationSetName != "news" {
			t.Fatalf("sent without the configuration set: %+v", mail)
		}
	}
}

func TestNothingIsSentWhenTheServiceIsUnavailable(t *testing.T) {
	mails := fake.NewSES(t)
	sender, err := ses.FromEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unchecked := bytes.Buffer{}
	run := run{client: fake.NewClient(t, "127.0.0.1:1"), sender: sender, unchecked: &unchecked}

	if err := run.sendAll(t.Context(), strings.NewReader("jane@example.com\njoe@example.com\n")); err != nil {
		t.Fatal(err)
	}

	if unchecked.String() != "jane@example.com\njoe@example.com\n" || len(mails.Mails()) != 0 {
		t.Errorf("unchecked: %q", unchecked.String())
	}
}
