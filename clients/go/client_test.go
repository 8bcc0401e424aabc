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
			service := serve(t)
			service.verdict = verdict
			client := clientOf(t, service.target, suppression.Send)

			check, err := client.Check(t.Context(), "jane@example.com", ordinary)

			if err != nil || check.Send() != send || !check.Answered() || check.Verdict != verdict {
				t.Errorf("got %+v, %v", check, err)
			}
		})
	}
}

func TestZeroCheckDoesNotSend(t *testing.T) {
	if (suppression.Check{}).Send() {
		t.Error("a forgotten answer is taken for permission")
	}
}

func TestBatchIsSplitAtTheLimitAndKeepsItsOrder(t *testing.T) {
	service := serve(t)
	client := clientOf(t, service.target, suppression.Hold)
	addresses := make([]string, 2*suppression.MaxBatch+1)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("jane%d@example.com", i)
	}
	addresses[suppression.MaxBatch] = "no@example.com"

	checks, err := client.BatchCheck(t.Context(), addresses, ordinary)

	if err != nil || len(service.asked()) != 3 {
		t.Fatalf("%d calls, %v", len(service.asked()), err)
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

func TestEmptyBatchAsksNobody(t *testing.T) {
	checks, err := clientOf(t, nobody(t), suppression.Fail).BatchCheck(t.Context(), nil, ordinary)

	if err != nil || len(checks) != 0 {
		t.Errorf("got %v, %v", checks, err)
	}
}

func TestFilterKeepsOrderAndDuplicates(t *testing.T) {
	client := clientOf(t, serve(t).target, suppression.Hold)

	mailable, err := client.Filter(t.Context(), []string{"b", "no", "a", "b"}, ordinary)

	if err != nil || !slices.Equal(mailable, []string{"b", "a", "b"}) {
		t.Errorf("got %v, %v", mailable, err)
	}
}

func TestAnswerOfAnotherLengthSendsNothing(t *testing.T) {
	service := serve(t)
	service.short = true
	client := clientOf(t, service.target, suppression.Send)

	mailable, err := client.Filter(t.Context(), []string{"a", "b", "c"}, ordinary)

	if err != nil || len(mailable) != 0 {
		t.Errorf("got %v, %v", mailable, err)
	}
}

func TestTextThatIsNotUTF8DoesNotFailItsBatch(t *testing.T) {
	service := serve(t)
	client := clientOf(t, service.target, suppression.Fail)

	checks, err := client.BatchCheck(t.Context(), []string{"a", "\xff@example.com"}, ordinary)

	if err != nil || checks[1].Address != "\xff@example.com" {
		t.Fatalf("got %v, %v", checks, err)
	}
	sent := service.asked()[0].(*suppressionv1.BatchCheckRequest).GetAddresses()
	if !slices.Equal(sent, []string{"a", ""}) {
		t.Errorf("sent %q", sent)
	}
}

func TestQuestionThatCannotBeWrittenIsAMistakeAndNoOutage(t *testing.T) {
	client := clientOf(t, serve(t).target, suppression.Send)

	_, err := client.Check(t.Context(), "a", suppression.Mail{Stream: "\xff"})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Code != codes.InvalidArgument || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestChecksCarryTheRevisionOfOwnWrites(t *testing.T) {
	service := serve(t)
	client := clientOf(t, service.target, suppression.Fail)
	ask := func(mail suppression.Mail) {
		if _, err := client.Check(t.Context(), "a", mail); err != nil {
			t.Fatal(err)
		}
	}

	ask(ordinary)
	if _, err := client.Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{}); err != nil {
		t.Fatal(err)
	}
	ask(ordinary)
	if _, err := client.Unsuppress(t.Context(), "a", suppression.Removal{}); err != nil {
		t.Fatal(err)
	}
	ask(ordinary)
	ask(suppression.Mail{MinRevision: "mine"})

	if got := revisionsOf(service); !slices.Equal(got, []string{"", "w1", "w2", "mine"}) {
		t.Errorf("carried %q", got)
	}
}

func TestMovedDatabaseDoesNotStopChecks(t *testing.T) {
	for _, reason := range []string{"REVISION_FOREIGN", "REVISION_AHEAD"} {
		t.Run(reason, func(t *testing.T) {
			service := serve(t)
			client := clientOf(t, service.target, suppression.Fail)
			if _, err := client.Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{}); err != nil {
				t.Fatal(err)
			}
			service.fails(1, codes.InvalidArgument, errorInfo(reason))

			_, err := client.Check(t.Context(), "a", ordinary)

			if got := revisionsOf(service); err != nil || !slices.Equal(got, []string{"w1", ""}) {
				t.Errorf("carried %q, %v", got, err)
			}
		})
	}
}

