// Command newsletter sends a newsletter to the addresses on standard input, one per line. It skips
// addresses that must not be mailed.
//
//	SES_FROM=us@example.com SES_CONFIGURATION_SET=news go run ./newsletter <subscribers.txt >unchecked.txt
//
// It prints the addresses that could not be checked because the service was unavailable. Use them as the
// input of another run. It exits with status 1 if there are any.
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

// The list can change during a run, so the addresses are checked in chunks.
const chunkSize = 1_000

func main() {
	ctx := context.Background()
	sender, err := ses.FromEnvironment(ctx)
	if err != nil {
		fail(err)
	}
	// A newsletter can wait: do not send while the service is unavailable, and use a long timeout.
	client, err := suppression.NewClient(server(), suppression.DoNotSend,
		suppression.WithBatchTimeout(10*time.Second))
	if err != nil {
		fail(err)
	}
	defer client.Close()
	run := run{client: client, sender: sender, unchecked: os.Stdout}
	if err := run.sendAll(ctx, os.Stdin); err != nil {
		fail(err)
	}
	fmt.Fprintf(os.Stderr, "%d sent, %d suppressed, %d unchecked, %d rejected by SES\n",
		run.sent, run.suppressed, client.Unanswered(), run.rejected)
	if client.Unanswered() > 0 {
		os.Exit(1)
	}
}

type run struct {
	client                     *suppression.Client
	sender                     *ses.Sender
	unchecked                  io.Writer
	sent, suppressed, rejected int
}

func (r *run) sendAll(ctx context.Context, subscribers io.Reader) error {
	lines := bufio.NewScanner(subscribers)
	addresses := make([]string, 0, chunkSize)
	for lines.Scan() {
		addresses = append(addresses, lines.Text())
		if len(addresses) < chunkSize {
			continue
		}
		if err := r.sendChunk(ctx, addresses); err != nil {
			return err
		}
		addresses = addresses[:0]
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return r.sendChunk(ctx, addresses)
}

func (r *run) sendChunk(ctx context.Context, addresses []string) error {
	checks, err := r.client.BatchCheck(ctx, addresses, suppression.Mail{Stream: "newsletter"})
	if err != nil {
		return err
	}
	for _, check := range checks {
		switch {
		case check.Send():
			r.send(ctx, check.Address)
		case check.Answered():
			r.suppressed++
		default:
			fmt.Fprintln(r.unchecked, check.Address)
		}
	}
	return nil
}

func (r *run) send(ctx context.Context, to string) {
	if err := r.sender.Send(ctx, to, "News", "This happened in November."); err != nil {
		// Do not log the error: its message can contain the address.
		r.rejected++
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
