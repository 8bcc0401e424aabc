package suppression_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	suppression "github.com/suppression-service/suppression/clients/go"
	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

var ordinary = suppression.Mail{}

func TestCheckSendsOnlyOnSend(t *testing.T) {
	for verdict, send := range map[suppression.Verdict]bool{0: false, 1: true, 2: false, 99: false} {
		t.Run(verdict.String(), func(t *testing.T) {
			service := startService(t)
			service.verdict = verdict
			client := newClient(t, service.target, suppression.Send)

			check, err := client.Check(t.Context(), "jane@example.com", ordinary)

			if err != nil || check.Send() != send || !check.Answered() || check.Verdict != verdict {
				t.Errorf("got %+v, %v", check, err)
			}
		})
	}
}

func TestZeroCheckDoesNotSend(t *testing.T) {
	if (suppression.Check{}).Send() {
		t.Error("the zero value means send")
	}
}

func TestBatchIsSplitAtTheLimitAndKeepsItsOrder(t *testing.T) {
	service := startService(t)
	client := newClient(t, service.target, suppression.DoNotSend)
	addresses := make([]string, 2*suppression.MaxBatch+1)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("jane%d@example.com", i)
	}
	addresses[suppression.MaxBatch] = "no@example.com"

	checks, err := client.BatchCheck(t.Context(), addresses, ordinary)

	if err != nil || len(service.received()) != 3 {
		t.Fatalf("%d calls, %v", len(service.received()), err)
	}
	for i, check := range checks {
		if check.Address != addresses[i] || check.Send() == (i == suppression.MaxBatch) {
			t.Fatalf("answer %d is %+v", i, check)
		}
	}
	if checks[suppression.MaxBatch].Reason != suppression.HardBounce {
		t.Error("the reason is lost")
	}
}

func TestEmptyBatchMakesNoCall(t *testing.T) {
	checks, err := newClient(t, unusedAddress(t), suppression.Fail).BatchCheck(t.Context(), nil, ordinary)

	if err != nil || len(checks) != 0 {
		t.Errorf("got %v, %v", checks, err)
	}
}

func TestFilterKeepsOrderAndDuplicates(t *testing.T) {
	client := newClient(t, startService(t).target, suppression.DoNotSend)

	mailable, err := client.Filter(t.Context(), []string{"b", "no", "a", "b"}, ordinary)

	if err != nil || !slices.Equal(mailable, []string{"b", "a", "b"}) {
		t.Errorf("got %v, %v", mailable, err)
	}
}

func TestWrongNumberOfVerdictsMeansDoNotSend(t *testing.T) {
	service := startService(t)
	service.truncate = true
	client := newClient(t, service.target, suppression.Send)

	mailable, err := client.Filter(t.Context(), []string{"a", "b", "c"}, ordinary)

	if err != nil || len(mailable) != 0 {
		t.Errorf("got %v, %v", mailable, err)
	}
}

func TestTextThatIsNotUTF8DoesNotFailItsBatch(t *testing.T) {
	service := startService(t)
	client := newClient(t, service.target, suppression.Fail)

	checks, err := client.BatchCheck(t.Context(), []string{"a", "\xff@example.com"}, ordinary)

	if err != nil || checks[1].Address != "\xff@example.com" {
		t.Fatalf("got %v, %v", checks, err)
	}
	sent := service.received()[0].(*suppressionv1.BatchCheckRequest).GetAddresses()
	if !slices.Equal(sent, []string{"a", ""}) {
		t.Errorf("sent %q", sent)
	}
}

func TestRequestThatCannotBeEncodedIsInvalidArgument(t *testing.T) {
	client := newClient(t, startService(t).target, suppression.Send)

	_, err := client.Check(t.Context(), "a", suppression.Mail{Stream: "\xff"})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Code != codes.InvalidArgument || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestChecksSendTheRevisionOfTheNewestWrite(t *testing.T) {
	service := startService(t)
	client := newClient(t, service.target, suppression.Fail)
	check := func(mail suppression.Mail) {
		if _, err := client.Check(t.Context(), "a", mail); err != nil {
			t.Fatal(err)
		}
	}

	check(ordinary)
	if _, err := client.Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{}); err != nil {
		t.Fatal(err)
	}
	check(ordinary)
	if _, err := client.Unsuppress(t.Context(), "a", suppression.Removal{}); err != nil {
		t.Fatal(err)
	}
	check(ordinary)
	check(suppression.Mail{MinRevision: "mine"})

	if got := revisionsOf(service); !slices.Equal(got, []string{"", "w1", "w2", "mine"}) {
		t.Errorf("sent %q", got)
	}
}

