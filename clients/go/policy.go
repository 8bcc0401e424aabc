package suppression

import (
	"log/slog"
	"sync"
	"time"
)

// WhenUnavailable is what a check answers while the service cannot be asked. There is no default:
// holding delays mail that may matter, sending mails addresses that bounced or complained. Only the
// sender knows which is worse.
type WhenUnavailable int

const (
	// Hold does not send; ask again later.
	Hold WhenUnavailable = iota + 1
	// Send sends as though nothing stood against it.
	Send
	// Fail returns an error for which errors.Is(err, ErrUnavailable).
	Fail
)

// String returns the name of the choice.
func (w WhenUnavailable) String() string {
	switch w {
	case Hold:
		return "Hold"
	case Send:
		return "Send"
	case Fail:
		return "Fail"
	default:
		return "none"
	}
}

const logInterval = time.Minute

// policy stands in for missing answers, counts them, and says so in the log: once a minute at most,
// since an outage meets every check, and the log is not to become the second outage.
type policy struct {
	choice WhenUnavailable
	log    *slog.Logger

	mutex      sync.Mutex
	unanswered uint64
	logged     uint64
	loggedAt   time.Time
}

// standIn decides about addresses that the service could not be asked about.
func (p *policy) standIn(addresses []string, failure *Error) ([]Check, error) {
	if p.choice == Fail {
		return nil, failure
	}
	p.count(len(addresses), failure)
	checks := make([]Check, len(addresses))
	for i, address := range addresses {
		checks[i] = Check{Address: address, Assumed: p.choice}
	}
	return checks, nil
}

func (p *policy) count(addresses int, failure *Error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.unanswered += uint64(addresses)
	if !p.loggedAt.IsZero() && time.Since(p.loggedAt) < logInterval {
		return
	}
	p.log.Warn("the suppression service could not be asked",
		"code", failure.Code.String(), "addresses_since_last_line", p.unanswered-p.logged,
		"policy", p.choice.String())
	p.logged, p.loggedAt = p.unanswered, time.Now()
}

func (p *policy) total() uint64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.unanswered
}
