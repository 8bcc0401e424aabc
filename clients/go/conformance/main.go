// Command conformance runs the scenarios of clients/conformance through this client; the format is
// described there.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

type suite struct {
	Scenarios []scenario `json:"scenarios"`
}

type scenario struct {
	Name    string             `json:"name"`
	Clients map[string]options `json:"clients"`
	Steps   []step             `json:"steps"`
}

// outcome is a line of the report.
type outcome struct {
	Runner   string `json:"runner"`
	Scenario string `json:"scenario"`
	Result   string `json:"result"`
	Detail   string `json:"detail"`
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "run SERVER CONTROL SCENARIOS [NAME…]")
		os.Exit(2)
	}
	scenarios, err := read(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed := playAll(os.Args[1], os.Args[2], scenarios, os.Args[4:]); failed > 0 {
		os.Exit(1)
	}
}

func read(folder string) ([]scenario, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no scenarios in %s: %w", folder, err)
	}
	slices.Sort(files)
	scenarios := []scenario{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var found suite
		if err := json.Unmarshal(text, &found); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		scenarios = append(scenarios, found.Scenarios...)
	}
	return scenarios, nil
}

func playAll(server, control string, scenarios []scenario, names []string) (failed int) {
	report := json.NewEncoder(os.Stdout)
	for _, scenario := range scenarios {
		if len(names) > 0 && !slices.Contains(names, scenario.Name) {
			continue
		}
		came := outcome{Runner: "go", Scenario: scenario.Name, Result: "ok"}
		if err := play(server, control, scenario); err != nil {
			failed++
			came.Result, came.Detail = "FAIL", err.Error()
			fmt.Fprintf(os.Stderr, "FAIL %s: %v\n", scenario.Name, err)
		} else {
			fmt.Fprintf(os.Stderr, "ok %s\n", scenario.Name)
		}
		_ = report.Encode(came)
	}
	return failed
}
