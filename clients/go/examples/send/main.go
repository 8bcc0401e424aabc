// Command send sends a password reset to one address, unless the address must not be mailed.
//
//	SES_FROM=us@example.com SES_CONFIGURATION_SET=transactional go run ./send jane@example.com
//
// It exits with status 1 if the address must not be mailed.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	suppression "github.com/suppression-service/suppression/clients/go"
	"github.com/suppression-service/suppression/clients/go/examples/ses"
)

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: send ADDRESS"))
	}
	ctx := context.Background()
	sender, err := ses.FromEnvironment(ctx)
	if err != nil {
		fail(err)
	}
	// The recipient waits for this mail, so it is sent when the service is unavailable. A new process
	// must connect first, so it needs a longer timeout than a long-running one.
	client, err := suppression.NewClient(server(), suppression.Send,
		suppression.WithCheckTimeout(5*time.Second))
	if err != nil {
		fail(err)
	}
	defer client.Close()
	sent, err := send(ctx, client, sender, os.Args[1])
	if err != nil {
		fail(err)
	}
	if !sent {
		os.Exit(1)
	}
}

func send(
	ctx context.Context, client *suppression.Client, sender *ses.Sender, to string,
) (bool, error) {
	check, err := client.Check(ctx, to, suppression.Mail{
		Stream: "transactional", Class: suppression.Essential,
	})
	if err != nil {
		return false, err
	}
	if !check.Send() {
		fmt.Println("not sent:", check.Reason)
		return false, nil
	}
	return true, sender.Send(ctx, to, "Your new password", "Choose it within the next hour.")
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
