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
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

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

// outside names the first character that must not come out, by the tables of
// the standard library.
func outside(text string) string {
	if !utf8.ValidString(text) {
		return "not valid UTF-8"
	}
	marks := 0
	for i, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
		case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point):
			return fmt.Sprintf("%U at %d", r, i)
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x206F, r == 0x200B, r >= 0x2060 && r <= 0x2064, r == 0xFEFF, r == 0xAD,
			r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0, r == 0x034F, r >= 0xFFF9 && r <= 0xFFFB, r == 0xE0001, r == 0x17B4, r == 0x17B5:
			return fmt.Sprintf("%U at %d", r, i)
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				return fmt.Sprintf("%d marks in a row at %d", marks, i)
			}
		} else if r != 0x200C && r != 0x200D {
			marks = 0
		}
	}
	return ""
}

// miscounted compares what was counted with what is to be seen: U+FFFD and
// masks that the value did not bring along.
func miscounted(out, text string, c *Changes) string {
	count := 0
	for _, r := range c.Replacements {
		count += r.Count
		if r.Count < 1 || c.Kinds&r.Kind == 0 {
			return fmt.Sprintf("%v counted %d", r.Kind.Names(), r.Count)
		}
	}
	original := strings.Count(text, "\uFFFD")
	cut := c.Kinds&(Truncated|MaskedValue|MaskedColumn) != 0
	if got := strings.Count(out, "\uFFFD"); (!cut || original == 0) && got-original != count {
		return fmt.Sprintf("%d replaced, %d counted", got-original, count)
	}
	if c.Kinds&(MaskedValue|Truncated) == MaskedValue {
		for _, name := range strings.Split(c.Detector, ",") {
			if mask := secrets.Mask(name); !strings.HasPrefix(mask, out) && !strings.Contains(out, mask) {
				return "no mask of " + name
			}
		}
	}
	if (c.Kinds&(MaskedValue|MaskedColumn) != 0) != (c.Detector != "") {
		return "detector " + c.Detector
	}
	if !strings.Contains(text, "[") && c.Kinds&(MaskedValue|MaskedColumn) == 0 && strings.Contains(out, "[") {
		return "a mask without its flag"
	}
	return ""
}

// split cuts the cleaned text in its own way, where nothing is masked.
func split(s *Sanitizer, out, text string, in Input, c *Changes) string {
	if c.Kinds&(MaskedValue|MaskedColumn) != 0 || c.Kinds&Truncated == 0 || in.OriginalBytes > int64(len(text)) || in.Class == Binary {
		return ""
	}
	cleaned, _, _ := clean(text)
	if s.secrets.Find(cleaned, secrets.Hints{Partial: true, Number: in.Class != Textual, Column: in.Column}) != nil {
		return "" // a mask, even one past the cut, has its own boundaries
	}
	clusters := graphemes.FromString(cleaned)
	best, first, bounds := 0, 0, []int{0}
	for clusters.Next() && utf8.RuneCountInString(cleaned[:clusters.End()]) <= s.limit {
		best = clusters.End()
		bounds = append(bounds, best)
	}
	if best == 0 {
		first = 1
		if n := utf8.RuneCountInString(out); n != s.limit {
			return fmt.Sprintf("the first cluster is longer than the limit, and was cut at %d", n)
		}
	}
	if first == 0 && out != cleaned[:best] {
		// The cut may go back over clusters that end in a joiner, or leave one as U+FFFD.
		for i := len(bounds) - 1; i >= max(0, len(bounds)-1-maxStepsBack); i-- {
			if out == cleaned[:bounds[i]] && i+1 < len(bounds) && dangles(cleaned[:bounds[i+1]]) {
				return ""
			}
		}
		if again, _, _ := clean(cleaned[:best]); out == again && dangles(cleaned[:best]) {
			return ""
		}
		return fmt.Sprintf("want %+q", cleaned[:best])
	}
	return ""
}

// lost sends the text through JSON and protobuf.
func lost(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	var decoded string
	if err := json.Unmarshal(encoded, &decoded); err != nil || decoded != text {
		return fmt.Sprintf("JSON: %v", err)
	}
	wire, err := proto.Marshal(wrapperspb.String(text))
	if err != nil {
		return err.Error()
	}
	var message wrapperspb.StringValue
	if err := proto.Unmarshal(wire, &message); err != nil || message.GetValue() != text {
		return fmt.Sprintf("protobuf: %v", err)
	}
	return ""
}

// limits are small ones, where every cut is near, and the default.
var limits = []int{1, 2, 3, 5, 8, 13, 21, 34, 60, 100, 1024}

func sanitizers(tb testing.TB) []*Sanitizer {
	tb.Helper()
	var all []*Sanitizer
	for _, limit := range limits {
		for _, enable := range [][]string{nil, {"email", "phone", "ip_address", "iban", "high_entropy"}} {
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
	parameters.MinSuccessfulTests = int(setting(t, "OP_PREVIEW_TEST_RUNS", 20_000))
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
