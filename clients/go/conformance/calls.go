package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	suppression "github.com/suppression-service/suppression/clients/go"
	suppressionv1 "github.com/suppression-service/suppression/clients/go/suppression/v1"
)

func call(ctx context.Context, c *suppression.Client, name string, given object) (object, error) {
	switch name {
	case "check":
		check, err := c.Check(ctx, text(given, "address"), mail(given))
		return checked(check), err
	case "batch_check":
		checks, err := c.BatchCheck(ctx, texts(given), mail(given))
		return batch(checks), err
	case "filter":
		addresses, err := c.Filter(ctx, texts(given), mail(given))
		return object{"addresses": addresses}, err
	case "suppress":
		r, err := c.Suppress(ctx, text(given, "address"), reason(given), suppression.Entry{
			Stream: text(given, "stream"), Source: text(given, "source"), Detail: text(given, "detail"),
			TTL: duration(given, "ttl_seconds", time.Second),
		})
		return object{
			"created": r.GetCreated(), "revision": r.GetRevision(), "suppression": entry(r.GetSuppression()),
		}, err
	case "unsuppress":
		r, err := c.Unsuppress(ctx, text(given, "address"), removal(given))
		return object{"revision": r.GetRevision(), "removed": entries(r.GetRemoved())}, err
	case "erase":
		r, err := c.Erase(ctx, text(given, "address"), text(given, "detail"))
		return object{
			"revision": r.GetRevision(), "entries": r.GetSuppressions(), "events": r.GetEvents(),
		}, err
	case "get_address":
		r, err := c.GetAddress(ctx, text(given, "address"))
		return object{"revision": r.GetRevision(), "suppressions": entries(r.GetSuppressions())}, err
	case "list_changes":
		pageSize, _ := given["page_size"].(float64)
		r, err := c.ListChanges(ctx, &suppressionv1.ListChangesRequest{
			AfterRevision: text(given, "after_revision"), PageSize: int32(pageSize),
			MaxWait: durationpb.New(duration(given, "max_wait_ms", time.Millisecond)),
		})
		return object{"revision": r.GetThroughRevision(), "changes": entries(r.GetChanges())}, err
	case "unanswered":
		return object{"unanswered": c.Unanswered()}, nil
	default:
		return nil, fmt.Errorf("this client has no %s", name)
	}
}

func text(given object, name string) string {
	value, _ := given[name].(string)
	return value
}

func texts(given object) []string {
	values := []string{}
	for _, value := range given["addresses"].([]any) {
		values = append(values, value.(string))
	}
	return values
}

func duration(given object, name string, unit time.Duration) time.Duration {
	value, _ := given[name].(float64)
	return time.Duration(value * float64(unit))
}

func mail(given object) suppression.Mail {
	class := suppressionv1.MailClass_value["MAIL_CLASS_"+text(given, "mail_class")]
	return suppression.Mail{
		Stream: text(given, "stream"), Class: suppression.MailClass(class),
		MinRevision: text(given, "min_revision"),
	}
}

func reason(given object) suppression.Reason {
	return suppression.Reason(suppressionv1.Reason_value["REASON_"+text(given, "reason")])
}

func removal(given object) suppression.Removal {
	removal := suppression.Removal{
		Reason: reason(given), Source: text(given, "source"), Detail: text(given, "detail"),
	}
	if stream, ok := given["stream"].(string); ok {
		removal.Stream = &stream
	}
	return removal
}

func checked(check suppression.Check) object {
	return object{
		"address": check.Address, "send": check.Send(), "answered": check.Answered(),
		"verdict":  name(suppressionv1.Verdict_name, int32(check.Verdict), "VERDICT_"),
		"reason":   name(suppressionv1.Reason_name, int32(check.Reason), "REASON_"),
		"revision": check.Revision,
	}
}

func batch(checks []suppression.Check) object {
	all, addresses, held, unanswered := []object{}, []string{}, []int{}, 0
	for i, check := range checks {
		all, addresses = append(all, checked(check)), append(addresses, check.Address)
		if !check.Send() {
			held = append(held, i)
		}
		if !check.Answered() {
			unanswered++
		}
	}
	result := object{"checks": all, "addresses": addresses, "not_send": held, "unanswered": unanswered}
	if len(checks) > 0 {
		result["revision"] = checks[0].Revision
	}
	return result
}

func entries(found []*suppressionv1.Suppression) []object {
	all := []object{}
	for _, one := range found {
		all = append(all, entry(one))
	}
	return all
}

func entry(one *suppressionv1.Suppression) object {
	return object{
		"address": one.GetAddress(), "stream": one.GetStream(), "source": one.GetSource(),
		"reason":      name(suppressionv1.Reason_name, int32(one.GetReason()), "REASON_"),
		"detail":      one.GetDetail(),
		"occurrences": one.GetOccurrences(), "expires": one.GetExpireTime() != nil,
		"removed": one.GetRemovedTime() != nil, "removed_by": one.GetRemovedBy(),
		"removal_detail": one.GetRemovalDetail(),
	}
}

func name(known map[int32]string, number int32, prefix string) string {
	if name, ok := known[number]; ok {
		return strings.TrimPrefix(name, prefix)
	}
	return "UNKNOWN"
}

func described(failure *suppression.Error) object {
	fields := []any{}
	for _, violation := range failure.Violations {
		fields = append(fields, violation.Field)
	}
	return object{
		"code": codeName(failure.Code), "reason": failure.Reason, "fields": fields,
		"refused": !errors.Is(failure, suppression.ErrUnavailable),
	}
}

// codeName turns "DeadlineExceeded" into "DEADLINE_EXCEEDED".
func codeName(code codes.Code) string {
	upper := strings.Builder{}
	for i, letter := range code.String() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			upper.WriteByte('_')
		}
		upper.WriteString(strings.ToUpper(string(letter)))
	}
	return strings.ReplaceAll(upper.String(), "CANCELED", "CANCELLED")
}
