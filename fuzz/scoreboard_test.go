package fuzz

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/fuzz/internal/sqlgen"
)

// readTable finds the table with that first cell in its head and returns its
// text and its rows, head included, rule left out.
func readTable(t *testing.T, file, first string) (text string, rows [][]string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut("\n"+string(content), "\n| "+first)
	if !ok {
		t.Fatalf("%s has no table that begins with %q", file, first)
	}
	for line := range strings.Lines("| " + first + after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		text += line
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if !strings.HasPrefix(line, "|-") && !strings.HasPrefix(line, "| -") {
			rows = append(rows, cells)
		}
	}
	return text, rows
}

// tallies reads rows of numbers into reports: the harness's, and the one to
// compare with.
func tallies(t *testing.T, rows [][]string) (report, unguarded *Report) {
	t.Helper()
	report, unguarded = &Report{Techniques: map[string]*Tally{}}, &Report{Techniques: map[string]*Tally{}}
	for _, row := range rows {
		if len(row) != 1+len(tallied)+len(unguardedColumns) {
			t.Fatalf("%q has %d cells", row, len(row))
		}
		read := func(cells []string, into []*int) {
			for i, n := range into {
				var err error
				if *n, err = strconv.Atoi(cells[i]); err != nil {
					t.Fatalf("%s: %v", row[0], err)
				}
			}
		}
		read(row[1:], report.tally(row[0]).columns())
		if beside := row[1+len(tallied):]; beside[0] != "" {
			without := unguarded.tally(row[0])
			read(beside, []*int{&without.Tried, &without.Effects, &without.Leaks})
		}
	}
	return report, unguarded
}

// TestREADMEHasScoreboardAsPrinted checks that both tables of README.md are what
// the command prints of one run that tried every technique, so that no figure is
// changed by hand.
func TestREADMEHasScoreboardAsPrinted(t *testing.T) {
	t.Parallel()
	text, rows := readTable(t, "README.md", "technique")
	report, unguarded := tallies(t, rows[1:len(rows)-1]) // without the head and the sum
	var printed bytes.Buffer
	if err := report.WriteScoreboard(&printed, unguarded); err != nil {
		t.Fatal(err)
	}
	if printed.String() != text {
		t.Errorf("README.md: the table by technique is not what make scoreboard prints; of its own numbers it would be\n%s", printed.String())
	}
	for name, tally := range report.Techniques {
		if sum := tally.Refused + tally.Stopped + tally.Failed + tally.Ran; sum != tally.Tried {
			t.Errorf("%s: %d outcomes of %d cases", name, sum, tally.Tried)
		}
	}
	names := append(sqlgen.New(&sqlgen.Schema{Traps: true}, sqlgen.Targets{}).Techniques(),
		sqlgen.Honest, sqlgen.Value, sqlgen.LookAlike, collectedAttack, collectedHonest, hostileTechnique)
	for _, name := range names {
		if report.Techniques[name] == nil {
			t.Errorf("README.md: the technique %s is missing: run make scoreboard", name)
		}
	}
	if len(report.Techniques) != len(names) {
		t.Errorf("README.md has %d techniques, the harness %d", len(report.Techniques), len(names))
	}

	var summary bytes.Buffer
	if err := report.WriteSummary(&summary); err != nil {
		t.Fatal(err)
	}
	if text, _ := readTable(t, "README.md", "                          | tried"); text != summary.String() {
		t.Errorf("README.md: the summary of the same run is\n%sit has\n%s", summary.String(), text)
	}
}

func TestTheScoreboardAddsUp(t *testing.T) {
	t.Parallel()
	report := &Report{Techniques: map[string]*Tally{
		collectedAttack:  {Tried: 3, Refused: 2, Ran: 1, Effects: 1},
		"stacking":       {Tried: 10, Refused: 9, Stopped: 1},
		"row-lock":       {Tried: 5, Refused: 5},
		hostileTechnique: {Tried: 2, Failed: 2, Leaks: 1},
		sqlgen.Honest:    {Tried: 4, Ran: 3, Refused: 1, FalselyRefused: 1},
		collectedHonest:  {Tried: 1, Ran: 1},
	}}
	var got bytes.Buffer
	if err := report.WriteSummary(&got); err != nil {
		t.Fatal(err)
	}
	const summary = `
|                           | tried | refused by the guard | stopped by the database | failed | answered | had an effect | leaked | falsely refused |
| ------------------------- | ----: | -------------------: | ----------------------: | -----: | -------: | ------------: | -----: | --------------: |
| attacks, collected        |     3 |                    2 |                       0 |      0 |        1 |             1 |      0 |               0 |
| attacks, generated        |    15 |                   14 |                       1 |      0 |        0 |             0 |      0 |               0 |
| hostile servers           |     2 |                    0 |                       0 |      2 |        0 |             0 |      1 |               0 |
| honest queries and values |     5 |                    1 |                       0 |      0 |        4 |             0 |      0 |               1 |
`
	if "\n"+got.String() != summary {
		t.Errorf("the summary is\n%s", got.String())
	}
	delete(report.Techniques, sqlgen.Honest)
	delete(report.Techniques, collectedHonest)
	delete(report.Techniques, "row-lock")
	unguarded := &Report{Techniques: map[string]*Tally{"stacking": {Tried: 7, Effects: 6, Leaks: 5}, "another": {Tried: 1}}}
	got.Reset()
	if err := report.WriteScoreboard(&got, unguarded); err != nil {
		t.Fatal(err)
	}
	const scoreboard = `
| technique        | tried | refused by the guard | stopped by the database | failed | answered | had an effect | leaked | falsely refused | unguarded: tried | had an effect | leaked |
| ---------------- | ----: | -------------------: | ----------------------: | -----: | -------: | ------------: | -----: | --------------: | ---------------: | ------------: | -----: |
| collected-attack |     3 |                    2 |                       0 |      0 |        1 |             1 |      0 |               0 |                  |               |        |
| hostile-server   |     2 |                    0 |                       0 |      2 |        0 |             0 |      1 |               0 |                  |               |        |
| stacking         |    10 |                    9 |                       1 |      0 |        0 |             0 |      0 |               0 |                7 |             6 |      5 |
| all              |    15 |                   11 |                       1 |      2 |        1 |             1 |      1 |               0 |                7 |             6 |      5 |
`
	if "\n"+got.String() != scoreboard {
		t.Errorf("the scoreboard is\n%s", got.String())
	}
}
