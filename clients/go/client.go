package suppression

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

// Client asks before each mail, and changes the list. It is safe for concurrent use; keep one for the
// life of a process. It connects at its first call.
//
// Checks carry the revision of this client's newest write, so that they see it on every replica. The
// newest is the one that was answered last: of writes that overlap, hand the revision of the one that
// matters to the check as [Mail.MinRevision].
//
// A context that is cancelled ends a call with an error that Is context.Canceled; one whose deadline
// passes counts as a service that could not be asked in time.
type Client struct {
	settings *settings
	channel  *grpc.ClientConn
	stub     suppressionv1.SuppressionServiceClient
	closed   atomic.Bool
	// The revision of the newest write; nil where there is none.
	wrote atomic.Pointer[string]
}

// NewClient makes a client; nothing is connected yet.
//
// The target is host:port, dns:///host:port or unix:/path. What checks do while the service cannot
// be asked has to be chosen: see [WhenUnavailable].
func NewClient(target string, whenUnavailable WhenUnavailable, options ...Option) (*Client, error) {
	settings := settingsFrom(target, whenUnavailable, options)
	if err := settings.validate(); err != nil {
		return nil, err
	}
	channel, err := grpc.NewClient(target, settings.dialOptions()...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	stub := suppressionv1.NewSuppressionServiceClient(channel)
	return &Client{settings: settings, channel: channel, stub: stub}, nil
}

// Close closes the connection. Calls under way fail; closing again does nothing.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.channel.Close()
}

// Unanswered returns how many addresses the policy decided about so far, for want of an answer.
func (c *Client) Unanswered() uint64 {
	return c.settings.policy.total()
}

// Check asks whether one address may be mailed. Text that is no address is an answer, not an error.
//
// An error means that the service refuses the question, or with [Fail] that it could not be asked.
func (c *Client) Check(ctx context.Context, address string, mail Mail) (Check, error) {
	response, err := fresh(c, mail.MinRevision,
		func(minRevision string) (*suppressionv1.CheckAddressResponse, error) {
			return call(ctx, c, c.settings.checkTimeout, c.stub.CheckAddress,
				&suppressionv1.CheckAddressRequest{
					Address: onWire(address), Stream: mail.Stream, MailClass: mail.Class,
					MinRevision: minRevision,
				})
		})
	if err == nil {
		return checkFrom(address, response), nil
	}
	checks, err := c.standIn([]string{address}, err)
	if err != nil {
		return Check{Address: address}, err
	}
	return checks[0], nil
}

