package main

import (
	"testing"

	"github.com/suppression-service/suppression/clients/go/examples/fake"
	"github.com/suppression-service/suppression/clients/go/examples/ses"
)

func TestMailIsNotSentToSuppressedAddresses(t *testing.T) {
	mails := fake.NewSES(t)
	sender, err := ses.FromEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client := fake.NewService(t, "joe@example.com")

	for to, expected := range map[string]bool{"jane@example.com": true, "joe@example.com": false} {
		if sent, err := send(t.Context(), client, sender, to); err != nil || sent != expected {
			t.Errorf("%s: sent %t, %v", to, sent, err)
		}
	}

	sent := mails.Mails()
	if len(sent) != 1 || sent[0].Destination.ToAddresses[0] != "jane@example.com" {
		t.Errorf("SES got %+v", sent)
	}
}
