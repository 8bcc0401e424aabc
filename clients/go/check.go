package suppression

import (
	"time"
	"unicode/utf8"

	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

// Mail describes the mail that a check is about, except its recipient. The zero value is ordinary
// mail without a stream.
type Mail struct {
	// Stream is the stream that the mail belongs to, such as "newsletter". Entries for all mail always
	// apply.
	Stream string
	// Class is the mail class; zero means Ordinary.
	Class MailClass
	// MinRevision is the oldest revision that the check may be answered from. Empty: the revision of
	// this client's newest write.
	MinRevision string
}

// Check is the result for one address. The zero value means "do not send".
type Check struct {
	// Address is the address as passed by the caller.
	Address string
	// Verdict is the verdict of the service; unspecified if the service was unavailable.
	Verdict Verdict
	// Reason is why the address must not be mailed; unspecified if it may be mailed.
	Reason Reason
	// Revision is the revision of the list that the verdict was read from. It is opaque.
	Revision string
	// AsOf is when the list in the server's memory was last known to be up to date; zero if the service
	// was unavailable.
	AsOf time.Time
	// Assumed is the policy that decided because the service was unavailable; zero if the service
	// answered. Of SendEssential it is Send or DoNotSend, by the class of the mail.
	Assumed WhenUnavailable
}

// Send reports whether to send the mail: the verdict is SEND, or the service was unavailable and the
// policy is Send.
func (c Check) Send() bool {
	return c.Verdict == VerdictSend || c.Assumed == Send
}

// Answered reports whether the service answered.
func (c Check) Answered() bool {
	return c.Assumed == 0
}

func checkFrom(address string, response *suppressionv1.CheckAddressResponse) Check {
	check := Check{
		Address:  address,
		Verdict:  response.GetVerdict(),
		Reason:   response.GetReason(),
		Revision: response.GetRevision(),
	}
	if response.AsOfTime != nil {
		check.AsOf = response.GetAsOfTime().AsTime()
	}
	return check
}

// checksFrom converts a response, in the order of the addresses. If the number of verdicts differs
// from the number of addresses, no verdict can be matched to an address, so all are unspecified.
func checksFrom(addresses []string, response *suppressionv1.BatchCheckResponse) []Check {
	verdicts := response.GetVerdicts()
	if len(verdicts) != len(addresses) {
		verdicts = make([]Verdict, len(addresses))
	}
	template := checkFrom("", &suppressionv1.CheckAddressResponse{
		Revision: response.GetRevision(), AsOfTime: response.GetAsOfTime(),
	})
	checks := make([]Check, len(addresses))
	for i, address := range addresses {
		checks[i] = template
		checks[i].Address, checks[i].Verdict = address, verdicts[i]
	}
	for _, match := range response.GetMatches() {
		if int64(match.GetIndex()) < int64(len(checks)) {
			checks[match.GetIndex()].Reason = match.GetReason()
		}
	}
	return checks
}

// encodable returns the address, or "" if it is not UTF-8 and protobuf cannot encode it. The service
// answers INVALID_ADDRESS for "". Otherwise one broken address would fail its whole batch.
func encodable(address string) string {
	if utf8.ValidString(address) {
		return address
	}
	return ""
}

// checkable returns the address, or "" if it is not UTF-8 or too long. The service answers
// INVALID_ADDRESS for both. One long text, such as a stranger enters into a form, would make the whole
// request too long, which the service refuses with ResourceExhausted. Send would then hold for all its
// addresses.
func checkable(address string) string {
	if len(address) > maxAddress {
		return ""
	}
	return encodable(address)
}

func allCheckable(addresses []string) []string {
	encoded := make([]string, len(addresses))
	for i, address := range addresses {
		encoded[i] = checkable(address)
	}
	return encoded
}
