package suppression

import (
	"log/slog"
	"sync"
	"time"
)

// WhenUnavailable is the policy for checks when the service is unavailable. There is no default, because
// only the sender knows which is worse: not sending delays mail that can be important, sending can reach
// addresses that bounced or complained.
type WhenUnavailable int

const (
	// DoNotSend means: do not send the mail now, and check again later.
	DoNotSend WhenUnavailable = iota + 1
	// Send means: send the mail as if the address were not suppressed.
	Send
	// Fail means: return an error that Is ErrUnavailable.
	Fail
	// SendEssential means: Send for mail of the class Essential, DoNotSend for all other mail.
	SendEssential
)

// String returns the name of the policy.
func (w WhenUnavailable) String() string {
	switch w {
	case DoNotSend:
		return "DoNotSend"
	case Send:
		return "Send"
	case Fail:
		return "Fail"
	case SendEssential:
		return "SendEssential"
	default:
		return "none"
	}
}

const logInterval = time.Minute

// policy decides about addresses when the service is unavailable. It counts these decisions and logs a
// warning at most once a minute, because an outage affects every check.
type policy struct {
	choice WhenUnavailable
	log    *slog.Logger

	mutex      sync.Mutex
	unanswered uint64
	logged     uint64
	loggedAt   time.Time
}

// decide returns the results for addresses that the service could not check, for mail of one class.
func (p *policy) decide(addresses []string, class MailClass, failure *Error) ([]Check, error) {
	if p.choice == Fail {
		return nil, failure
	}
	p.count(len(addresses), failure)
	assumed := p.choiceFor(class)
	checks := make([]Check, len(addresses))
	for i, address := range addresses {
		checks[i] = Check{Address: address, Assumed: assumed}
	}
	return checks, nil
}

func (p *policy) choiceFor(class MailClass) WhenUnavailable {
	switch {
	case p.choice != SendEssential:
		return p.choice
	case class == Essential:
		return Send
	default:
		return DoNotSend
	}
}

func (p *policy) count(addresses int, failure *Error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.unanswered += uint64(addresses)
	if !p.loggedAt.IsZero() && time.Since(p.loggedAt) < logInterval {
		return
	}
	p.log.Warn("the suppression service is unavailable",
		"code", failure.Code.String(), "addresses_since_last_warning", p.unanswered-p.logged,
		"policy", p.choice.String())
	p.logged, p.loggedAt = p.unanswered, time.Now()
}

func (p *policy) total() uint64 {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.unanswered
}
