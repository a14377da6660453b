package sanitize

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/op-data/sqlpreview/sanitize/internal/secrets"
)

// broken returns the law that sanitizing the text breaks, or "".
func broken(s *Sanitizer, text string, in Input) string {
	out, changes := s.Cell(text, in)
	var c Changes
	if changes != nil {
		c = *changes
	}
	for _, law := range []struct {
		name  string
		check func() string
	}{
		{"the output is valid UTF-8 in the allowed set", func() string { return outside(out) }},
		{"the output has at most the limit", func() string {
			if n := utf8.RuneCountInString(out); n > s.limit {
				return fmt.Sprintf("%d of %d code points", n, s.limit)
			}
			return ""
		}},
		{"modifying flags are empty exactly when nothing changed", func() string {
			unchanged := out == text && in.OriginalBytes <= int64(len(text)) && in.MaskedBy == ""
			if (c.Kinds&Modifying == 0) != unchanged {
				return fmt.Sprintf("%v, unchanged %t", c.Kinds.Names(), unchanged)
			}
			return ""
		}},
		{"idempotent", func() string {
			again, changes := s.Cell(out, Input{Class: in.Class, Column: in.Column})
			if again != out {
				return fmt.Sprintf("then %+q", again)
			}
			if changes != nil && changes.Kinds&Modifying != 0 {
				return fmt.Sprintf("then %v", changes.Kinds.Names())
			}
			return ""
		}},
		{"no detector fires on the output", func() string {
			if found := s.secrets.Find(out, secrets.Hints{Number: in.Class != Textual, Column: in.Column}); found != nil {
				return fmt.Sprint(found)
			}
			return ""
		}},
		{"replacements are counted", func() string { return miscounted(out, text, &c) }},
		{"the cut splits no cluster that fits", func() string { return split(s, out, text, in, &c) }},
		{"JSON and protobuf keep the output", func() string { return lost(out) }},
	} {
		if fault := law.check(); fault != "" {
			return fmt.Sprintf("%s: %s; %+q (limit %d, %+v) became %+q %+v", law.name, fault, text, s.limit, in, out, c)
		}
	}
	return ""
}

// limits are small ones, where every cut is near, and the default.
var limits = []int{1, 2, 3, 5, 8, 13, 21, 34, 60, 100, 1024}

func sanitizers(tb testing.TB) []*Sanitizer {
	tb.Helper()
	var all []*Sanitizer
	for _, limit := range limits {
		for _, enable := range [][]string{nil, {"email", "phone", "ip_address", "iban"}} {
			s, err := New(Config{MaxCharacters: limit, EnableDetectors: enable})
			if err != nil {
				tb.Fatal(err)
			}
			all = append(all, s)
		}
	}
	return all
}

type value struct {
	sanitizer int
	text      string
	in        Input
}

// setting is an integer from the environment; tests have no other knobs.
func setting(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text, set := os.LookupEnv(name)
	if !set {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestLaws holds the laws over generated values. OP_PREVIEW_TEST_SEED repeats a
// run, OP_PREVIEW_TEST_RUNS makes it longer.
func TestLaws(t *testing.T) {
	t.Parallel()
	all := sanitizers(t)
	seed := setting(t, "OP_PREVIEW_TEST_SEED", time.Now().UnixNano())
	parameters := gopter.DefaultTestParametersWithSeed(seed)
	parameters.MinSuccessfulTests = int(setting(t, "OP_PREVIEW_TEST_RUNS", 10_000))
	parameters.MaxSize = 1
	values := gen.Int64().Map(func(n int64) value {
		r := rand.New(rand.NewSource(n))
		v := value{sanitizer: r.Intn(len(all)), text: hostileText(r)}
		v.in.Class = []Class{Textual, Textual, Textual, Numeric, Binary, Fixed}[r.Intn(6)]
		v.in.Column = []string{"", "note", "card_number"}[r.Intn(3)]
		switch r.Intn(6) {
		case 0:
			v.in.OriginalBytes = int64(len(v.text) + r.Intn(9))
		case 1:
			v.in.MaskedBy = []string{"", "", "", RuleColumnName}[r.Intn(4)]
		}
		return v
	})
	properties := gopter.NewProperties(parameters)
	properties.Property("laws", prop.ForAll(func(v value) string {
		return broken(all[v.sanitizer], v.text, v.in)
	}, values))
	if !properties.Run(gopter.NewFormatedReporter(false, 160, testLog{t})) {
		t.Errorf("seed %d", seed)
	}
}

// testLog lets gopter report through the test.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func FuzzCell(f *testing.F) {
	all := sanitizers(f)
	r := rand.New(rand.NewSource(1))
	for i := range 200 {
		f.Add([]byte(hostileText(r)), uint8(i), uint8(i), uint16(0))
	}
	for _, fragment := range fragments() {
		f.Add([]byte(fragment), uint8(21), uint8(0), uint16(0))
	}
	f.Fuzz(func(t *testing.T, text []byte, which, class uint8, more uint16) {
		in := Input{Class: Class(class % 4)}
		if more > 0 {
			in.OriginalBytes = int64(len(text)) + int64(more)
		}
		if fault := broken(all[int(which)%len(all)], string(text), in); fault != "" {
			t.Error(fault)
		}
	})
}

// What the Changes say survives JSON.
func TestChangesRoundTrip(t *testing.T) {
	t.Parallel()
	s, err := New(Config{MaxCharacters: 4})
	if err != nil {
		t.Fatal(err)
	}
	_, changes := s.Text("=\x00\x00\u200bmore")
	encoded, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Changes
	if err := json.Unmarshal(encoded, &decoded); err != nil || !reflect.DeepEqual(&decoded, changes) {
		t.Errorf("%s became %+v (%v)", encoded, decoded, err)
	}
}
