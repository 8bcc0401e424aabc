// Package suppression asks the suppression service before each mail that is sent.
//
//	client, err := suppression.NewClient("127.0.0.1:50051", suppression.Hold)
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//	check, err := client.Check(ctx, "jane@example.com", suppression.Mail{Stream: "newsletter"})
//	if err != nil {
//		return err
//	}
//	if check.Send() {
//		// send the mail
//	}
package suppression

import suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"

// MaxBatch is how many addresses the service takes in one call.
const MaxBatch = 10_000

// Verdict is the answer to "may I mail this address?". Look at [Check.Send], which knows the policy
// too and takes no other value than VerdictSend for a yes.
type Verdict = suppressionv1.Verdict

// What the service says. A newer service may say more; nothing but VerdictSend means yes.
const (
	VerdictUnspecified = suppressionv1.Verdict_VERDICT_UNSPECIFIED
	VerdictSend        = suppressionv1.Verdict_VERDICT_SEND
	VerdictDoNotSend   = suppressionv1.Verdict_VERDICT_DO_NOT_SEND
)

// Reason is why an address is suppressed.
type Reason = suppressionv1.Reason

// Why an address is suppressed. InvalidAddress is only ever an answer.
const (
	ReasonUnspecified = suppressionv1.Reason_REASON_UNSPECIFIED
	HardBounce        = suppressionv1.Reason_REASON_HARD_BOUNCE
	SoftBounce        = suppressionv1.Reason_REASON_SOFT_BOUNCE
	Complaint         = suppressionv1.Reason_REASON_COMPLAINT
	Unsubscribe       = suppressionv1.Reason_REASON_UNSUBSCRIBE
	Manual            = suppressionv1.Reason_REASON_MANUAL
	InvalidAddress    = suppressionv1.Reason_REASON_INVALID_ADDRESS
)

// MailClass is what kind of mail is about to be sent.
type MailClass = suppressionv1.MailClass

// The kinds of mail. Essential is for password resets, receipts and legal notices: it passes
// complaints and unsubscribes, never bounces and never manual entries.
const (
	Ordinary  = suppressionv1.MailClass_MAIL_CLASS_ORDINARY
	Essential = suppressionv1.MailClass_MAIL_CLASS_ESSENTIAL
)
