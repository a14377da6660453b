package run

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/op-data/sqlpreview/preview/internal/run/wire"
)

// TestTransitions sends each kind of step every sequence of up to five messages. Only
// those that the protocol allows are taken.
func TestTransitions(t *testing.T) {
	t.Parallel()
	const letters = "12tTDC"
	messages := map[byte]pgproto3.BackendMessage{
		parseComplete: &pgproto3.ParseComplete{}, bindComplete: &pgproto3.BindComplete{},
		parameterDescription: &pgproto3.ParameterDescription{},
		rowDescription:       &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("a")}}},
		dataRow:              &pgproto3.DataRow{Values: [][]byte{[]byte("1")}}, commandComplete: &pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")},
	}
	encoded := map[byte][]byte{}
	for letter, message := range messages {
		b, err := message.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		encoded[letter] = b
	}
	for _, test := range []struct {
		name string
		step step
		// taken matches the sequences that are taken, whole those that answer the step.
		taken, whole string
	}{
		{"own", step{part: partBegin, execute: true}, "1|12D*C?", "12D*C"},
		{"statement", step{part: partStatement, execute: true}, "1|12|12TD*C?", "12TD*C"},
		{"described", step{part: partStatement}, "1t*T?", "1t*T"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			taken, whole := regexp.MustCompile("^("+test.taken+")$"), regexp.MustCompile("^("+test.whole+")$")
			for sequence := range sequences(letters, 5) {
				a := &answers{limits: resultLimits{rows: 10, columns: 1, cellBytes: 10, bytes: 100}, groups: [][]step{{test.step}}}
				var err error
				for i := 0; i < len(sequence) && err == nil; i++ {
					r := wire.NewReader(wire.NewConn(scripted{Reader: bytes.NewReader(encoded[sequence[i]])}))
					var kind byte
					if kind, err = r.Next(); err == nil {
						err = a.advance(r, kind)
					}
				}
				if wanted := taken.MatchString(sequence); wanted != (err == nil) || err != nil && !errors.Is(err, wire.ErrProtocol) {
					t.Fatalf("%s: error %v, want one: %v", sequence, err, !wanted)
				}
				if done := len(a.groups[0]) == 0; err == nil && done != whole.MatchString(sequence) {
					t.Fatalf("%s: the step is done: %v", sequence, done)
				}
			}
		})
	}
}

// sequences yields every text of 1 to n of the letters.
func sequences(letters string, n int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		level := []string{""}
		for range n {
			var next []string
			for _, text := range level {
				for _, letter := range letters {
					longer := text + string(letter)
					if !yield(longer) {
						return
					}
					next = append(next, longer)
				}
			}
			level = next
		}
	}
}

// TestTransitionsAfterAnError checks that nothing moves a step on between an error
// and the end of its group, nor between two groups.
func TestTransitionsAfterAnError(t *testing.T) {
	t.Parallel()
	own := step{part: partBegin, execute: true}
	for name, a := range map[string]*answers{
		"after an error":     {groups: [][]step{{own}}, skipping: true},
		"between two groups": {groups: [][]step{{}, {own}}},
	} {
		if err := a.advance(nil, parseComplete); !errors.Is(err, wire.ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
