package sanitize

import (
	"encoding/csv"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// Clean values come back as they are, without allocation. (Not parallel: the
// count is the process's.)
func TestCleanValuesAllocateNothing(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(benchTexts(), struct{ name, text string }{"empty", ""}) {
		for _, class := range []Class{Textual, Numeric, Fixed} {
			var got string
			var changes *Changes
			allocations := testing.AllocsPerRun(10, func() { got, changes = s.Cell(text.text, Input{Class: class, Column: "note"}) })
			if got != text.text || changes != nil || allocations != 0 {
				t.Errorf("%s: %v allocations, %+v", text.name, allocations, changes)
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for _, fragment := range fragments() {
				if fault := broken(s, strings.Repeat(fragment, 40), Input{}); fault != "" {
					t.Error(fault)
				}
			}
		})
	}
	group.Wait()
}

func TestPolicyVersion(t *testing.T) {
	t.Parallel()
	version := func(c Config) string {
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		return s.PolicyVersion()
	}
	standard := version(Config{})
	if got := version(Config{MaxCharacters: DefaultMaxCharacters}); got != standard {
		t.Errorf("the default, spelled out, has version %s and not %s", got, standard)
	}
	if a, b := version(Config{DisableDetectors: []string{"jwt", "npm_token"}}), version(Config{DisableDetectors: []string{"npm_token", "jwt"}}); a != b {
		t.Errorf("the order of detectors changes the version: %s, %s", a, b)
	}
	seen := map[string]bool{standard: true}
	for _, c := range []Config{
		{MaxCharacters: 5}, {DisableDetectors: []string{"jwt"}}, {EnableDetectors: []string{"email"}}, {Allow: []string{"x"}},
		{Columns: ColumnRules{IgnoreNames: true}}, {Columns: ColumnRules{Mask: []string{"a.b.c"}}}, {Columns: ColumnRules{Keep: []string{"a.b.c"}}},
	} {
		if v := version(c); seen[v] {
			t.Errorf("%+v has the version of another policy", c)
		} else {
			seen[v] = true
		}
	}
}

func TestDetectorSwitchesAndAllowList(t *testing.T) {
	t.Parallel()
	const value = "AKIAIOSFODNN7EXAMPLE a@b.org"
	for _, test := range []struct {
		name   string
		config Config
		want   string
	}{
		{"default", Config{}, "[masked-aws_access_key_id] a@b.org"},
		{"off", Config{DisableDetectors: []string{"aws_access_key_id"}}, value},
		{"another on", Config{EnableDetectors: []string{"email"}}, "[masked-aws_access_key_id] [masked-email]"},
		{"allowed", Config{Allow: []string{"AKIAIOSFODNN7EXAMPLE"}}, value},
		{"something else allowed", Config{Allow: []string{"AKIAIOSFODNN7EXAMPL"}}, "[masked-aws_access_key_id] a@b.org"},
	} {
		s, err := New(test.config)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Text(value); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	for name, config := range map[string]Config{
		"disable": {DisableDetectors: []string{"aws"}},
		"enable":  {EnableDetectors: []string{"e-mail"}},
		"allow":   {Allow: []string{""}},
	} {
		if _, err := New(config); err == nil {
			t.Errorf("%s: a setting that cannot be was taken", name)
		}
	}
}

// A configuration that names a detector of an earlier version still holds, with a
// warning, and masks as without it.
func TestRemovedDetectors(t *testing.T) {
	t.Parallel()
	plain, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, config := range []Config{{EnableDetectors: []string{"high_entropy"}}, {DisableDetectors: []string{"high_entropy"}}} {
		s, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		if s.PolicyVersion() != plain.PolicyVersion() {
			t.Errorf("%+v has a policy of its own", config)
		}
		if warnings := config.Warnings(); len(warnings) != 1 || !strings.Contains(warnings[0], "high_entropy") {
			t.Errorf("%+v: warnings %q", config, warnings)
		}
	}
	if warnings := (Config{EnableDetectors: []string{"email"}}).Warnings(); warnings != nil {
		t.Errorf("warnings %q of settings without a fault", warnings)
	}
}

// Every detector that is on by default can be switched off, and only it goes.
func TestEveryDetectorCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, off := range allOff() {
		s, err := New(Config{DisableDetectors: []string{off}})
		if err != nil {
			t.Fatal(err)
		}
		eachLine(t, "testdata/detectors.jsonl", func(place string, line labelled) {
			text, marked := unmark(t, expand(t, line.Text, place+"0"))
			if len(marked) != 1 || marked[0].detector != off {
				return
			}
			if _, changes := s.Text(text); changes != nil && changes.Detector == off {
				t.Errorf("%s is off and found %q", off, text)
			}
		})
	}
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	for oid, want := range map[uint32]Class{17: Binary, 20: Numeric, 1700: Numeric, 790: Numeric, 16: Fixed, 1082: Fixed, 2950: Fixed, 25: Textual, 114: Textual, 3802: Textual, 2205: Textual, 24: Textual, 1009: Textual, 99999: Textual, 0: Textual} {
		if got := ClassOf(oid); got != want {
			t.Errorf("ClassOf(%d) = %d, want %d", oid, got, want)
		}
	}
}

// What AppendCSV writes, a CSV reader reads back, behind an apostrophe where a
// spreadsheet would see a formula.
func TestAppendCSV(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value string
		class Class
		want  string
	}{
		{"plain", Textual, "plain"}, {"", Textual, ""}, {`a"b`, Textual, `a"b`}, {"a,b;c\td", Textual, "a,b;c\td"}, {"two\nlines", Textual, "two\nlines"},
		{"=1", Textual, "'=1"}, {"+1", Textual, "'+1"}, {"-1", Textual, "'-1"}, {"@x", Textual, "'@x"}, {"\t=1", Textual, "'\t=1"}, {" =1", Textual, "' =1"},
		{"\u2003 =1", Textual, "'\u2003 =1"}, {"\u200E =1", Textual, "'\u200E =1"}, {"\u200C\u00A0\u3000@x", Textual, "'\u200C\u00A0\u3000@x"}, {"\u2003a=1", Textual, "\u2003a=1"},
		{`="a"`, Textual, `'="a"`}, {"＝1", Textual, "'＝1"}, {"-1", Numeric, "-1"}, {"-infinity", Fixed, "-infinity"}, {"=1", Binary, "'=1"},
		{`x","=1`, Textual, `x","=1`},
	} {
		line := string(AppendCSV(nil, test.value, test.class)) + "," + string(AppendCSV(nil, "next", Textual)) + "\n"
		record, err := csv.NewReader(strings.NewReader(line)).Read()
		if err != nil || len(record) != 2 || record[0] != test.want || record[1] != "next" {
			t.Errorf("%q: %q read as %q (%v)", test.value, line, record, err)
		}
	}
}

