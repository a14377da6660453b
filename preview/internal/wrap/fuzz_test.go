package wrap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/op-data/sqlpreview/preview/internal/guard"
)

// FuzzSourceOffset: every character of the author's statement in the wrapped
// text maps to the same character of the author's text, in order, and no other
// place maps to anything.
func FuzzSourceOffset(f *testing.F) {
	for _, sql := range []string{
		"select 1", ";;select 'é', nope from t; ", "select 1 -- end", "/* 漢 */ select \U0001F468 from \"ü\";", "with a as (select 1)\nselect * from a\r\n;",
		"select", "((select 1))", "select '\t' as \"\u202e\"",
	} {
		f.Add(sql)
	}
	for _, sql := range collected(f, "../../../testdata") {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		if len(sql) > 8<<10 {
			return
		}
		st, _ := guard.Check(sql, nil)
		if st == nil {
			return
		}
		text, err := Wrap(st, 100)
		if err != nil {
			t.Fatalf("an accepted statement cannot be wrapped: %v", err)
		}
		position, last := 0, -1
		for i, c := range text.SQL {
			position++
			offset, ok := text.SourceOffset(position)
			inside := i >= len(head)+st.Start && i < len(text.SQL)-len(tail)-len("100")
			switch {
			case ok != inside:
				t.Fatalf("place %d of %q: mapped %t, inside %t", position, text.SQL, ok, inside)
			case !ok:
				continue
			}
			if got, _ := utf8.DecodeRuneInString(sql[offset:]); got != c || offset <= last {
				t.Fatalf("place %d of %q is %q; it maps to offset %d, which is %q, after %d", position, text.SQL, c, offset, got, last)
			}
			last = offset
		}
		for _, outside := range []int{-1 << 40, -1, 0, position + 1, 1 << 40} {
			if offset, ok := text.SourceOffset(outside); ok {
				t.Fatalf("place %d is outside and maps to %d", outside, offset)
			}
		}
	})
}

// collected returns the attacks and the honest queries of testdata, as they stand
// in their lines.
func collected(f *testing.F, dir string) (texts []string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "a*", "*.txt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no texts in %s (%v)", dir, err)
	}
	marks := strings.NewReplacer("«", "", "»", "")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(content)) {
			if _, sql, ok := strings.Cut(line, " | "); ok {
				line = sql
			}
			if line = strings.TrimSpace(line); line != "" && line[0] != '@' && line[0] != '#' && len(line) < 1000 {
				texts = append(texts, marks.Replace(line))
			}
		}
	}
	return texts
}
