// Command conformance runs the scenarios of clients/conformance with this client. The README there
// describes the formats.
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

// result is one line of the report.
type result struct {
	Runner   string `json:"runner"`
	Scenario string `json:"scenario"`
	Result   string `json:"result"`
	Detail   string `json:"detail"`
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "usage: run SERVER CONTROL SCENARIOS [NAME…]")
		os.Exit(2)
	}
	scenarios, err := readScenarios(os.Args[3])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if failed := runAll(os.Args[1], os.Args[2], scenarios, os.Args[4:]); failed > 0 {
		os.Exit(1)
	}
}

func readScenarios(folder string) ([]scenario, error) {
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
		var parsed suite
		if err := json.Unmarshal(text, &parsed); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		scenarios = append(scenarios, parsed.Scenarios...)
	}
	return scenarios, nil
}

func runAll(server, control string, scenarios []scenario, names []string) (failed int) {
	report := json.NewEncoder(os.Stdout)
	for _, scenario := range scenarios {
		if len(names) > 0 && !slices.Contains(names, scenario.Name) {
			continue
		}
		line := result{Runner: "go", Scenario: scenario.Name, Result: "ok"}
		if err := runScenario(server, control, scenario); err != nil {
			failed++
			line.Result, line.Detail = "FAIL", err.Error()
			fmt.Fprintf(os.Stderr, "FAIL %s: %v\n", scenario.Name, err)
		} else {
			fmt.Fprintf(os.Stderr, "ok %s\n", scenario.Name)
		}
		_ = report.Encode(line)
	}
	return failed
}
