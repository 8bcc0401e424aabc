// Command newsletter mails a newsletter to the addresses on standard input, one a line, but for those
// that must not be mailed.
//
//	SES_FROM=us@example.com SES_CONFIGURATION_SET=news go run ./newsletter <subscribers.txt >later.txt
//
// Addresses that the service could not be asked about are printed, to be the input of another run; it
// exits with 1 if there are any.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	suppression "github.com/suppression-service/suppression/clients/go"
	"github.com/suppression-service/suppression/clients/go/examples/ses"
)

// The list changes while the run goes on, so it is asked about a part of the run at a time.
const part = 1_000

func main() {
	ctx := context.Background()
	sender, err := ses.FromEnvironment(ctx)
	if err != nil {
		fail(err)
	}
	// A newsletter can wait: it is held while the service cannot be asked, and that has time to answer.
	client, err := suppression.NewClient(server(), suppression.Hold,
		suppression.WithBatchTimeout(10*time.Second))
	if err != nil {
		fail(err)
	}
	defer client.Close()
	run := run{client: client, sender: sender, later: os.Stdout}
	if err := run.all(ctx, os.Stdin); err != nil {
		fail(err)
	}
	fmt.Fprintf(os.Stderr, "%d sent, %d not to be mailed, %d for later, %d refused by SES\n",
		run.sent, run.suppressed, client.Unanswered(), run.refused)
	if client.Unanswered() > 0 {
		os.Exit(1)
	}
}

type run struct {
	client                    *suppression.Client
	sender                    *ses.Sender
	later                     io.Writer
	sent, suppressed, refused int
}

func (r *run) all(ctx context.Context, subscribers io.Reader) error {
	lines := bufio.NewScanner(subscribers)
	addresses := make([]string, 0, part)
	for lines.Scan() {
		addresses = append(addresses, lines.Text())
		if len(addresses) < part {
			continue
		}
		if err := r.some(ctx, addresses); err != nil {
			return err
		}
		addresses = addresses[:0]
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return r.some(ctx, addresses)
}

func (r *run) some(ctx context.Context, addresses []string) error {
	checks, err := r.client.BatchCheck(ctx, addresses, suppression.Mail{Stream: "newsletter"})
	if err != nil {
		return err
	}
	for _, check := range checks {
		switch {
		case check.Send():
			r.mail(ctx, check.Address)
		case check.Answered():
			r.suppressed++
		default:
			fmt.Fprintln(r.later, check.Address)
		}
	}
	return nil
}

func (r *run) mail(ctx context.Context, to string) {
	if err := r.sender.Send(ctx, to, "News", "This happened in November."); err != nil {
		// The text of the error can hold the address.
		r.refused++
		return
	}
	r.sent++
}

func server() string {
	if server := os.Getenv("SUPPRESSION_SERVER"); server != "" {
		return server
	}
	return "127.0.0.1:50051"
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