func TestMaxInputBytes(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	// Nothing behind MaxInputBytes changes the text, whatever it is.
	for _, unit := range hostileUnits() {
		long := repeatTo(unit, 3*s.MaxInputBytes())
		whole, _ := s.Text(long)
		for _, size := range []int{s.MaxInputBytes(), s.MaxInputBytes() + 1, s.MaxInputBytes() + 7} {
			begin, _ := s.Cell(long[:size], Input{OriginalBytes: int64(len(long))})
			if begin != whole {
				t.Errorf("%q: the first %d bytes give another text", unit, size)
			}
		}
	}
}

func TestKindsSplitAndNames(t *testing.T) {
	t.Parallel()
	all := Kind(0xffff).Split()
	names := Kind(0xffff).Names()
	if len(all) != len(names) || len(all) != len(kindNames) {
		t.Fatalf("%d kinds, %d names", len(all), len(names))
	}
	var union Kind
	for i, kind := range all {
		if kind.Names()[0] != names[i] || kind.bit() != i || union.Has(kind) {
			t.Errorf("kind %d is %v", i, kind.Names())
		}
		union |= kind
	}
	if union&^Modifying != FormulaLike|DirectionMark {
		t.Errorf("modifying kinds: %v", Modifying.Names())
	}
}

// A match that cuts into a mask of an earlier round takes the whole of it.
func TestWiden(t *testing.T) {
	t.Parallel()
	const text = "ab [masked-jwt] cd [masked-jwt] ef [mask"
	edits := []edit{{at: 1, kind: Control}, {at: 3, kind: MaskedValue, detector: 0}, {at: 19, kind: MaskedValue, detector: 0}, {at: 35, kind: MaskedValue, detector: 0}}
	for _, test := range []struct{ found, want []secrets.Match }{
		{nil, nil},
		{[]secrets.Match{{Start: 0, End: 2, Detector: "x"}}, []secrets.Match{{Start: 0, End: 2, Detector: "x"}}},
		{[]secrets.Match{{Start: 0, End: 5, Detector: "x"}}, []secrets.Match{{Start: 0, End: 15, Detector: "x"}}},
		{[]secrets.Match{{Start: 5, End: 7, Detector: "x"}, {Start: 14, End: 20, Detector: "y"}}, []secrets.Match{{Start: 3, End: 31, Detector: "x"}}},
		{[]secrets.Match{{Start: 4, End: 5, Detector: "x"}, {Start: 6, End: 8, Detector: "y"}, {Start: 36, End: 37, Detector: "z"}}, []secrets.Match{{Start: 3, End: 15, Detector: "x"}, {Start: 35, End: len(text), Detector: "z"}}},
		{[]secrets.Match{{Start: 36, End: 38, Detector: "x"}}, []secrets.Match{{Start: 35, End: len(text), Detector: "x"}}},
	} {
		r := result{text: text, edits: edits, detectors: []string{"jwt"}}
		if got := r.widen(slices.Clone(test.found)); !slices.Equal(got, test.want) {
			t.Errorf("widen(%v) = %v, want %v", test.found, got, test.want)
		}
	}
}

// README says how many random numbers of 16 digits are taken for cards.
func TestRandomNumbers(t *testing.T) {
	t.Parallel()
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewSource(1))
	const numbers = 20_000
	masked := 0
	for range numbers {
		if _, changes := s.Text(fmt.Sprintf("%016d", r.Int63n(1e16))); changes != nil {
			masked++
		}
	}
	if share := 100 * float64(masked) / numbers; share < 2.5 || share > 3.5 {
		t.Errorf("%.1f %% of random numbers are masked", share)
	}
}
