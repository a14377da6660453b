package sanitize

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

var update = flag.Bool("update", false, "write the tables anew into README.md; the run fails all the same")

// readme guards README.md, whose tables several tests check and may write.
var readme sync.Mutex

// labelled is one line of testdata/detectors.jsonl: a text with its secrets
// between ⟦detector: and ⟧. The detector "none" marks what is a secret and has
// nothing certain about it.
type labelled struct {
	Text string `json:"text"`
	// Times is how often the text is expanded, with other characters each time.
	// Default: 1.
	Times int `json:"times"`
}

type span struct {
	start, end int
	detector   string
}

// unmark returns the text without its marks, and where the secrets stand.
func unmark(t *testing.T, text string) (string, []span) {
	t.Helper()
	var plain strings.Builder
	var spans []span
	for {
		before, after, found := strings.Cut(text, "⟦")
		plain.WriteString(before)
		if !found {
			return plain.String(), spans
		}
		detector, rest, named := strings.Cut(after, ":")
		secret, rest, closed := strings.Cut(rest, "⟧")
		if !named || !closed {
			t.Fatalf("marks do not match in %q", text)
		}
		spans = append(spans, span{plain.Len(), plain.Len() + len(secret), detector})
		plain.WriteString(secret)
		text = rest
	}
}

type tally struct{ secrets, found, false int }

// TestDetectors measures the detectors on the labelled texts, and holds the
// table of README.md to what was measured.
func TestDetectors(t *testing.T) {
	t.Parallel()
	optional := map[string]bool{}
	var enable []string
	for _, d := range Detectors() {
		if !d.Default {
			optional[d.Name] = true
			enable = append(enable, d.Name)
		}
	}
	standard, err := secrets.New(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	only, err := secrets.New(allOff(), enable, nil)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]*tally{"none": {}}
	for _, d := range Detectors() {
		counts[d.Name] = &tally{}
	}
	texts := 0
	eachLine(t, "testdata/detectors.jsonl", func(place string, line labelled) {
		for i := range max(1, line.Times) {
			texts++
			text, marked := unmark(t, expand(t, line.Text, fmt.Sprint(place, i)))
			for _, m := range marked {
				if counts[m.detector] == nil {
					t.Fatalf("%s: no detector is called %q", place, m.detector)
				}
				counts[m.detector].secrets++
			}
			for _, m := range marked {
				if !optional[m.detector] && m.detector != "none" && m.detector != "card_number" && !covered(m, standard.Find(text, secrets.Hints{})) {
					t.Errorf("%s: a secret of %s is not masked whole in %q", place, m.detector, text)
				}
			}
			measure(counts, marked, standard.Find(text, secrets.Hints{}), func(detector string) bool { return !optional[detector] })
			measure(counts, marked, only.Find(text, secrets.Hints{}), func(detector string) bool { return optional[detector] })
		}
	})
	// A family whose recall the table claims to be whole may not drop, whatever is
	// written into the table. Cards need their context.
	for _, d := range Detectors() {
		if c := counts[d.Name]; d.Name != "card_number" && c.found < c.secrets {
			t.Errorf("%s finds %d of %d secrets", d.Name, c.found, c.secrets)
		}
	}
	checkTable(t, "detectors", detectorTable(counts, texts))
}

// covered reports whether a marked secret lies within what was found.
func covered(marked span, found []secrets.Match) bool {
	for _, f := range found {
		if f.Start <= marked.start && f.End >= marked.end {
			return true
		}
	}
	return false
}

// measure counts the marked secrets that were found whole, and the finds that
// touch no marked secret.
func measure(counts map[string]*tally, marked []span, found []secrets.Match, mine func(string) bool) {
	for _, m := range marked {
		for _, f := range found {
			if mine(m.detector) && f.Start <= m.start && f.End >= m.end {
				counts[m.detector].found++
				break
			}
		}
	}
	for _, f := range found {
		touches := false
		for _, m := range marked {
			touches = touches || f.Start < m.end && m.start < f.End
		}
		if !touches {
			counts[f.Detector].false++
		}
	}
}

func detectorTable(counts map[string]*tally, texts int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d texts.\n\n| detector | on | secrets | found | recall | false finds | precision |\n| --- | --- | --- | --- | --- | --- | --- |\n", texts)
	percent := func(part, whole int) string {
		if whole == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
	}
	row := func(name, on string, c tally) {
		fmt.Fprintf(&out, "| %s | %s | %d | %d | %s | %d | %s |\n",
			name, on, c.secrets, c.found, percent(c.found, c.secrets), c.false, percent(c.found, c.found+c.false))
	}
	var all tally
	for _, d := range Detectors() {
		on := "no"
		if c := *counts[d.Name]; d.Default {
			on = "yes"
			all.secrets, all.found, all.false = all.secrets+c.secrets, all.found+c.found, all.false+c.false
		}
		row(d.Name, on, *counts[d.Name])
	}
	row("**all that are on**", "", all)
	none := *counts["none"]
	row("secrets with nothing certain about them", "", none)
	return out.String()
}
