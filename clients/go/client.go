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

// Client checks addresses and changes the suppression list. It is safe for concurrent use. Create one
// client per process and keep it. It connects on the first call.
//
// Checks send the revision of this client's newest write, so they see this write on every replica. The
// newest write is the one whose response arrived last. If writes run concurrently, pass the revision of
// the one that matters as [Mail.MinRevision].
//
// If the context of a call is cancelled, the call returns an error that Is context.Canceled. If the
// deadline of the context expires, the service counts as unavailable.
type Client struct {
	settings *settings
	channel  *grpc.ClientConn
	stub     suppressionv1.SuppressionServiceClient
	closed   atomic.Bool
	// The revision of the newest write; nil if there is none.
	newestWrite atomic.Pointer[string]
}

// NewClient returns a client. It does not connect yet.
//
// The target is host:port, dns:///host:port or unix:/path. The caller must choose what checks return
// when the service is unavailable: see [WhenUnavailable].
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

// Close closes the connection. Calls in progress fail. A second Close does nothing.
func (c *Client) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	return c.channel.Close()
}

// Unanswered returns the number of addresses that the policy has decided because the service was
// unavailable.
func (c *Client) Unanswered() uint64 {
	return c.settings.policy.total()
}

// Check reports whether one address may be mailed. A malformed address is not an error: the reason is
// InvalidAddress.
//
// An error means that the service rejected the request, or, with [Fail], that it was unavailable.
func (c *Client) Check(ctx context.Context, address string, mail Mail) (Check, error) {
	response, err := withMinRevision(c, mail.MinRevision,
		func(minRevision string) (*suppressionv1.CheckAddressResponse, error) {
			return call(ctx, c, c.settings.checkTimeout, c.stub.CheckAddress,
				&suppressionv1.CheckAddressRequest{
					Address: checkable(address), Stream: mail.Stream, MailClass: mail.Class,
					MinRevision: minRevision,
				})
		})
	if err == nil {
		return checkFrom(address, response), nil
	}
	checks, err := c.applyPolicy([]string{address}, mail.Class, err)
	if err != nil {
		return Check{Address: address}, err
	}
	return checks[0], nil
}