func TestRevisionOfTheCallerIsNotDropped(t *testing.T) {
	service := serve(t)
	service.fails(1, codes.InvalidArgument, errorInfo("REVISION_FOREIGN"))

	_, err := clientOf(t, service.target, suppression.Send).
		Check(t.Context(), "a", suppression.Mail{MinRevision: "mine"})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Reason != "REVISION_FOREIGN" {
		t.Errorf("got %v", err)
	}
}

func revisionsOf(service *service) []string {
	revisions := []string{}
	for _, request := range service.asked() {
		if check, ok := request.(*suppressionv1.CheckAddressRequest); ok {
			revisions = append(revisions, check.GetMinRevision())
		}
	}
	return revisions
}

func TestPolicyDecidesWhereTheServiceCannotBeAsked(t *testing.T) {
	for choice, send := range map[suppression.WhenUnavailable]bool{
		suppression.Hold: false, suppression.Send: true,
	} {
		t.Run(choice.String(), func(t *testing.T) {
			var lines bytes.Buffer
			log := slog.New(slog.NewTextHandler(&lines, nil))
			client := clientOf(t, nobody(t), choice, suppression.WithLogger(log))

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
			if said := lines.String(); strings.Count(said, "\n") != 1 || strings.Contains(said, "jane") {
				t.Errorf("logged %q", said)
			}
		})
	}
}

func TestFailReturnsAnError(t *testing.T) {
	client := clientOf(t, nobody(t), suppression.Fail)

	_, err := client.Check(t.Context(), "a", ordinary)

	if !errors.Is(err, suppression.ErrUnavailable) || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestWritesFailWhateverThePolicy(t *testing.T) {
	_, err := clientOf(t, nobody(t), suppression.Send).
		Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{})

	if !errors.Is(err, suppression.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestStatusesThatMeanUnavailable(t *testing.T) {
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
			service := serve(t)
			service.fails(calls, code)

			_, err := clientOf(t, service.target, suppression.Fail).Check(t.Context(), "a", ordinary)

			var failure *suppression.Error
			if !errors.As(err, &failure) || failure.Code != code || len(service.asked()) != calls {
				t.Errorf("got %v after %d calls", err, len(service.asked()))
			}
			if errors.Is(err, suppression.ErrUnavailable) != slices.Contains(unavailable, code) {
				t.Errorf("%v is on the wrong side", err)
			}
		})
	}
}

func TestErrorBringsItsDetails(t *testing.T) {
	service := serve(t)
	service.fails(1, codes.InvalidArgument, errorInfo("TTL_NOT_POSITIVE"), &errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "ttl", Description: "must be more than nothing"},
		},
	})

	_, err := clientOf(t, service.target, suppression.Send).
		Suppress(t.Context(), "jane@example.com", suppression.Manual, suppression.Entry{TTL: -1})

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Reason != "TTL_NOT_POSITIVE" ||
		!slices.Equal(failure.Violations,
			[]suppression.FieldViolation{{Field: "ttl", Description: "must be more than nothing"}}) {
		t.Fatalf("got %#v", err)
	}
	want := "suppression: InvalidArgument (TTL_NOT_POSITIVE): as told; ttl: must be more than nothing"
	if err.Error() != want {
		t.Errorf("says %q", err)
	}
}

func TestPassingFailureIsRetried(t *testing.T) {
	service := serve(t)
	service.fails(2, codes.Unavailable)

	_, err := clientOf(t, service.target, suppression.Fail).Check(t.Context(), "a", ordinary)

	if err != nil || len(service.asked()) != 3 {
		t.Errorf("%d calls, %v", len(service.asked()), err)
	}
}