func TestUnknownRevisionOfOwnWriteIsDropped(t *testing.T) {
	for _, reason := range []string{"REVISION_FOREIGN", "REVISION_AHEAD"} {
		t.Run(reason, func(t *testing.T) {
			service := startService(t)
			client := newClient(t, service.target, suppression.Fail)
			if _, err := client.Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{}); err != nil {
				t.Fatal(err)
			}
			service.failNext(1, codes.InvalidArgument, errorInfo(reason))

			_, err := client.Check(t.Context(), "a", ordinary)

			if got := revisionsOf(service); err != nil || !slices.Equal(got, []string{"w1", ""}) {
				t.Errorf("sent %q, %v", got, err)
			}
		})
	}
}

func TestUnknownRevisionOfTheCallerIsAnError(t *testing.T) {
	service := startService(t)
	service.failNext(1, codes.InvalidArgument, errorInfo("REVISION_FOREIGN"))

	_, err := newClient(t, service.target, suppression.Send).
		Check(t.Context(), "a", suppression.Mail{MinRevision: "mine"})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Reason != "REVISION_FOREIGN" {
		t.Errorf("got %v", err)
	}
}

func revisionsOf(service *service) []string {
	revisions := []string{}
	for _, request := range service.received() {
		if check, ok := request.(*suppressionv1.CheckAddressRequest); ok {
			revisions = append(revisions, check.GetMinRevision())
		}
	}
	return revisions
}

func TestPolicyDecidesWhenTheServiceIsUnavailable(t *testing.T) {
	for choice, send := range map[suppression.WhenUnavailable]bool{
		suppression.DoNotSend: false, suppression.Send: true,
	} {
		t.Run(choice.String(), func(t *testing.T) {
			var lines bytes.Buffer
			log := slog.New(slog.NewTextHandler(&lines, nil))
			client := newClient(t, unusedAddress(t), choice, suppression.WithLogger(log))

			one, err := client.Check(t.Context(), "jane@example.com", ordinary)
			many, errOfMany := client.BatchCheck(t.Context(), []string{"a", "b"}, ordinary)

			if err != nil || errOfMany != nil || client.Unanswered() != 3 {
				t.Errorf("%d unanswered, %v, %v", client.Unanswered(), err, errOfMany)
			}
			for _, check := range append(many, one) {
				if check.Answered() || check.Send() != send || check.Verdict != 0 {
					t.Errorf("got %+v", check)
				}
			}
			if logged := lines.String(); strings.Count(logged, "\n") != 1 || strings.Contains(logged, "jane") {
				t.Errorf("logged %q", logged)
			}
		})
	}
}

func TestSendEssentialSendsOnlyEssentialMail(t *testing.T) {
	client := newClient(t, unusedAddress(t), suppression.SendEssential)
	for class, send := range map[suppression.MailClass]bool{
		suppression.Essential: true, suppression.Ordinary: false, 0: false,
	} {
		check, err := client.Check(t.Context(), "a", suppression.Mail{Class: class})
		if err != nil || check.Answered() || check.Send() != send {
			t.Errorf("class %v: got %+v, %v", class, check, err)
		}
	}
}

func TestFailReturnsAnError(t *testing.T) {
	client := newClient(t, unusedAddress(t), suppression.Fail)

	_, err := client.Check(t.Context(), "a", ordinary)

	if !errors.Is(err, suppression.ErrUnavailable) || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestWritesFailWhateverThePolicy(t *testing.T) {
	_, err := newClient(t, unusedAddress(t), suppression.Send).
		Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{})

	if !errors.Is(err, suppression.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestStatusCodesThatMeanUnavailable(t *testing.T) {
	unavailable := []codes.Code{
		codes.ResourceExhausted, codes.Internal, codes.Unknown, codes.Aborted, codes.DataLoss,
		codes.DeadlineExceeded, codes.Unavailable,
	}
	retried := []codes.Code{codes.Unavailable, codes.Unknown}
	for code := codes.Unknown; code <= codes.Unauthenticated; code++ {
		calls := 1
		if slices.Contains(retried, code) {
			calls = 4
		}
		t.Run(code.String(), func(t *testing.T) {
			service := startService(t)
			service.failNext(calls, code)

			_, err := newClient(t, service.target, suppression.Fail).Check(t.Context(), "a", ordinary)

			var failure *suppression.Error
			if !errors.As(err, &failure) || failure.Code != code || len(service.received()) != calls {
				t.Errorf("got %v after %d calls", err, len(service.received()))
			}
			if errors.Is(err, suppression.ErrUnavailable) != slices.Contains(unavailable, code) {
				t.Errorf("wrong: errors.Is(%v, ErrUnavailable)", err)
			}
		})
	}
}

func TestErrorHasTheDetailsOfTheStatus(t *testing.T) {
	service := startService(t)
	service.failNext(1, codes.InvalidArgument, errorInfo("TTL_NOT_POSITIVE"), &errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "ttl", Description: "must be positive"},
		},
	})

	_, err := newClient(t, service.target, suppression.Send).
		Suppress(t.Context(), "jane@example.com", suppression.Manual, suppression.Entry{TTL: -1})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Reason != "TTL_NOT_POSITIVE" ||
		!slices.Equal(failure.Violations,
			[]suppression.FieldViolation{{Field: "ttl", Description: "must be positive"}}) {
		t.Fatalf("got %#v", err)
	}
	want := "suppression: InvalidArgument (TTL_NOT_POSITIVE): message; ttl: must be positive"
	if err.Error() != want {
		t.Errorf("says %q", err)
	}
}