// BatchCheck checks any number of addresses. The results are in the order of the addresses.
//
// The addresses are split into calls of 10,000, which run in parallel, each with its own deadline. All
// results of one call have the same revision; results of different calls can have different revisions.
// If one call fails because the service is unavailable, the policy decides only about its addresses.
// Errors are those of Check. The first error cancels the other calls.
func (c *Client) BatchCheck(ctx context.Context, addresses []string, mail Mail) ([]Check, error) {
	checks := make([]Check, len(addresses))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.settings.parallelism)
	for first := 0; first < len(addresses); first += MaxBatch {
		last := min(first+MaxBatch, len(addresses))
		group.Go(func() error {
			answers, err := c.checkBatch(ctx, addresses[first:last], mail)
			copy(checks[first:last], answers)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return checks, nil
}

// Filter returns the addresses that may be mailed, in the given order. Errors are those of Check.
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

// checkBatch checks at most MaxBatch addresses.
func (c *Client) checkBatch(ctx context.Context, addresses []string, mail Mail) ([]Check, error) {
	encoded := allCheckable(addresses)
	response, err := withMinRevision(c, mail.MinRevision,
		func(minRevision string) (*suppressionv1.BatchCheckResponse, error) {
			return call(ctx, c, c.settings.batchTimeout, c.stub.BatchCheck,
				&suppressionv1.BatchCheckRequest{
					Addresses: encoded, Stream: mail.Stream, MailClass: mail.Class,
					MinRevision: minRevision,
				})
		})
	if err == nil {
		return checksFrom(addresses, response), nil
	}
	return c.applyPolicy(addresses, mail.Class, err)
}

// Entry has the optional fields of a new entry.
type Entry struct {
	// Stream is the stream that the entry applies to, at most 100 bytes. Empty: all mail.
	Stream string
	// Source is who creates the entry, at most 100 bytes. Empty: "api".
	Source string
	// Detail is a human-readable explanation, at most 1,000 bytes.
	Detail string
	// TTL is how long the entry stays active. Zero: it does not expire.
	TTL time.Duration
	// IncludeSubdomains makes the entry of a domain apply to its subdomains too. Only for SuppressDomain.
	IncludeSubdomains bool
}

// Suppress adds an address to the list. It is idempotent. It returns after the entry is durable.
func (c *Client) Suppress(
	ctx context.Context, address string, reason Reason, entry Entry,
) (*suppressionv1.SuppressResponse, error) {
	return c.suppress(ctx, &suppressionv1.SuppressRequest{Address: encodable(address)}, reason, entry)
}

// SuppressDomain adds a domain to the list, which suppresses all its addresses. It is idempotent. A
// repeated call can add the subdomains to an entry; it does not take them away.
func (c *Client) SuppressDomain(
	ctx context.Context, domain string, reason Reason, entry Entry,
) (*suppressionv1.SuppressResponse, error) {
	return c.suppress(ctx, &suppressionv1.SuppressRequest{Domain: encodable(domain)}, reason, entry)
}

func (c *Client) suppress(
	ctx context.Context, request *suppressionv1.SuppressRequest, reason Reason, entry Entry,
) (*suppressionv1.SuppressResponse, error) {
	request.Reason, request.Stream, request.Source = reason, entry.Stream, entry.Source
	request.Detail, request.IncludeSubdomains = entry.Detail, entry.IncludeSubdomains
	if entry.TTL != 0 {
		request.Ttl = durationpb.New(entry.TTL)
	}
	response, err := call(ctx, c, c.settings.timeout, c.stub.Suppress, request)
	c.rememberWrite(response.GetRevision())
	return response, err
}

// Removal selects the entries of an address or a domain to remove, and says why. The zero value selects
// all.
type Removal struct {
	// Reason selects entries of this reason. Zero: every reason.
	Reason Reason
	// Stream selects entries of this stream. Empty text: entries that apply to all mail. Nil: every
	// stream.
	Stream *string
	// Source is who removes the entries, at most 100 bytes. Empty: "api".
	Source string
	// Detail is a human-readable explanation, at most 1,000 bytes.
	Detail string
}

// Unsuppress removes entries of an address from the list, not those of its domain. It is idempotent.
func (c *Client) Unsuppress(
	ctx context.Context, address string, removal Removal,
) (*suppressionv1.UnsuppressResponse, error) {
	return c.unsuppress(ctx, &suppressionv1.UnsuppressRequest{Address: encodable(address)}, removal)
}

// UnsuppressDomain removes entries of a domain from the list, not those of its addresses. It is
// idempotent.
func (c *Client) UnsuppressDomain(
	ctx context.Context, domain string, removal Removal,
) (*suppressionv1.UnsuppressResponse, error) {
	return c.unsuppress(ctx, &suppressionv1.UnsuppressRequest{Domain: encodable(domain)}, removal)
}

func (c *Client) unsuppress(
	ctx context.Context, request *suppressionv1.UnsuppressRequest, removal Removal,
) (*suppressionv1.UnsuppressResponse, error) {
	request.Stream, request.Source, request.Detail = removal.Stream, removal.Source, removal.Detail
	if removal.Reason != ReasonUnspecified {
		request.Reason = removal.Reason.Enum()
	}
	response, err := call(ctx, c, c.settings.timeout, c.stub.Unsuppress, request)
	c.rememberWrite(response.GetRevision())
	return response, err
}

// Erase erases the personal data of an address; the address stays suppressed. In its entries, a keyed
// hash replaces the address, message ids are cleared, and detail is stored as their detail. So detail
// must not contain personal data. It is idempotent.
func (c *Client) Erase(
	ctx context.Context, address, detail string,
) (*suppressionv1.EraseAddressResponse, error) {
	request := &suppressionv1.EraseAddressRequest{Address: encodable(address), Detail: detail}
	response, err := call(ctx, c, c.settings.timeout, c.stub.EraseAddress, request)
	c.rememberWrite(response.GetRevision())
	return response, err
}

// GetAddress returns the feedback about one address and every entry, including removed and expired
// entries, and the entries of domains that apply to it.
func (c *Client) GetAddress(
	ctx context.Context, address string,
) (*suppressionv1.GetAddressResponse, error) {
	request := &suppressionv1.GetAddressRequest{Address: encodable(address)}
	return call(ctx, c, c.settings.timeout, c.stub.GetAddress, request)
}

// GetDomain returns every entry of one domain, including removed and expired entries.
func (c *Client) GetDomain(
	ctx context.Context, domain string,
) (*suppressionv1.GetAddressResponse, error) {
	request := &suppressionv1.GetAddressRequest{Domain: encodable(domain)}
	return call(ctx, c, c.settings.timeout, c.stub.GetAddress, request)
}

// ListChanges returns the entries that changed after a revision, oldest change first. Start without a
// revision; continue with the through_revision of the response. MaxWait is added to the deadline.
func (c *Client) ListChanges(
	ctx context.Context, request *suppressionv1.ListChangesRequest,
) (*suppressionv1.ListChangesResponse, error) {
	timeout := c.settings.timeout + request.GetMaxWait().AsDuration()
	return call(ctx, c, timeout, c.stub.ListChanges, request)
}

func (c *Client) rememberWrite(revision string) {
	if revision != "" {
		c.newestWrite.Store(&revision)
	}
}

// applyPolicy lets the policy decide if the error means that the service is unavailable. It returns
// every other error.
func (c *Client) applyPolicy(addresses []string, class MailClass, err error) ([]Check, error) {
	var failure *Error
	if errors.As(err, &failure) && errors.Is(err, ErrUnavailable) {
		return c.settings.policy.decide(addresses, class, failure)
	}
	return nil, err
}

// withMinRevision makes a call with the caller's revision or, if there is none, with the revision of
// this client's newest write.
func withMinRevision[R any](
	c *Client, minRevision string, call func(string) (R, error),
) (R, error) {
	newest := c.newestWrite.Load()
	if minRevision != "" || newest == nil {
		return call(minRevision)
	}
	response, err := call(*newest)
	var failure *Error
	if !errors.As(err, &failure) || failure.Code != codes.InvalidArgument ||
		failure.Reason != "REVISION_FOREIGN" && failure.Reason != "REVISION_AHEAD" {
		return response, err
	}
	// The service uses another database now, for example after a restore, and does not know this
	// revision. The caller did not pass it, so retry without it. A newer write is kept.
	c.newestWrite.CompareAndSwap(newest, nil)
	return call("")
}

// call makes one call with a deadline.
func call[Q, R any](
	ctx context.Context, c *Client, timeout time.Duration,
	method func(context.Context, *Q, ...grpc.CallOption) (*R, error), request *Q,
) (*R, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
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
	if failure.Code == codes.Internal && !isEncodable(request) {
		return nil, errorFrom(status.Error(codes.InvalidArgument, "a text field is not UTF-8"))
	}
	return nil, failure
}

// isEncodable distinguishes a wrong request of the caller from a failure of the service: gRPC reports
// both as Internal.
func isEncodable(request any) bool {
	message, ok := request.(proto.Message)
	if !ok {
		return true
	}
	_, err := proto.Marshal(message)
	return err == nil
}
