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

func call(ctx context.Context, c *suppression.Client, name string, arguments object) (object, error) {
	switch name {
	case "check":
		check, err := c.Check(ctx, text(arguments, "address"), mail(arguments))
		return checkResult(check), err
	case "batch_check":
		checks, err := c.BatchCheck(ctx, texts(arguments), mail(arguments))
		return batchResult(checks), err
	case "filter":
		addresses, err := c.Filter(ctx, texts(arguments), mail(arguments))
		return object{"addresses": addresses}, err
	case "suppress":
		suppress, name := c.Suppress, text(arguments, "address")
		if domain := text(arguments, "domain"); domain != "" {
			suppress, name = c.SuppressDomain, domain
		}
		r, err := suppress(ctx, name, reason(arguments), entry(arguments))
		return object{
			"created": r.GetCreated(), "revision": r.GetRevision(), "suppression": entryResult(r.GetSuppression()),
		}, err
	case "unsuppress":
		unsuppress, name := c.Unsuppress, text(arguments, "address")
		if domain := text(arguments, "domain"); domain != "" {
			unsuppress, name = c.UnsuppressDomain, domain
		}
		r, err := unsuppress(ctx, name, removal(arguments))
		return object{"revision": r.GetRevision(), "removed": entryResults(r.GetRemoved())}, err
	case "erase":
		r, err := c.Erase(ctx, text(arguments, "address"), text(arguments, "detail"))
		return object{
			"revision": r.GetRevision(), "entries": r.GetSuppressions(), "events": r.GetEvents(),
		}, err
	case "get_address":
		get, name := c.GetAddress, text(arguments, "address")
		if domain := text(arguments, "domain"); domain != "" {
			get, name = c.GetDomain, domain
		}
		r, err := get(ctx, name)
		return object{"revision": r.GetRevision(), "suppressions": entryResults(r.GetSuppressions())}, err
	case "list_changes":
		pageSize, _ := arguments["page_size"].(float64)
		r, err := c.ListChanges(ctx, &suppressionv1.ListChangesRequest{
			AfterRevision: text(arguments, "after_revision"), PageSize: int32(pageSize),
			MaxWait: durationpb.New(duration(arguments, "max_wait_ms", time.Millisecond)),
		})
		return object{"revision": r.GetThroughRevision(), "changes": entryResults(r.GetChanges())}, err
	case "unanswered":
		return object{"unanswered": c.Unanswered()}, nil
	default:
		return nil, fmt.Errorf("unknown call %s", name)
	}
}

func text(arguments object, name string) string {
	value, _ := arguments[name].(string)
	return value
}

func texts(arguments object) []string {
	values := []string{}
	for _, value := range arguments["addresses"].([]any) {
		values = append(values, value.(string))
	}
	return values
}

func duration(arguments object, name string, unit time.Duration) time.Duration {
	value, _ := arguments[name].(float64)
	return time.Duration(value * float64(unit))
}

func mail(arguments object) suppression.Mail {
	class := suppressionv1.MailClass_value["MAIL_CLASS_"+text(arguments, "mail_class")]
	return suppression.Mail{
		Stream: text(arguments, "stream"), Class: suppression.MailClass(class),
		MinRevision: text(arguments, "min_revision"),
	}
}

func reason(arguments object) suppression.Reason {
	return suppression.Reason(suppressionv1.Reason_value["REASON_"+text(arguments, "reason")])
}

func entry(arguments object) suppression.Entry {
	includeSubdomains, _ := arguments["include_subdomains"].(bool)
	return suppression.Entry{
		Stream: text(arguments, "stream"), Source: text(arguments, "source"), Detail: text(arguments, "detail"),
		TTL: duration(arguments, "ttl_seconds", time.Second), IncludeSubdomains: includeSubdomains,
	}
}

func removal(arguments object) suppression.Removal {
	removal := suppression.Removal{
		Reason: reason(arguments), Source: text(arguments, "source"), Detail: text(arguments, "detail"),
	}
	if stream, ok := arguments["stream"].(string); ok {
		removal.Stream = &stream
	}
	return removal
}

func checkResult(check suppression.Check) object {
	return object{
		"address": check.Address, "send": check.Send(), "answered": check.Answered(),
		"verdict":  name(suppressionv1.Verdict_name, int32(check.Verdict), "VERDICT_"),
		"reason":   name(suppressionv1.Reason_name, int32(check.Reason), "REASON_"),
		"revision": check.Revision,
	}
}

func batchResult(checks []suppression.Check) object {
	all, addresses, notSend, unanswered := []object{}, []string{}, []int{}, 0
	for i, check := range checks {
		all, addresses = append(all, checkResult(check)), append(addresses, check.Address)
		if !check.Send() {
			notSend = append(notSend, i)
		}
		if !check.Answered() {
			unanswered++
		}
	}
	result := object{"checks": all, "addresses": addresses, "not_send": notSend, "unanswered": unanswered}
	if len(checks) > 0 {
		result["revision"] = checks[0].Revision
	}
	return result
}

func entryResults(found []*suppressionv1.Suppression) []object {
	all := []object{}
	for _, one := range found {
		all = append(all, entryResult(one))
	}
	return all
}

func entryResult(one *suppressionv1.Suppression) object {
	return object{
		"address": one.GetAddress(), "stream": one.GetStream(), "source": one.GetSource(),
		"domain": one.GetDomain(), "include_subdomains": one.GetIncludeSubdomains(),
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

func errorResult(failure *suppression.Error) object {
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