func TestUnavailableIsRetried(t *testing.T) {
	service := startService(t)
	service.failNext(2, codes.Unavailable)

	_, err := newClient(t, service.target, suppression.Fail).Check(t.Context(), "a", ordinary)

	if err != nil || len(service.received()) != 3 {
		t.Errorf("%d calls, %v", len(service.received()), err)
	}
}

func TestLargestBatchIsRetried(t *testing.T) {
	service := startService(t)
	service.failNext(2, codes.Unavailable)
	client := newClient(t, service.target, suppression.Fail)
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat("d", 255)

	_, err := client.BatchCheck(t.Context(), slices.Repeat([]string{longest}, suppression.MaxBatch), ordinary)

	if err != nil || len(service.received()) != 3 {
		t.Errorf("%d calls, %v", len(service.received()), err)
	}
}

func TestRetriesStopAfterFourAttempts(t *testing.T) {
	service := startService(t)
	service.failNext(9, codes.Unavailable)

	_, err := newClient(t, service.target, suppression.Fail).
		Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{})

	if !errors.Is(err, suppression.ErrUnavailable) || len(service.received()) != 4 {
		t.Errorf("%d calls, %v", len(service.received()), err)
	}
}

func TestRetriesAreThrottledWhileMostCallsFail(t *testing.T) {
	service := startService(t)
	service.failNext(1000, codes.Unavailable)
	client := newClient(t, service.target, suppression.DoNotSend)

	for range 60 {
		if _, err := client.Check(t.Context(), "a", ordinary); err != nil {
			t.Fatal(err)
		}
	}

	if attempts := len(service.received()); attempts > 110 {
		t.Errorf("%d attempts for 60 calls", attempts)
	}
}

func TestCallEndsAtItsDeadline(t *testing.T) {
	service := startService(t)
	service.hang = true
	client, err := suppression.NewClient(service.target, suppression.Fail)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	start := time.Now()

	_, err = client.Check(t.Context(), "a", ordinary)

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Code != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took < 200*time.Millisecond || took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestCancelledContextIsAnError(t *testing.T) {
	service := startService(t)
	service.hang = true
	client := newClient(t, service.target, suppression.Send)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)

	_, err := client.Check(ctx, "a", ordinary)

	if !errors.Is(err, context.Canceled) || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestPolicyDecidesWhenTheContextExpires(t *testing.T) {
	service := startService(t)
	service.hang = true
	client := newClient(t, service.target, suppression.Send)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	check, err := client.Check(ctx, "a", ordinary)

	if err != nil || check.Answered() || !check.Send() {
		t.Errorf("got %+v, %v", check, err)
	}
}

func TestRejectedCallFailsTheWholeBatch(t *testing.T) {
	service := startService(t)
	service.failNext(9, codes.PermissionDenied)
	client := newClient(t, service.target, suppression.Send)

	checks, err := client.BatchCheck(t.Context(), make([]string, 5*suppression.MaxBatch), ordinary)

	var failure *suppression.Error
	if checks != nil || !errors.As(err, &failure) || failure.Code != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
	if client.Unanswered() != 0 {
		t.Error("cancelled calls count as unanswered")
	}
}

func TestClientReconnectsAfterARestart(t *testing.T) {
	before := startService(t)
	client := newClient(t, before.target, suppression.DoNotSend)
	answered := func() bool {
		check, err := client.Check(t.Context(), "a", ordinary)
		return err == nil && check.Answered()
	}
	if !answered() {
		t.Fatal("not answered at first")
	}

	before.server.Stop()
	if answered() {
		t.Fatal("answered after the server stopped")
	}
	startServiceOn(t, before.target)

	for end := time.Now().Add(10 * time.Second); !answered(); {
		if time.Now().After(end) {
			t.Fatal("not reconnected")
		}
	}
}

func TestCallsFailAfterClose(t *testing.T) {
	service := startService(t)
	service.hang = true
	client := newClient(t, service.target, suppression.Send)
	time.AfterFunc(50*time.Millisecond, func() { _ = client.Close() })

	_, inProgress := client.Check(t.Context(), "a", ordinary)
	_, after := client.Check(t.Context(), "a", ordinary)

	if !errors.Is(inProgress, suppression.ErrClosed) || !errors.Is(after, suppression.ErrClosed) {
		t.Errorf("got %v, %v", inProgress, after)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
