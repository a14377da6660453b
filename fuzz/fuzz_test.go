package fuzz_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/op-data/sqlpreview/fuzz"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

func TestMain(m *testing.M) {
	if os.Getenv(unguardedMCP) != "" {
		serveUnguardedMCP()
		return
	}
	goleak.VerifyTestMain(m)
}

// seed is fixed, unless the environment gives another.
func seed(t *testing.T) int64 {
	t.Helper()
	text := os.Getenv("OP_PREVIEW_FUZZ_SEED")
	if text == "" {
		return 20240229
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("OP_PREVIEW_FUZZ_SEED: %v", err)
	}
	return n
}

func run(t *testing.T, config fuzz.Config) *fuzz.Report {
	t.Helper()
	server := pgtest.Start(t, pgtest.Options{Settings: fuzz.Settings()})
	config.DSN = server.DSN()
	config.Seed = seed(t)
	var progress bytes.Buffer
	config.Progress = &progress
	report, err := fuzz.Run(t.Context(), config)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", config.Seed, err, progress.String())
	}
	return report
}

// TestThePromiseHolds is a short run of everything.
func TestThePromiseHolds(t *testing.T) {
	report := run(t, fuzz.Config{Cases: 400, TimeLimit: 500 * time.Millisecond})
	for _, f := range report.Findings {
		t.Errorf("seed %d, case %d: %s (%s) by %s: %s\n%s", report.Seed, f.Case, f.Oracle, f.Kind, f.Technique, f.Detail, f.SQL)
	}
	if report.Cases != 400 {
		t.Errorf("%d cases ran", report.Cases)
	}
	tried, accepted := 0, 0
	for name, tally := range report.Techniques {
		tried += tally.Tried
		if name == "honest" || name == "value" || name == "look-alike" {
			accepted += tally.Ran
		}
		if sum := tally.Refused + tally.Stopped + tally.Failed + tally.Ran; sum != tally.Tried {
			t.Errorf("%s: %d outcomes of %d cases", name, sum, tally.Tried)
		}
	}
	if tried != report.Cases {
		t.Errorf("%d cases are in the table, %d ran", tried, report.Cases)
	}
	if accepted < 80 {
		t.Errorf("only %d honest queries were answered", accepted)
	}
}

// TestAnUnguardedGatewayIsFound: the same oracles on a gateway that checks
// nothing find nearly everything that there is to find.
func TestAnUnguardedGatewayIsFound(t *testing.T) {
	report := run(t, fuzz.Config{
		Cases: 200, TimeLimit: 200 * time.Millisecond, Unguarded: true, NoShrink: true, StopAfter: 1000,
		Only: []string{"error-leak", "function-lock", "function-sequence", "function-file", "row-lock", "memory", "catalog-relation", "user-cast", "stacking"},
	})
	var oracles []string
	for _, f := range report.Findings {
		if !slices.Contains(oracles, f.Oracle) {
			oracles = append(oracles, f.Oracle)
		}
	}
	for _, want := range []string{"agreement", "no-effect", "bounds", "no-leak"} {
		if !slices.Contains(oracles, want) {
			t.Errorf("the oracle %s found nothing; those that did: %v", want, oracles)
		}
	}
	effects := 0
	for _, tally := range report.Techniques {
		effects += tally.Effects
	}
	if effects < 20 {
		t.Errorf("only %d cases had an effect", effects)
	}
}

// TestTheSidecarHoldsFromOutside attacks the program itself over gRPC, and reads
// its log.
func TestTheSidecarHoldsFromOutside(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "sqlpreview")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/sqlpreview").CombinedOutput(); err != nil {
		t.Fatalf("building the sidecar: %v\n%s", err, out)
	}
	report := run(t, fuzz.Config{Cases: 150, Sidecar: binary, TimeLimit: 2 * time.Second})
	for _, f := range report.Findings {
		t.Errorf("seed %d, case %d: %s (%s) by %s: %s\n%s", report.Seed, f.Case, f.Oracle, f.Kind, f.Technique, f.Detail, f.SQL)
	}
	if report.Techniques["honest"].Ran == 0 {
		t.Errorf("no honest query was answered: %+v", report.Techniques["honest"])
	}
}

func TestTheReportIsJSON(t *testing.T) {
	report := run(t, fuzz.Config{Cases: 10, Only: []string{"honest", "stacking"}})
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var back fuzz.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Cases != 10 || len(back.Techniques) != 2 {
		t.Errorf("read back: %s", text)
	}
	var table bytes.Buffer
	if err := report.WriteScoreboard(&table, nil); err != nil || !bytes.Contains(table.Bytes(), []byte("stacking")) {
		t.Errorf("the scoreboard: %v\n%s", err, table.String())
	}
}

func TestAnUnknownTechniqueIsAnError(t *testing.T) {
	server := pgtest.Start(t, pgtest.Options{Settings: fuzz.Settings()})
	if _, err := fuzz.Run(t.Context(), fuzz.Config{DSN: server.DSN(), Cases: 1, Only: []string{"nonsense"}}); err == nil {
		t.Error("nonsense was tried")
	}
}
