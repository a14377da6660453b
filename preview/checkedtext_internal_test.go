package preview

import (
	"context"
	"strings"
	"testing"
	"time"
)

// checkTest checks a text as a request with so many rows does.
func checkTest(t *testing.T, p *Previewer, sql string, rows int) (*checkedText, error) {
	t.Helper()
	return p.check(t.Context(), sql, p.begin(Request{SQL: sql, MaxRows: rows}, time.Now()))
}

func TestCheckKeepsWhatItAccepted(t *testing.T) {
	t.Parallel()
	p := limitedPreviewer(t, Config{})
	first, err := checkTest(t, p, "select a from b.c", 5)
	if err != nil {
		t.Fatal(err)
	}
	again, err := checkTest(t, p, "select a from b.c", 5)
	if err != nil || again != first {
		t.Errorf("a text that was accepted is checked again (%v)", err)
	}
	fewer, err := checkTest(t, p, "select a from b.c", 4)
	if err != nil || !strings.HasSuffix(fewer.text.SQL, " limit 4") || !strings.HasSuffix(first.text.SQL, " limit 5") {
		t.Errorf("the limits of 5 and 4 rows became %q and %q (%v)", first.text.SQL, fewer.text.SQL, err)
	}
	spaced, err := checkTest(t, p, "select a from b.c ", 5)
	if err != nil || spaced == first {
		t.Errorf("a text stands for another (%v)", err)
	}
}

func TestCheckKeepsNoRefusalAndNoLongText(t *testing.T) {
	t.Parallel()
	p := limitedPreviewer(t, Config{})
	for range 2 {
		if got, err := checkTest(t, p, "delete from a", 5); err == nil {
			t.Errorf("got %+v", got)
		}
	}
	long := "select 1" + strings.Repeat(" ", longestCached)
	first, err := checkTest(t, p, long, 5)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := checkTest(t, p, long, 5); err != nil || again == first {
		t.Errorf("a long text is kept (%v)", err)
	}
}

// TestCheckOfAnotherPolicy: what one policy accepts, another may refuse.
func TestCheckOfAnotherPolicy(t *testing.T) {
	t.Parallel()
	p := limitedPreviewer(t, Config{})
	const sql = "select lower('A')"
	if _, err := checkTest(t, p, sql, 5); err != nil {
		t.Fatal(err)
	}
	strict := limitedPreviewer(t, Config{Policy: Policy{DenyFunctions: []string{"lower"}}})
	shared := *strict
	shared.checkedTexts = p.checkedTexts // as Previewers of connections with rules of their own do
	if _, err := shared.check(context.Background(), sql, p.begin(Request{SQL: sql, MaxRows: 5}, time.Now())); err == nil {
		t.Error("a text passes by the verdict of another policy")
	}
}

func TestReceiptsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	p := limitedPreviewer(t, Config{})
	c, err := checkTest(t, p, "select 1 from one, two", 5)
	if err != nil {
		t.Fatal(err)
	}
	c.receipt().Tables[0] = "changed"
	if got := c.receipt(); strings.Join(got.Tables, " ") != "one two" || len(got.SQLFingerprint) != 16 {
		t.Errorf("got %+v", got)
	}
}

// What is kept is bounded by what it takes in memory: by the length of texts, by their
// number, and by what was found for them.
func TestTextCacheIsBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ length, beside, most int }{
		"long texts":               {1000, 0, textCacheBytes / (1000 * bytesPerByte)},
		"short texts":              {1, 0, textCacheBytes / keptBytes},
		"short texts, much beside": {1, 200 << 10, 20},
	} {
		c := newTextCache[string, int]()
		for i := range 5000 {
			text := strings.Repeat("x", test.length-1) + string(rune(i+1))
			c.keep(text, text, i+1, test.beside)
			if c.find(text) != i+1 {
				t.Fatalf("%s: the text %d is not kept", name, i)
			}
			if kept := len(c.known); kept > test.most {
				t.Fatalf("%s: %d are kept", name, kept)
			}
		}
	}
	c := newTextCache[string, int]()
	c.keep("a", "a", 1, textCacheBytes)
	if c.find("a") != 0 {
		t.Error("what is too large is kept")
	}
}
