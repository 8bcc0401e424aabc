package suppression

import (
	"errors"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	// ErrUnavailable is what every error Is that means "the service could not be asked". A write may
	// have been made or not; it does no harm to call again.
	ErrUnavailable = errors.New("suppression: the service could not be asked")
	// ErrClosed is returned once the client was closed.
	ErrClosed = errors.New("suppression: the client is closed")
	// ErrConfiguration is what every error of [NewClient] Is.
	ErrConfiguration = errors.New("suppression: refused configuration")
)

// FieldViolation is what is wrong with one field of a request.
type FieldViolation struct {
	Field       string
	Description string
}

// Error is a call that failed; get at it with errors.As. Unless it Is [ErrUnavailable], the service
// answered, and refuses a call like this one: a mistake of the program or its configuration.
type Error struct {
	// Code is the gRPC status.
	Code codes.Code
	// Reason is in UPPER_SNAKE, from google.rpc.ErrorInfo; empty where the service named none.
	Reason string
	// Metadata is what ErrorInfo says beside the reason.
	Metadata map[string]string
	// Violations are the fields at fault, from google.rpc.BadRequest.
	Violations []FieldViolation

	status *status.Status
}

// Error returns the status, the reason and what the service said for people.
func (e *Error) Error() string {
	text := "suppression: " + e.Code.String()
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	message := e.status.Message()
	if message != "" {
		text += ": " + message
	}
	for _, violation := range e.Violations {
		if !strings.Contains(message, violation.Description) {
			text += "; " + violation.Field + ": " + violation.Description
		}
	}
	return text
}

// Is says whether the error means [ErrUnavailable]. These are the statuses that time, or someone at
// the service, mends.
func (e *Error) Is(target error) bool {
	return target == ErrUnavailable && slices.Contains([]codes.Code{
		codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted,
		codes.Canceled, codes.Internal, codes.Unknown, codes.DataLoss,
	}, e.Code)
}

// GRPCStatus returns the status as it came, for programs that speak gRPC themselves.
func (e *Error) GRPCStatus() *status.Status {
	return e.status
}

func errorFrom(err error) *Error {
	// A deadline that passes inside this process is a plain context error.
	from := status.FromContextError(err)
	if came, ok := status.FromError(err); ok {
		from = came
	}
	failure := &Error{Code: from.Code(), status: from}
	for _, detail := range from.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			failure.Reason, failure.Metadata = detail.GetReason(), detail.GetMetadata()
		case *errdetails.BadRequest:
			for _, violation := range detail.GetFieldViolations() {
				failure.Violations = append(failure.Violations,
					FieldViolation{violation.GetField(), violation.GetDescription()})
			}
		}
	}
	return failure
}
