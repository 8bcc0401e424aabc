// Command loadgen sends checks through one client until its standard input ends. The README of
// clients/conformance describes its output.
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
	// Time between two checks of a caller.
	pause = 10 * time.Millisecond
	// Number of checks before counting starts.
	warmUp = 100
)

// stats counts the results of the checks.
type stats struct {
	Answered  int            `json:"answered"`
	Failed    map[string]int `json:"failed"`
	SlowestMS float64        `json:"slowest_ms"`

	mutex  sync.Mutex
	warmed int
}

func main() {
	client, err := suppression.NewClient("servers:///", suppression.Fail, suppression.WithInsecure(),
		suppression.WithDialOptions(grpc.WithResolvers(servers(os.Args[1:]))))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	totals := &stats{Failed: map[string]int{}}
	var running sync.WaitGroup
	for range callers {
		running.Go(func() { totals.sendChecks(ctx, client) })
	}
	running.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(totals)
}

// servers returns a resolver that resolves one name to all addresses, as DNS does.
func servers(addresses []string) resolver.Builder {
	state := resolver.State{}
	for _, address := range addresses {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: address})
	}
	builder := manual.NewBuilderWithScheme("servers")
	builder.InitialState(state)
	return builder
}

func (s *stats) sendChecks(ctx context.Context, client *suppression.Client) {
	for ctx.Err() == nil {
		start := time.Now()
		_, err := client.Check(context.Background(), "jane@example.com", suppression.Mail{})
		s.count(err, time.Since(start))
		time.Sleep(pause)
	}
}

func (s *stats) count(err error, took time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.warmed < warmUp {
		if s.warmed++; s.warmed == warmUp {
			fmt.Println("ready")
		}
		return
	}
	s.SlowestMS = max(s.SlowestMS, float64(took.Microseconds())/1000)
	var failure *suppression.Error
	switch {
	case err == nil:
		s.Answered++
	case errors.As(err, &failure):
		s.Failed[failure.Code.String()]++
	default:
		s.Failed[err.Error()]++
	}
}
