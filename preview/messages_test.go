package preview_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/pgtest"
)

// TestAnswersAreCleanedOfTheAuthorsWords: a name in the author's text can hold
// terminal escapes and override the direction of what is around it.
func TestAnswersAreCleanedOfTheAuthorsWords(t *testing.T) {
	const name = "\"a\x1b[31m\u202e\""
	dsn := pgtest.Shared(t).Database(t, "create table "+name+" (id int); insert into "+name+" values (1)")
	p := newPreviewer(t, preview.Config{Resolver: preview.SingleConnection(preview.NewSecret(dsn))})
	var texts []string
	collect := func(e *preview.Error) {
		texts = append(texts, e.Error(), e.Hint)
		for _, v := range e.Violations {
			texts = append(texts, v.Message, v.Hint)
		}
	}
	for _, sql := range []string{
		"select 1 from a." + name + "()", "select 1::" + name + name, "select pg_catalog.\"pg_\x1b\u202e\"()",
		"select * from pg_toast." + name, "select 1, from " + name, "select 1 as x from (select 1) " + name + "." + name,
	} {
		_, err := p.Preview(t.Context(), preview.Request{SQL: sql})
		var failed *preview.Error
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", sql, err)
		}
		collect(failed)
		verdict := preview.Check(sql)
		for _, v := range verdict.Violations {
			texts = append(texts, v.Message, v.Hint)
		}
	}
	verdict := preview.Check("select " + name + "(1), b." + name + "(2) from " + name)
	if len(verdict.Tables) != 1 || len(verdict.Functions) != 2 {
		t.Fatalf("the verdict lacks names: %+v", verdict)
	}
	texts = append(append(append(texts, verdict.Tables...), verdict.Functions...), verdict.ToBeResolved...)
	texts = append(texts, run(t, p, "select * from "+name).Receipt.Tables...)
	replaced := 0
	for _, text := range texts {
		replaced += strings.Count(text, "\uFFFD")
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%q moves a terminal", text)
		}
	}
	if replaced == 0 {
		t.Error("no text quoted a name, so nothing is shown")
	}
}
