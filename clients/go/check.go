package suppression

import (
	"time"
	"unicode/utf8"

	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

// Mail is what a check has to know of a mail besides its recipient. The zero value is ordinary mail
// of no stream.
type Mail struct {
	// Stream is what the mail belongs to, such as "newsletter". Entries for all mail hold too.
	Stream string
	// Class is the kind of mail; zero is Ordinary.
	Class MailClass
	// MinRevision asks for an answer from a state at least this new. Empty: at least as new as this
	// client's own newest write.
	MinRevision string
}

// Check is the answer about one address. The zero value does not send.
type Check struct {
	// Address is as it was asked about.
	Address string
	// Verdict is what the service said; unspecified if it could not be asked.
	Verdict Verdict
	// Reason is why not; unspecified if there is nothing against it.
	Reason Reason
	// Revision is the state of the list that this was read from; opaque.
	Revision string
	// AsOf is when the list in the server's memory was last known to be complete; zero if the service
	// could not be asked.
	AsOf time.Time
	// Assumed is the policy that stands in for an answer; zero if there is one.
	Assumed WhenUnavailable
}

// Send says whether to send: the service said so, or could not be asked and the policy says so.
func (c Check) Send() bool {
	return c.Verdict == VerdictSend || c.Assumed == Send
}

// Answered says whether the service answered at all.
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

// checksFrom reads the answer about many addresses, in their order. An answer with another number of
// verdicts than there were questions leaves open which is whose, so none of them counts.
func checksFrom(addresses []string, response *suppressionv1.BatchCheckResponse) []Check {
	verdicts := response.GetVerdicts()
	if len(verdicts) != len(addresses) {
		verdicts = make([]Verdict, len(addresses))
	}
	like := checkFrom("", &suppressionv1.CheckAddressResponse{
		Revision: response.GetRevision(), AsOfTime: response.GetAsOfTime(),
	})
	checks := make([]Check, len(addresses))
	for i, address := range addresses {
		checks[i] = like
		checks[i].Address, checks[i].Verdict = address, verdicts[i]
	}
	for _, match := range response.GetMatches() {
		if int64(match.GetIndex()) < int64(len(checks)) {
			checks[match.GetIndex()].Reason = match.GetReason()
		}
	}
	return checks
}

// onWire replaces what protobuf cannot carry, text that is not UTF-8, by the empty text, which is no
// address either. Otherwise one broken address would fail its whole batch.
func onWire(address string) string {
	if utf8.ValidString(address) {
		return address
	}
	return ""
}

func allOnWire(addresses []string) []string {
	carried := make([]string, len(addresses))
	for i, address := range addresses {
		carried[i] = onWire(address)
	}
	return carried
}