// BatchCheck asks about any number of addresses; the answers are in their order.
//
// Every 10,000 addresses are one call with a deadline of its own, several under way at a time. Each
// call is answered at one revision, but two calls can be answered at two, and one can go unanswered
// without the others. Errors are those of Check; the first ends it all.
func (c *Client) BatchCheck(ctx context.Context, addresses []string, mail Mail) ([]Check, error) {
	checks := make([]Check, len(addresses))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.settings.parallelism)
	for first := 0; first < len(addresses); first += MaxBatch {
		last := min(first+MaxBatch, len(addresses))
		group.Go(func() error {
			answers, err := c.piece(ctx, addresses[first:last], mail)
			copy(checks[first:last], answers)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return checks, nil
}

// Filter returns the addresses that may be mailed, in their order. Errors are those of Check.
func (c *Client) Filter(ctx context.Context, addresses []string, mail Mail) ([]string, error) {
	checks, err := c.BatchCheck(ctx, addresses, mail)
	if err != nil {
		return nil, err
	}
	mailable := make([]string, 0, len(checks))
	for _, check := range checks {
		if check.Send() {
			mailable = append(mailable, check.Address)
		}
	}
	return mailable, nil
}

// piece asks about at most MaxBatch addresses.
func (c *Client) piece(ctx context.Context, addresses []string, mail Mail) ([]Check, error) {
	carried := allOnWire(addresses)
	response, err := fresh(c, mail.MinRevision,
		func(minRevision string) (*suppressionv1.BatchCheckResponse, error) {
			return call(ctx, c, c.settings.batchTimeout, c.stub.BatchCheck,
				&suppressionv1.BatchCheckRequest{
					Addresses: carried, Stream: mail.Stream, MailClass: mail.Class,
					MinRevision: minRevision,
				})
		})
	if err == nil {
		return checksFrom(addresses, response), nil
	}
	return c.standIn(addresses, err)
}

// Entry is what can be said of an entry besides its address and reason.
type Entry struct {
	// Stream is what the entry is to hold for, at most 100 bytes; empty for all mail.
	Stream string
	// Source is who makes the entry, at most 100 bytes; "api" if empty.
	Source string
	// Detail is why, in words for people, at most 1,000 bytes.
	Detail string
	// TTL is how long the entry is to hold; zero for ever.
	TTL time.Duration
}

// Suppress puts an address on the list. It is idempotent, and returns once the entry is durable.
func (c *Client) Suppress(
	ctx context.Context, address string, reason Reason, entry Entry,
) (*suppressionv1.SuppressResponse, error) {
	request := &suppressionv1.SuppressRequest{
		Address: onWire(address), Reason: reason, Stream: entry.Stream, Source: entry.Source,
		Detail: entry.Detail,
	}
	if entry.TTL != 0 {
		request.Ttl = durationpb.New(entry.TTL)
	}
	response, err := call(ctx, c, c.settings.timeout, c.stub.Suppress, request)
	c.remember(response.GetRevision())
	return response, err
}

// Removal says which entries of an address to take off the list, and why. The zero value is all.
type Removal struct {
	// Reason limits it to entries of this reason; zero for every reason.
	Reason Reason
	// Stream limits it to entries of this stream, empty text to those that hold for all mail; nil for
	// every stream.
	Stream *string
	// Source is who removes them, at most 100 bytes; "api" if empty.
	Source string
	// Detail is why, in words for people, at most 1,000 bytes.
	Detail string
}

// Unsuppress takes entries of an address off the list. It is idempotent.
func (c *Client) Unsuppress(
	ctx context.Context, address string, removal Removal,
) (*suppressionv1.UnsuppressResponse, error) {
	request := &suppressionv1.UnsuppressRequest{
		Address: onWire(address), Stream: removal.Stream, Source: removal.Source,
		Detail: removal.Detail,
	}
	if removal.Reason != ReasonUnspecified {
		request.Reason = removal.Reason.Enum()
	}
	response, err := call(ctx, c, c.settings.timeout, c.stub.Unsuppress, request)
	c.remember(response.GetRevision())
	return response, err
}

// Erase has a person forgotten while the address stays blocked as it is. Entries keep a keyed hash
// instead of the address, and no text but detail, which says why and names no person. It is idempotent.
func (c *Client) Erase(
	ctx context.Context, address, detail string,
) (*suppressionv1.EraseAddressResponse, error) {
	request := &suppressionv1.EraseAddressRequest{Address: onWire(address), Detail: detail}
	response, err := call(ctx, c, c.settings.timeout, c.stub.EraseAddress, request)
	c.remember(response.GetRevision())
	return response, err
}

// GetAddress returns every entry of one address, removed and expired ones included, and its feedback.
func (c *Client) GetAddress(
	ctx context.Context, address string,
) (*suppressionv1.GetAddressResponse, error) {
	request := &suppressionv1.GetAddressRequest{Address: onWire(address)}
	return call(ctx, c, c.settings.timeout, c.stub.GetAddress, request)
}

// ListChanges returns the entries that changed after a revision, oldest change first. Begin with no
// revision; go on with the through_revision of the answer. A MaxWait comes on top of the deadline.
func (c *Client) ListChanges(
	ctx context.Context, request *suppressionv1.ListChangesRequest,
) (*suppressionv1.ListChangesResponse, error) {
	timeout := c.settings.timeout + request.GetMaxWait().AsDuration()
	return call(ctx, c, timeout, c.stub.ListChanges, request)
}

func (c *Client) remember(revision string) {
	if revision != "" {
		c.wrote.Store(&revision)
	}
}

// standIn lets the policy decide where the service could not be asked, and only there.
func (c *Client) standIn(addresses []string, err error) ([]Check, error) {
	var failure *Error
	if errors.As(err, &failure) && errors.Is(err, ErrUnavailable) {
		return c.settings.policy.standIn(addresses, failure)
	}
	return nil, err
}

// fresh asks for an answer at least as new as the caller wants, else as one's own writes.
func fresh[R any](c *Client, minRevision string, ask func(string) (R, error)) (R, error) {
	carried := c.wrote.Load()
	if minRevision != "" || carried == nil {
		return ask(minRevision)
	}
	response, err := ask(*carried)
	var failure *Error
	if !errors.As(err, &failure) || failure.Code != codes.InvalidArgument ||
		failure.Reason != "REVISION_FOREIGN" && failure.Reason != "REVISION_AHEAD" {
		return response, err
	}
	// The service has moved to another database, where what was written before means nothing. The
	// caller did not ask for it, so ask without; a newer write stays.
	c.wrote.CompareAndSwap(carried, nil)
	return ask("")
}

// call makes one call within its deadline.
func call[Q, R any](
	ctx context.Context, c *Client, timeout time.Duration,
	method func(context.Context, *Q, ...grpc.CallOption) (*R, error), request *Q,
) (*R, error) {
	limited, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	response, err := method(limited, request)
	switch {
	case err == nil:
		return response, nil
	case c.closed.Load():
		return nil, ErrClosed
	case errors.Is(ctx.Err(), context.Canceled):
		return nil, fmt.Errorf("suppression: %w", context.Canceled)
	}
	failure := errorFrom(err)
	if failure.Code == codes.Internal && !canBeWritten(request) {
		return nil, errorFrom(status.Error(codes.InvalidArgument, "a text is not UTF-8"))
	}
	return nil, failure
}

// canBeWritten tells a mistake of the caller from a failure of the service: gRPC calls both Internal.
func canBeWritten(request any) bool {
	message, ok := request.(proto.Message)
	if !ok {
		return true
	}
	_, err := proto.Marshal(message)
	return err == nil
}
