package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/suppression-service/suppression/clients/go/examples/ses"
	"github.com/suppression-service/suppression/clients/go/examples/standin"
)

func TestNewsletterGoesToAllWhoMayBeMailed(t *testing.T) {
	mails := standin.NewSES(t)
	sender, err := ses.FromEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	subscribers := strings.Builder{}
	for n := range part + 5 {
		fmt.Fprintf(&subscribers, "jane%d@example.com\n", n)
	}
	run := run{client: standin.NewList(t, "jane3@example.com", "jane1001@example.com"), sender: sender}

	if err := run.all(t.Context(), strings.NewReader(subscribers.String())); err != nil {
		t.Fatal(err)
	}

	if run.sent != part+3 || run.suppressed != 2 || run.refused != 0 || len(mails.Mails()) != part+3 {
		t.Errorf("got %+v", run)
	}
	for _, mail := range mails.Mails() {
		if mail.ConfigurationSetName != "news" {
			t.Fatalf("sent without the configuration set: %+v", mail)
		}
	}
}

func TestNewsletterWaitsWhereTheServiceCannotBeAsked(t *testing.T) {
	mails := standin.NewSES(t)
	sender, err := ses.FromEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	later := bytes.Buffer{}
	run := run{client: standin.NewClient(t, "127.0.0.1:1"), sender: sender, later: &later}

	if err := run.all(t.Context(), strings.NewReader("jane@example.com\njoe@example.com\n")); err != nil {
		t.Fatal(err)
	}

	if later.String() != "jane@example.com\njoe@example.com\n" || len(mails.Mails()) != 0 {
		t.Errorf("left for later: %q", later.String())
	}
}
