package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	suppression "github.com/suppression-service/suppression/clients/go"
)

type object = map[string]any

type step struct {
	Call       string `json:"call"`
	Control    string `json:"control"`
	Client     string `json:"client"`
	With       object `json:"with"`
	Expect     object `json:"expect"`
	Error      object `json:"error"`
	Save       string `json:"save"`
	Repeat     int    `json:"repeat"`
	Eventually int    `json:"eventually_ms"`
}

type options struct {
	WhenUnavailable string `json:"when_unavailable"`
	CheckTimeout    int    `json:"check_timeout_ms"`
	BatchTimeout    int    `json:"batch_timeout_ms"`
	Timeout         int    `json:"timeout_ms"`
	DefaultTimeouts bool   `json:"default_timeouts"`
	Parallelism     int    `json:"batch_parallelism"`
	List            string `json:"list"`
}

// run is one run of one scenario.
type run struct {
	control string
	clients map[string]*suppression.Client
	tokens  map[string]string
	saved   map[string]any
}

func runScenario(server, control string, scenario scenario) error {
	r := run{control, map[string]*suppression.Client{}, map[string]string{}, map[string]any{}}
	if scenario.Clients == nil {
		scenario.Clients = map[string]options{"main": {}}
	}
	lists := map[string]string{}
	for name, options := range scenario.Clients {
		if lists[options.List] == "" {
			lists[options.List] = rand.Text()
		}
		r.tokens[name] = lists[options.List]
		client, err := newClient(server, r.tokens[name], options)
		if err != nil {
			return err
		}
		defer client.Close()
		r.clients[name] = client
	}
	for index, step := range scenario.Steps {
		if err := r.runStep(step); err != nil {
			return fmt.Errorf("step %d (%s%s): %w", index+1, step.Call, step.Control, err)
		}
	}
	return nil
}

func newClient(server, token string, settings options) (*suppression.Client, error) {
	policies := map[string]suppression.WhenUnavailable{
		"": suppression.DoNotSend, "DO_NOT_SEND": suppression.DoNotSend,
		"SEND": suppression.Send, "SEND_ESSENTIAL": suppression.SendEssential,
		"RAISE": suppression.Fail,
	}
	clientOptions := []suppression.Option{
		suppression.WithToken(token), suppression.WithLogger(slog.New(slog.DiscardHandler)),
	}
	setTimeout := func(milliseconds int, option func(time.Duration) suppression.Option) {
		if milliseconds == 0 && settings.DefaultTimeouts {
			return
		}
		if milliseconds == 0 {
			milliseconds = 20_000
		}
		clientOptions = append(clientOptions, option(time.Duration(milliseconds)*time.Millisecond))
	}
	setTimeout(settings.CheckTimeout, suppression.WithCheckTimeout)
	setTimeout(settings.BatchTimeout, suppression.WithBatchTimeout)
	setTimeout(settings.Timeout, suppression.WithTimeout)
	if settings.Parallelism > 0 {
		clientOptions = append(clientOptions, suppression.WithBatchParallelism(settings.Parallelism))
	}
	return suppression.NewClient(server, policies[settings.WhenUnavailable], clientOptions...)
}

func (r *run) runStep(step step) error {
	deadline := time.Now().Add(time.Duration(step.Eventually) * time.Millisecond)
	for repetitions := 0; repetitions < max(step.Repeat, 1); {
		err := r.tryStep(step)
		switch {
		case err == nil:
			repetitions++
		case time.Now().After(deadline):
			return err
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

func (r *run) tryStep(step step) error {
	name := step.Client
	if name == "" {
		name = "main"
	}
	r.saved["token"] = r.tokens[name]
	result, err := r.send(step, name)
	var failure *suppression.Error
	switch {
	case err != nil && (step.Error == nil || !errors.As(err, &failure)):
		return err
	case err == nil && step.Error != nil:
		return fmt.Errorf("expected an error, got %v", result)
	case err != nil:
		return difference(r.resolved(step.Error), errorResult(failure), "")
	}
	if step.Save != "" {
		r.saved[step.Save] = result["revision"]
	}
	return difference(r.resolved(step.Expect), asJSON(result), "")
}

func (r *run) send(step step, name string) (object, error) {
	arguments := r.resolved(step.With).(object)
	if step.Control != "" {
		return r.sendControl(step.Control, arguments, r.tokens[name])
	}
	return call(context.Background(), r.clients[name], step.Call, arguments)
}

func (r *run) sendControl(name string, body object, token string) (object, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, "http://"+r.control+"/"+name, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("control: %s %s %w", response.Status, answer, err)
	}
	var result object
	return result, json.Unmarshal(answer, &result)
}

// resolved replaces $names by their saved values and expands numbered lists.
func (r *run) resolved(value any) any {
	switch value := value.(type) {
	case string:
		if name, ok := strings.CutPrefix(value, "$"); ok {
			return r.saved[name]
		}
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = r.resolved(item)
		}
		return items
	case object:
		if _, ok := value["numbered"]; ok {
			return numbered(value)
		}
		members := object{}
		for name, member := range value {
			members[name] = r.resolved(member)
		}
		return members
	}
	return value
}

func numbered(value object) []any {
	excluded, _ := value["but"].([]any)
	texts := []any{}
	for n := range int(value["count"].(float64)) {
		if !slices.Contains(excluded, any(float64(n))) {
			texts = append(texts, strings.ReplaceAll(value["numbered"].(string), "{n}", strconv.Itoa(n)))
		}
	}
	return texts
}

// difference returns an error that describes the first mismatch, or nil.
func difference(expected, actual any, path string) error {
	switch expected := expected.(type) {
	case nil:
		if actual != nil {
			return mismatch(expected, actual, path)
		}
	case object:
		return objectDifference(expected, actual, path)
	case []any:
		items, ok := actual.([]any)
		if !ok || len(items) != len(expected) {
			return fmt.Errorf("%s: expected %d items, got %d", path, len(expected), len(items))
		}
		for i := range expected {
			if err := difference(expected[i], items[i], fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	default:
		if expected != actual {
			return mismatch(expected, actual, path)
		}
	}
	return nil
}

func objectDifference(expected object, actual any, path string) error {
	if bounds, ok := expected["between"].([]any); ok {
		number, ok := actual.(float64)
		if !ok || number < bounds[0].(float64) || number > bounds[1].(float64) {
			return mismatch(expected, actual, path)
		}
		return nil
	}
	members, ok := actual.(object)
	if !ok && len(expected) > 0 {
		return mismatch(expected, actual, path)
	}
	for name, member := range expected {
		if err := difference(member, members[name], path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func mismatch(expected, actual any, path string) error {
	return fmt.Errorf("%s: expected %v, got %v", path, expected, actual)
}

// asJSON converts a result to the types of encoding/json, so that it can be compared with a scenario.
func asJSON(result object) object {
	text, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	var decoded object
	if err := json.Unmarshal(text, &decoded); err != nil {
		panic(err)
	}
	return decoded
}
