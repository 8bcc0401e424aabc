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

// player is one run of one scenario.
type player struct {
	control string
	clients map[string]*suppression.Client
	tokens  map[string]string
	saved   map[string]any
}

func play(server, control string, scenario scenario) error {
	p := player{control, map[string]*suppression.Client{}, map[string]string{}, map[string]any{}}
	if scenario.Clients == nil {
		scenario.Clients = map[string]options{"main": {}}
	}
	lists := map[string]string{}
	for name, options := range scenario.Clients {
		if lists[options.List] == "" {
			lists[options.List] = rand.Text()
		}
		p.tokens[name] = lists[options.List]
		client, err := clientWith(server, p.tokens[name], options)
		if err != nil {
			return err
		}
		defer client.Close()
		p.clients[name] = client
	}
	for index, step := range scenario.Steps {
		if err := p.do(step); err != nil {
			return fmt.Errorf("step %d (%s%s): %w", index+1, step.Call, step.Control, err)
		}
	}
	return nil
}

func clientWith(server, token string, given options) (*suppression.Client, error) {
	choices := map[string]suppression.WhenUnavailable{
		"": suppression.Hold, "HOLD": suppression.Hold, "SEND": suppression.Send, "RAISE": suppression.Fail,
	}
	made := []suppression.Option{
		suppression.WithToken(token), suppression.WithLogger(slog.New(slog.DiscardHandler)),
	}
	limit := func(milliseconds int, option func(time.Duration) suppression.Option) {
		if milliseconds == 0 && given.DefaultTimeouts {
			return
		}
		if milliseconds == 0 {
			milliseconds = 20_000
		}
		made = append(made, option(time.Duration(milliseconds)*time.Millisecond))
	}
	limit(given.CheckTimeout, suppression.WithCheckTimeout)
	limit(given.BatchTimeout, suppression.WithBatchTimeout)
	limit(given.Timeout, suppression.WithTimeout)
	if given.Parallelism > 0 {
		made = append(made, suppression.WithBatchParallelism(given.Parallelism))
	}
	return suppression.NewClient(server, choices[given.WhenUnavailable], made...)
}

func (p *player) do(step step) error {
	until := time.Now().Add(time.Duration(step.Eventually) * time.Millisecond)
	for done := 0; done < max(step.Repeat, 1); {
		err := p.once(step)
		switch {
		case err == nil:
			done++
		case time.Now().After(until):
			return err
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

func (p *player) once(step step) error {
	name := step.Client
	if name == "" {
		name = "main"
	}
	p.saved["token"] = p.tokens[name]
	found, err := p.outcome(step, name)
	var failure *suppression.Error
	switch {
	case err != nil && (step.Error == nil || !errors.As(err, &failure)):
		return err
	case err == nil && step.Error != nil:
		return fmt.Errorf("no error, but %v", found)
	case err != nil:
		return difference(p.resolved(step.Error), described(failure), "")
	}
	if step.Save != "" {
		p.saved[step.Save] = found["revision"]
	}
	return difference(p.resolved(step.Expect), plain(found), "")
}

func (p *player) outcome(step step, name string) (object, error) {
	given := p.resolved(step.With).(object)
	if step.Control != "" {
		return p.tell(step.Control, given, p.tokens[name])
	}
	return call(context.Background(), p.clients[name], step.Call, given)
}

func (p *player) tell(name string, body object, token string) (object, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, "http://"+p.control+"/"+name, bytes.NewReader(text))
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
	var found object
	return found, json.Unmarshal(answer, &found)
}

// resolved puts in what was saved, and writes out numbered texts.
func (p *player) resolved(value any) any {
	switch value := value.(type) {
	case string:
		if name, ok := strings.CutPrefix(value, "$"); ok {
			return p.saved[name]
		}
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = p.resolved(item)
		}
		return items
	case object:
		if _, ok := value["numbered"]; ok {
			return numbered(value)
		}
		members := object{}
		for name, member := range value {
			members[name] = p.resolved(member)
		}
		return members
	}
	return value
}

func numbered(value object) []any {
	without, _ := value["but"].([]any)
	texts := []any{}
	for n := range int(value["count"].(float64)) {
		if !slices.Contains(without, any(float64(n))) {
			texts = append(texts, strings.ReplaceAll(value["numbered"].(string), "{n}", strconv.Itoa(n)))
		}
	}
	return texts
}

// difference says where found does not match; nil if it does.
func difference(expected, found any, path string) error {
	switch expected := expected.(type) {
	case nil:
		if found != nil {
			return mismatch(expected, found, path)
		}
	case object:
		return differenceOfObject(expected, found, path)
	case []any:
		items, ok := found.([]any)
		if !ok || len(items) != len(expected) {
			return fmt.Errorf("%s: has %d items instead of %d", path, len(items), len(expected))
		}
		for i := range expected {
			if err := difference(expected[i], items[i], fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	default:
		if expected != found {
			return mismatch(expected, found, path)
		}
	}
	return nil
}

func differenceOfObject(expected object, found any, path string) error {
	if bounds, ok := expected["between"].([]any); ok {
		number, ok := found.(float64)
		if !ok || number < bounds[0].(float64) || number > bounds[1].(float64) {
			return mismatch(expected, found, path)
		}
		return nil
	}
	members, ok := found.(object)
	if !ok && len(expected) > 0 {
		return mismatch(expected, found, path)
	}
	for name, member := range expected {
		if err := difference(member, members[name], path+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func mismatch(expected, found any, path string) error {
	return fmt.Errorf("%s: expected %v, found %v", path, expected, found)
}

// plain turns a result into what JSON would make of it, as the expectations are.
func plain(found object) object {
	text, err := json.Marshal(found)
	if err != nil {
		panic(err)
	}
	var result object
	if err := json.Unmarshal(text, &result); err != nil {
		panic(err)
	}
	return result
}
