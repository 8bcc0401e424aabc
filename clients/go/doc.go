// Package suppression is the client of the suppression service. Call it before you send a mail.
//
//	client, err := suppression.NewClient("127.0.0.1:50051", suppression.DoNotSend)
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

// MaxBatch is the largest number of addresses in one BatchCheck call.
const MaxBatch = 10_000

// maxAddress is the length of the longest address in bytes: RFC 5321 permits 64 before the @ and 255
// after it.
const maxAddress = 320

// Verdict is the answer to "may I mail this address?". Use [Check.Send] to decide whether to send: it
// also applies the policy, and treats every value except VerdictSend as "do not send".
type Verdict = suppressionv1.Verdict

// The verdicts. A newer service can return other values; only VerdictSend means "send".
const (
	VerdictUnspecified = suppressionv1.Verdict_VERDICT_UNSPECIFIED
	VerdictSend        = suppressionv1.Verdict_VERDICT_SEND
	VerdictDoNotSend   = suppressionv1.Verdict_VERDICT_DO_NOT_SEND
)

// Reason is why an address is suppressed.
type Reason = suppressionv1.Reason

// The reasons. Only checks return InvalidAddress; no entry has it.
const (
	ReasonUnspecified = suppressionv1.Reason_REASON_UNSPECIFIED
	HardBounce        = suppressionv1.Reason_REASON_HARD_BOUNCE
	SoftBounce        = suppressionv1.Reason_REASON_SOFT_BOUNCE
	Complaint         = suppressionv1.Reason_REASON_COMPLAINT
	Unsubscribe       = suppressionv1.Reason_REASON_UNSUBSCRIBE
	Manual            = suppressionv1.Reason_REASON_MANUAL
	InvalidAddress    = suppressionv1.Reason_REASON_INVALID_ADDRESS
)

// MailClass says how important a mail is to its recipient.
type MailClass = suppressionv1.MailClass

// The mail classes. Essential is for password resets, receipts and legal notices: complaints and
// unsubscribes do not apply to it, bounces and manual entries do.
const (
	Ordinary  = suppressionv1.MailClass_MAIL_CLASS_ORDINARY
	Essential = suppressionv1.MailClass_MAIL_CLASS_ESSENTIAL
)