func TestPassingFailureOfTheLargestBatchIsRetried(t *testing.T) {
	service := serve(t)
	service.fails(2, codes.Unavailable)
	client := clientOf(t, service.target, suppression.Fail)
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat("d", 255)

	_, err := client.BatchCheck(t.Context(), slices.Repeat([]string{longest}, suppression.MaxBatch), ordinary)

	if err != nil || len(service.asked()) != 3 {
		t.Errorf("%d calls, %v", len(service.asked()), err)
	}
}

func TestLastingFailureIsGivenUp(t *testing.T) {
	service := serve(t)
	service.fails(9, codes.Unavailable)

	_, err := clientOf(t, service.target, suppression.Fail).
		Suppress(t.Context(), "a", suppression.Manual, suppression.Entry{})

	if !errors.Is(err, suppression.ErrUnavailable) || len(service.asked()) != 4 {
		t.Errorf("%d calls, %v", len(service.asked()), err)
	}
}

func TestServiceThatIsDownIsNotHammered(t *testing.T) {
	service := serve(t)
	service.fails(1000, codes.Unavailable)
	client := clientOf(t, service.target, suppression.Hold)

	for range 60 {
		if _, err := client.Check(t.Context(), "a", ordinary); err != nil {
			t.Fatal(err)
		}
	}

	if tries := len(service.asked()); tries > 110 {
		t.Errorf("%d tries for 60 calls", tries)
	}
}

func TestSilenceEndsAtTheDeadline(t *testing.T) {
	service := serve(t)
	service.silent = true
	client, err := suppression.NewClient(service.target, suppression.Fail)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	began := time.Now()

	_, err = client.Check(t.Context(), "a", ordinary)

	var failure *suppression.Error
	if !errors.As(err, &failure) || failure.Code != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took < 200*time.Millisecond || took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestCancelledCallerGetsNoAnswer(t *testing.T) {
	service := serve(t)
	service.silent = true
	client := clientOf(t, service.target, suppression.Send)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)

	_, err := client.Check(ctx, "a", ordinary)

	if !errors.Is(err, context.Canceled) || client.Unanswered() != 0 {
		t.Errorf("got %v", err)
	}
}

func TestDeadlineOfTheCallerGoesByThePolicy(t *testing.T) {
	service := serve(t)
	service.silent = true
	client := clientOf(t, service.target, suppression.Send)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()

	check, err := client.Check(ctx, "a", ordinary)

	if err != nil || check.Answered() || !check.Send() {
		t.Errorf("got %+v, %v", check, err)
	}
}

func TestRefusalEndsTheWholeBatch(t *testing.T) {
	service := serve(t)
	service.fails(9, codes.PermissionDenied)
	client := clientOf(t, service.target, suppression.Send)

	checks, err := client.BatchCheck(t.Context(), make([]string, 5*suppression.MaxBatch), ordinary)

	var failure *suppression.Error
	if checks != nil || !errors.As(err, &failure) || failure.Code != codes.PermissionDenied {
		t.Errorf("got %v", err)
	}
	if client.Unanswered() != 0 {
		t.Error("what was called off counts as unanswered")
	}
}

func TestRestartedServerIsFoundAgain(t *testing.T) {
	before := serve(t)
	client := clientOf(t, before.target, suppression.Hold)
	answered := func() bool {
		check, err := client.Check(t.Context(), "a", ordinary)
		return err == nil && check.Answered()
	}
	if !answered() {
		t.Fatal("not answered at first")
	}

	before.server.Stop()
	if answered() {
		t.Fatal("answered by nobody")
	}
	serveOn(t, before.target)

	for end := time.Now().Add(10 * time.Second); !answered(); {
		if time.Now().After(end) {
			t.Fatal("not found again")
		}
	}
}

func TestClosedClientSaysSo(t *testing.T) {
	service := serve(t)
	service.silent = true
	client := clientOf(t, service.target, suppression.Send)
	time.AfterFunc(50*time.Millisecond, func() { _ = client.Close() })

	_, underWay := client.Check(t.Context(), "a", ordinary)
	_, after := client.Check(t.Context(), "a", ordinary)

	if !errors.Is(underWay, suppression.ErrClosed) || !errors.Is(after, suppression.ErrClosed) {
		t.Errorf("got %v, %v", underWay, after)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}
