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
	// ErrUnavailable matches, with errors.Is, every error that means "the service is unavailable". A
	// write may or may not have taken effect. It is safe to repeat it.
	ErrUnavailable = errors.New("suppression: the service is unavailable")
	// ErrClosed is returned by every call after Close.
	ErrClosed = errors.New("suppression: the client is closed")
	// ErrConfiguration matches, with errors.Is, every error of [NewClient].
	ErrConfiguration = errors.New("suppression: invalid configuration")
)

// requestTooLong is the reason of ResourceExhausted for a request that no outage explains: it is never
// accepted.
const requestTooLong = "REQUEST_TOO_LONG"

// FieldViolation describes an invalid field of a request.
type FieldViolation struct {
	Field       string
	Description string
}

// Error is the error of a failed call. Get it with errors.As. If it is not [ErrUnavailable], the service
// rejected the request: the program or its configuration is wrong.
type Error struct {
	// Code is the gRPC status code.
	Code codes.Code
	// Reason is the reason of google.rpc.ErrorInfo, in UPPER_SNAKE_CASE. Empty if there is none.
	Reason string
	// Metadata is the metadata of google.rpc.ErrorInfo.
	Metadata map[string]string
	// Violations are the invalid fields, from google.rpc.BadRequest.
	Violations []FieldViolation

	status *status.Status
}

// Error returns the status code, the reason and the message of the service.
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

// Is reports whether the error matches [ErrUnavailable]. This is true for status codes that mean a
// failure of the service, not of the caller.
func (e *Error) Is(target error) bool {
	return target == ErrUnavailable && e.Reason != requestTooLong && slices.Contains([]codes.Code{
		codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Aborted,
		codes.Canceled, codes.Internal, codes.Unknown, codes.DataLoss,
	}, e.Code)
}

// GRPCStatus returns the original gRPC status, for use with the grpc/status package.
func (e *Error) GRPCStatus() *status.Status {
	return e.status
}

func errorFrom(err error) *Error {
	// If the deadline expires inside this process, the error is a plain context error.
	received := status.FromContextError(err)
	if fromServer, ok := status.FromError(err); ok {
		received = fromServer
	}
	failure := &Error{Code: received.Code(), status: received}
	for _, detail := range received.Details() {
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
