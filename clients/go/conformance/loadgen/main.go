// Command asker asks through one client until its standard input ends; clients/conformance says how it
// reports.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"

	suppression "github.com/suppression-service/suppression/clients/go"
)

const (
	callers = 4
	// Between two checks of a caller.
	pause = 10 * time.Millisecond
	// How many checks come before those that count.
	warmUp = 100
)

// outcome is what the checks came to.
type outcome struct {
	Answered  int            `json:"answered"`
	Failed    map[string]int `json:"failed"`
	SlowestMS float64        `json:"slowest_ms"`

	lock   sync.Mutex
	before int
}

func main() {
	client, err := suppression.NewClient("servers:///", suppression.Fail, suppression.WithInsecure(),
		suppression.WithDialOptions(grpc.WithResolvers(servers(os.Args[1:]))))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	came := &outcome{Failed: map[string]int{}}
	var asking sync.WaitGroup
	for range callers {
		asking.Go(func() { came.askOn(ctx, client) })
	}
	asking.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(came)
}

// servers makes one name of several addresses, as DNS does.
func servers(addresses []string) resolver.Builder {
	state := resolver.State{}
	for _, address := range addresses {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	builder := manual.NewBuilderWithScheme("servers")
	builder.InitialState(state)
	return builder
}

func (o *outcome) askOn(ctx context.Context, client *suppression.Client) {
	for ctx.Err() == nil {
		began := time.Now()
		_, err := client.Check(context.Background(), "jane@example.com", suppression.Mail{})
		o.count(err, time.Since(began))
		time.Sleep(pause)
	}
}

func (o *outcome) count(err error, took time.Duration) {
	o.lock.Lock()
	defer o.lock.Unlock()
	if o.before < warmUp {
		if o.before++; o.before == warmUp {
			fmt.Println("asking")
		}
		return
	}
	o.SlowestMS = max(o.SlowestMS, float64(took.Microseconds())/1000)
	var failure *suppression.Error
	switch {
	case err == nil:
		o.Answered++
	case errors.As(err, &failure):
		o.Failed[failure.Code.String()]++
	default:
		o.Failed[err.Error()]++
	}
}
